"""Learners answering."""

from assessment.models.accommodations import Accommodation
from assessment.models.assignments import Assignment, Counts, Dates, Opens, Placement, Shown, WhileWaiting
from assessment.models.attempts import Attempt, AttemptState, Response, Upload
from assessment.models.grades import Grade, GradeState, Mark, MarkedBy
from assessment.models.practice import PracticeClient
from assessment.models.privacy import Erasure, ForgottenAttempt
from assessment.models.statistics import Population, StatisticsDelta, StatisticsRow

__all__ = [
    "Accommodation",
    "Assignment",
    "Attempt",
    "AttemptState",
    "Counts",
    "Dates",
    "Erasure",
    "ForgottenAttempt",
    "Grade",
    "GradeState",
    "Mark",
    "MarkedBy",
    "Opens",
    "Placement",
    "Population",
    "PracticeClient",
    "Response",
    "Shown",
    "StatisticsDelta",
    "StatisticsRow",
    "Upload",
    "WhileWaiting",
]
