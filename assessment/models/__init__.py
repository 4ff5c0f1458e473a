"""Learners answering."""

from assessment.models.assignments import Assignment, Counts, Dates, Feedback, Opens, Placement, WhileWaiting
from assessment.models.attempts import Attempt, AttemptState, Response, Upload
from assessment.models.grades import Grade, GradeState, Mark, MarkedBy
from assessment.models.practice import PracticeClient
from assessment.models.privacy import Erasure
from assessment.models.statistics import AnswerCount, Population, StatisticsCell, StatisticsDelta, StatisticsPart

__all__ = [
    "AnswerCount",
    "Assignment",
    "Attempt",
    "AttemptState",
    "Counts",
    "Dates",
    "Erasure",
    "Feedback",
    "Grade",
    "GradeState",
    "Mark",
    "MarkedBy",
    "Opens",
    "Placement",
    "Population",
    "PracticeClient",
    "Response",
    "StatisticsCell",
    "StatisticsDelta",
    "StatisticsPart",
    "Upload",
    "WhileWaiting",
]
