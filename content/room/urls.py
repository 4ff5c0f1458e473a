"""The addresses of the writing room, the same behind each of its doors."""

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, path

from content.room import bank, front, imports, lessons, paper, questions, quizzes, releasing, reviews
from content.room.doors import Enter, through

QUIZ, QUESTION = "checks/<uuid:quiz>/", "checks/<uuid:quiz>/questions/<uuid:item>/"
PAGES: list[tuple[str, Callable[..., HttpResponse], str]] = [
    ("", front.front, "front"),
    ("new", front.new, "new"),
    ("copy/<uuid:quiz>", front.copy, "copy"),
    ("imports/", imports.upload, "imports"),
    ("imports/<uuid:pk>", imports.report, "import"),
    ("bank/", bank.search, "bank"),
    ("bank/<uuid:item>", bank.question, "question"),
    ("lessons/new", lessons.new, "new_lesson"),
    ("lessons/<uuid:lesson>/", lessons.lesson, "lesson"),
    ("lessons/<uuid:lesson>/save", lessons.save, "save_lesson"),
    (QUIZ, quizzes.quiz, "quiz"),
    (f"{QUIZ}preview", quizzes.preview, "preview"),
    (f"{QUIZ}print", paper.sheet, "print"),
    (f"{QUIZ}settings", quizzes.settings, "settings"),
    (f"{QUIZ}add", quizzes.add, "add"),
    (f"{QUIZ}picture", questions.picture, "picture"),
    (f"{QUIZ}publish", releasing.publish, "publish"),
    (f"{QUIZ}review", reviews.review, "review"),
    (f"{QUIZ}reviews", reviews.reviews, "reviews"),
    (f"{QUESTION}settle", reviews.settle, "settle"),
    (f"{QUESTION}save", questions.save, "save"),
    (f"{QUESTION}move", questions.move, "move"),
    (f"{QUESTION}duplicate", questions.duplicate, "duplicate"),
    (f"{QUESTION}remove", questions.remove, "remove"),
    (f"{QUESTION}use", questions.use, "use"),
]


def behind(enter: Enter) -> tuple[list[URLPattern], str]:
    """For `include`: every page, opened by this door."""
    return [path(route, through(enter, view), name=name) for route, view, name in PAGES], "room"
