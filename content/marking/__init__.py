"""What kinds of question share: texts, numbers, units and options, compared as authors ask. Pure, and never raising for
what a learner typed.
"""
