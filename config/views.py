"""The front page and the two health addresses."""

import logging
import secrets
import sys

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt

from content.models import Quiz
from lti.launch.views import allow_framing, misdirected

logger = logging.getLogger(__name__)


@csrf_exempt
def home(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return misdirected(request)
    quizzes = (
        Quiz.objects.filter(current__isnull=False, practice=True)
        .select_related("current", "lesson", "institution")
        .order_by("slug")
    )
    return render(request, "home.html", {"quizzes": quizzes})


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Touches nothing else."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """The process can do its work: PostgreSQL answers. Redis is not needed to serve."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ready"})


def server_error(request: HttpRequest) -> HttpResponse:
    """The page of an error of ours, in a frame too. Its reference finds the line in the log that the trace follows."""
    reference = secrets.token_hex(4).upper()
    logger.error("error page shown, reference %s, %s", reference, getattr(sys.exc_info()[0], "__name__", "unknown"))
    page = render_to_string("500.html", {"request": request, "reference": reference})
    response = HttpResponse(page, status=500, headers={"Cache-Control": "no-store, private"})
    allow_framing(response)
    return response
