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
