"""Sheets of other lessons, printed in other ways."""

CHOOSING = """Choosing a Chart
A chart answers one question. Pick the form that answers yours.
25 minutes | Last reviewed: March 2025
Where it starts
Every chart begins with a question that somebody asked.
Common mistakes
Two scales on one axis
Colours that mean nothing
Key terms
Axis, scale, mark and legend are the four words to know here.
End-of-lesson check
3 questions · take it digitally at learn.example.org/learn/quiz/choosing-a-chart
Which chart shows a trend best?
A pie
A line
A table
Which title is clearest?
Sales are up, but why?
Sales
What happened to sales in May?
Explain in one sentence why colour needs a legend.
"""

NUMBERED = """Cells: The Small Rooms
Everything alive is made of cells.
1 h 10 min · Updated 2024

The premise
A cell is the smallest unit that lives.

Quiz
Four questions at https://school.example/learn/quiz/cells

1. What does a cell need?
a) Energy
b) A name
c) Money

2. Complete the sentence:
a) A cell divides.
b) A cell never divides,
whatever happens to it.
c) Cells are glass.

3. Read the claim. "All cells have a nucleus."
Is it true?
a) Yes
b) No

4. Name one cell of your body.
"""

BULLETED = """# Fractions
Half of the class fears them.
15 min · Reviewed 2026
## The premise
- A part of a whole
- A number like any other
## End-of-lesson quiz
2 questions · school.example/learn/quiz/fractions
Question 1
Which is largest?
- 1/2
- 1/3
- 3/4
Question 2
1/2 + 1/4 = ____
- 3/4
- 2/6
- 1/6
"""

NUMBERED_OPTIONS = """Rivers
Water finds its way.
5 min · Reviewed 2026
The premise
Rivers run downhill.
Knowledge check
2 questions · school.example/quiz/rivers
Where does a river end?
1) In the sea
2) In the air
3) Nowhere
What feeds it?
1) Rain
2) Wind
3) Noise
"""

PROMPTING = """Prompting for Teachers
Small changes in a prompt change the lesson plan.
30 min · Reviewed 2026
The premise
A prompt is a request; vague requests get vague plans.
What AI does well here
Drafts a first outline that you can correct quickly in class
Suggests examples for several reading levels at the same time
Prompt recipe
Role, task, format and limits belong in every single prompt
What AI cannot do
Know your pupils and what happened in class yesterday
Try it yourself
Ask for a plan twice and compare what changed between them
End-of-lesson check
8 questions · take it digitally for instant feedback at tendril.neural-forge.io/learn/quiz/end-prompting-teachers
What is the main idea of "Prompting for Teachers"?
Small changes in a prompt change the lesson plan.
Use AI as the final authority for the whole decision
Avoid checking the answer once it sounds polished
Focus only on speed instead of judgment
True or false: a prompt is a request.
True
False
A vague prompt leads to ...
a vague plan
a good plan
no plan
Complete the sentence: "A prompt needs a ____."
role
cat
hat
Select the best summary.
Be clear
Be loud
Be late
In your own words, say why prompts matter.
Describe one limit of AI in class.
Which of these is a role?
"You are a teacher"
"Why?"
"Now"
"""
