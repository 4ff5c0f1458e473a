"""Learners answering."""

from assessment.models.accommodations import Accommodation
from assessment.models.assignments import Assignment, Counts, Dates, Opens, Placement, Shown, WhileWaiting
from assessment.models.attempts import Attempt, AttemptState, Response, Upload
from assessment.models.grades import DROPPED, Grade, GradeState, Mark, MarkedBy
from assessment.models.practice import PracticeClient
from assessment.models.privacy import Erasure
from assessment.models.regrades import Regrade, RegradeChoice, RegradeState
from assessment.models.reviewing import SavedComment, SecondLook, SecondMark
from assessment.models.statistics import (
    AnswerCount,
    IrtFit,
    Population,
    StatisticsCell,
    StatisticsDelta,
    StatisticsPart,
)
from assessment.models.suggestions import Suggestion, Tier

__all__ = [
    "DROPPED",
    "Accommodation",
    "AnswerCount",
    "Assignment",
    "Attempt",
    "AttemptState",
    "Counts",
    "Dates",
    "Erasure",
    "Grade",
    "GradeState",
    "IrtFit",
    "Mark",
    "MarkedBy",
    "Opens",
    "Placement",
    "Population",
    "PracticeClient",
    "Regrade",
    "RegradeChoice",
    "RegradeState",
    "Response",
    "SavedComment",
    "SecondLook",
    "SecondMark",
    "Shown",
    "StatisticsCell",
    "StatisticsDelta",
    "StatisticsPart",
    "Suggestion",
    "Tier",
    "Upload",
    "WhileWaiting",
]
