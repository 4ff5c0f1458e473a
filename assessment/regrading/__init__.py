"""Regrades: a wrong key or rule is mended for answers that were marked already.

`decisions` plans, commits and undoes one; `dry_run` says beforehand who would move; `batches` appends the marks in the
background. What a regrade makes of an answer is in `assessment.rules`.
"""
