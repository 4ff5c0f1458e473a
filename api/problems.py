"""Every error under /api as RFC 9457 `application/problem+json`."""

import json
import logging
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from rest_framework import exceptions
from rest_framework.views import set_rollback

logger = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Kind:
    """A kind of problem; its page at /api/problems/<code> is the `type` of the answer (RFC 9457 section 3.1.1)."""

    status: int
    title: str
    help: str


KINDS = {
    "invalid-request": Kind(400, "The request is not valid.", "Read `detail`, and `errors` for each parameter."),
    "no-valid-key": Kind(401, "A valid API key is needed.", "Send the header `Authorization: Bearer <key>`."),
    "missing-scope": Kind(403, "The key lacks a scope.", "Ask for a key with the scope that `detail` names."),
    "not-found": Kind(404, "There is nothing here.", "It does not exist, or it belongs to another institution."),
    "method-not-allowed": Kind(405, "The method is not allowed.", "The header `Allow` lists those that are."),
    "not-acceptable": Kind(406, "None of the accepted types is offered.", "Accept application/json; lists: text/csv."),
    "conflict": Kind(409, "Another request stands in the way.", "Wait for what `detail` names, then send it again."),
    "unsupported-media-type": Kind(415, "The body has an unsupported type.", "Send application/json."),
    "unprocessable": Kind(422, "The request contradicts an earlier one.", "Read `detail`."),
    "too-many-requests": Kind(429, "Too many requests.", "Wait for as many seconds as the header `Retry-After` says."),
    "server-error": Kind(500, "The server failed.", "Nothing was changed. Try again later; tell us if it stays."),
}
BY_STATUS = {kind.status: code for code, kind in KINDS.items()}
KINDS |= {  # of taking a check
    "not-open-yet": Kind(409, "The check is not open yet.", "Wait until it opens."),
    "closed": Kind(409, "The check is closed.", "No attempt can be begun any more."),
    "no-attempt-left": Kind(409, "The learner has no attempt left.", "All that the assignment allows are made."),
    "too-soon": Kind(409, "It is too soon for another attempt.", "Wait as long as `detail` says."),
    "wrong-code": Kind(409, "The access code is missing or wrong.", "Send the `code` that the teacher gave out."),
    "not-published": Kind(409, "The quiz is not published.", "Publish a version of it first."),
    "attempt-closed": Kind(409, "The attempt is closed.", "It is submitted, and its answers no longer change."),
    "no-more-time": Kind(409, "No more time is on offer.", "The policy lets the learner take none, or no more."),
    "not-checked": Kind(
        409, "Answers are not checked before the end.", "The assignment's policy shows nothing by then."
    ),
    "not-submitted": Kind(409, "The attempt is not submitted.", "Submit it first: until then there is no result."),
    "stale-answer": Kind(409, "A later answer is stored.", "Send a higher `seq` if this one is the newer."),
    "invalid-answer": Kind(422, "The answer does not fit the question.", "Read `detail`; what was stored stays."),
}


class MissingScope(exceptions.PermissionDenied):
    """The key is good but not for this; answered as RFC 6750 section 3.1 `insufficient_scope`."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"This key lacks the scope `{scope}`.")
        self.auth_header = f'Bearer realm="api", error="insufficient_scope", scope="{scope}"'


class Refused(exceptions.APIException):
    """A rule stands against the request; `kind` names it in KINDS."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(detail or KINDS[kind].help)
        self.kind, self.status_code = kind, KINDS[kind].status


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """The exception handler of REST framework. A fault of ours is logged with its trace and shown without it."""
    set_rollback()
    request: HttpRequest = context["request"]
    known = _known(error)
    if known is None:
        logger.error("%s %s failed", request.method, request.path, exc_info=error)
        return problem(request, 500, KINDS["server-error"].help)
    response = problem(request, known.status_code, *_detail(known.detail), kind=getattr(known, "kind", ""))
    for name, header in {"auth_header": "WWW-Authenticate", "allow": "Allow", "wait": "Retry-After"}.items():
        if value := getattr(known, name, None):
            response[header] = value
    return response


def problem(
    request: HttpRequest, status: int, detail: str, errors: dict[str, list[str]] | None = None, *, kind: str = ""
) -> HttpResponse:
    code = kind or BY_STATUS.get(status, "invalid-request")
    body = {
        "type": reverse("api:problem", args=[code]),
        "title": KINDS[code].title,
        "status": status,
        "detail": detail,
        "instance": request.get_full_path(),
    }
    content = json.dumps(body | ({"errors": errors} if errors else {}))
    return HttpResponse(content, status=status, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def detail_of(answer: HttpResponse) -> str:
    """What a problem says, for answers in another form."""
    return str(json.loads(answer.content)["detail"])


def _known(error: Exception) -> exceptions.APIException | None:
    if isinstance(error, Http404):
        return exceptions.NotFound(KINDS["not-found"].help)
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    return error if isinstance(error, exceptions.APIException) else None


def _detail(detail: Any) -> tuple[str, dict[str, list[str]] | None]:
    if not isinstance(detail, dict):
        return " ".join(map(str, detail)) if isinstance(detail, list) else str(detail), None
    errors = {name: _lines(said) for name, said in detail.items()}
    return " ".join(f"`{name}`: {' '.join(lines)}" for name, lines in errors.items()), errors


def _lines(said: Any) -> list[str]:
    """What is wrong with one field; a field within it is named."""
    if isinstance(said, dict):
        return [f"`{name}`: {line}" for name, lines in said.items() for line in _lines(lines)]
    return [str(line) for line in said]
