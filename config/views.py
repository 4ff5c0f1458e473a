"""The front page and the two health addresses."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from content.models import Quiz


def home(request: HttpRequest) -> HttpResponse:
    quizzes = Quiz.objects.filter(current__isnull=False).select_related("current", "lesson").order_by("slug")
    return render(request, "home.html", {"quizzes": quizzes})


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Touches nothing else."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """The process can do its work: PostgreSQL answers. Redis is not needed to serve."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ready"})
