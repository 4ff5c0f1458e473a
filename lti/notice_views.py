"""Where platforms send their notices (Platform Notification Service 1.0 section 5). Called by servers, not browsers."""

import json
import logging

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from lti import notices
from lti.words.errors import LaunchRefused

logger = logging.getLogger(__name__)

MOST_BYTES = 400_000


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> JsonResponse:
    """`{"notices": [{"jwt": ...}]}`. 200 where all are taken in, 400 where one cannot be believed; the others are."""
    tokens = _tokens(request)
    if tokens is None:
        return JsonResponse({"error": "Expected {'notices': [{'jwt': ...}]}."}, status=400)
    wrong: list[str] = []
    for token in tokens:
        try:
            notices.take(token, now=timezone.now())
        except LaunchRefused as refused:
            logger.warning("notice refused, %s", str(refused).replace("\n", " "))
            wrong.append(refused.problem.name.lower())
    taken = {"taken": len(tokens) - len(wrong)}
    return JsonResponse({**taken, "error": wrong[0]}, status=400) if wrong else JsonResponse(taken)


def _tokens(request: HttpRequest) -> list[str] | None:
    """The tokens of the body; None where it is not what a platform sends."""
    try:
        if int(request.headers.get("Content-Length") or 0) > MOST_BYTES or len(request.body) > MOST_BYTES:
            return None
        rows = json.loads(request.body)["notices"]
        tokens = [row["jwt"] for row in rows[: notices.MOST + 1]] if isinstance(rows, list) else []
    except (ValueError, KeyError, TypeError, RecursionError, RequestDataTooBig):
        return None
    usable = tokens and len(tokens) <= notices.MOST and all(isinstance(token, str) for token in tokens)
    return tokens if usable else None
