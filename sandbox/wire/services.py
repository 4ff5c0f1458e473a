"""What all Advantage services share: bearer tokens, media types, and the manners of refusing.

`strict` refuses with 401/403/404/405/406/415 and a JSON reason. `moodle` answers as recorded from Moodle 4.5: the
media type is looked at first, the reason stands in the HTTP reason phrase, and the body repeats the request. `canvas`
looks at no media type, and tells a missing scope and a tool that is not in the course by 401.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from sandbox.models import AccessToken, Course, Mode, Tool
from sandbox.platform import clock, tokens

REASON_LIMIT = 1011  # bytes of a reason phrase that Moodle's web server lets through, as recorded
MOODLE_ROOT = "/mod/lti/services.php"


@dataclass(frozen=True)
class Call:
    """One authorised call of a service."""

    request: HttpRequest
    tool: Tool
    course: Course
    now: datetime

    @property
    def moodle(self) -> bool:
        return self.course.mode == Mode.MOODLE

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises Refused."""
        try:
            body = json.loads(self.request.body)
        except ValueError:
            raise Refused(400, "The body is not JSON") from None
        if not isinstance(body, dict):
            raise Refused(400, "The body is not a JSON object")
        return body


class Refused(Exception):
    def __init__(self, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.headers = status, reason, headers or {}


Handler = Callable[[Call], HttpResponse]


@dataclass(frozen=True)
class Resource:
    """What a URL of a service answers: per method its handler, the scopes that open it and its media type."""

    media: str
    handlers: dict[str, Handler]
    scopes: dict[str, list[str]]
    wants_exact_accept: bool = False
    ends_with_course: bool = True
    extra_media: list[str] = field(default_factory=list)


def answer(request: HttpRequest, course_id: int, resource: Resource, mode: str) -> HttpResponse:
    """Run the handler for this call, or refuse in the manner of the course's mode."""
    try:
        call = CHECKS[mode](request, course_id, resource)
        return resource.handlers[str(request.method)](call)
    except Refused as refusal:
        if mode == Mode.MOODLE:
            return _moodle_error(request, refusal)
        return _canvas_error(refusal) if mode == Mode.CANVAS else _strict_error(refusal)


def _check_strict(request: HttpRequest, course_id: int, resource: Resource) -> Call:
    now, method = clock.now(), str(request.method)
    token = bearer(request, now=now)
    course = Course.objects.filter(pk=course_id, mode=Mode.STRICT).first()
    if course is None:
        raise Refused(404, "There is no such course")
    if method not in resource.handlers:
        raise Refused(405, f"{method} is not offered here", {"Allow": ", ".join(resource.handlers)})
    if not set(resource.scopes[method]) & set(token.scopes):
        needs = " or ".join(resource.scopes[method])
        raise Refused(403, f"The token needs {needs}", {"WWW-Authenticate": 'Bearer error="insufficient_scope"'})
    _check_strict_media(request, resource)
    return Call(request, token.tool, course, now)


def _check_strict_media(request: HttpRequest, resource: Resource) -> None:
    known = [resource.media, *resource.extra_media]
    if request.method in ("POST", "PUT") and request.content_type not in known:
        raise Refused(415, f"Send {' or '.join(known)}")
    if request.method == "GET" and not request.accepts(resource.media):
        raise Refused(406, f"Accept {resource.media}")


def _check_moodle(request: HttpRequest, course_id: int, resource: Resource) -> Call:
    now, method = clock.now(), str(request.method)
    _check_moodle_media(request, resource)
    if method not in resource.handlers:
        raise Refused(405, "Method Not Allowed")
    token = bearer(request, now=now)
    course = Course.objects.filter(pk=course_id, mode=Mode.MOODLE).first()
    if course is None:
        raise Refused(404, "Not Found: no such context")
    if not set(resource.scopes[method]) & set(token.scopes):
        raise Refused(401, "Unauthorized")
    return Call(request, token.tool, course, now)


def _check_moodle_media(request: HttpRequest, resource: Resource) -> None:
    """Moodle picks the handler by media type: one Accept type, or */*; parameters of the Content-Type are cut."""
    path, known = request.path.removeprefix(MOODLE_ROOT), [resource.media, *resource.extra_media]
    if request.method in ("POST", "PUT") and request.content_type not in known:
        raise Refused(400, f"No handler found for {path}  {request.content_type}")
    if request.method != "GET":
        return
    accept = request.headers.get("Accept", "")
    if "*/*" in accept and resource.wants_exact_accept:
        raise Refused(400, "No context or unsupported content type")
    if "*/*" not in accept and accept not in known:
        raise Refused(400, f"No handler found for {path} {accept} ")


def _check_canvas(request: HttpRequest, course_id: int, resource: Resource) -> Call:
    now, method = clock.now(), str(request.method)
    token = bearer(request, now=now)
    if method not in resource.handlers:
        raise Refused(404, "The specified resource does not exist.")
    if not set(resource.scopes[method]) & set(token.scopes):
        raise Refused(401, "Insufficient permissions")
    course = Course.objects.filter(pk=course_id, mode=Mode.CANVAS).first()
    if course is None:
        raise Refused(404, "Context not found")
    if not (course.activities.filter(tool=token.tool).exists() or course.line_items.filter(tool=token.tool).exists()):
        raise Refused(401, "Access Token not linked to a Tool associated with this Context")
    if course.concluded and resource.ends_with_course:
        why = "This course has concluded. AGS requests will no longer be accepted for this course."
        raise Refused(422, why)
    return Call(request, token.tool, course, now)


Check = Callable[[HttpRequest, int, Resource], Call]
CHECKS: dict[str, Check] = {Mode.STRICT: _check_strict, Mode.MOODLE: _check_moodle, Mode.CANVAS: _check_canvas}


def bearer(request: HttpRequest, *, now: datetime) -> AccessToken:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not value:
        raise Refused(401, "Unauthorized", {"WWW-Authenticate": "Bearer"})
    found = AccessToken.objects.select_related("tool").filter(digest=tokens.digest(value.strip())).first()
    if found is None or found.expires_at <= now:
        raise Refused(401, "Unauthorized", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return found


def reply(body: Any, media: str, *, status: int = 200, link: str = "") -> HttpResponse:
    response = HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=f"{media}; charset=utf-8")
    if link:
        response["Link"] = on_the_wire(link)
    return response


def on_the_wire(text: str) -> str:
    """UTF-8 as WSGI wants it, so that curly quotes go out as the bytes Moodle sends."""
    return text.encode().decode("latin-1")


def reason_phrase(response: HttpResponse, text: str) -> HttpResponse:
    """Put `text` into the status line; a line break there would split the answer."""
    # Past the setter: Django 6.1 takes the bytes of other scripts, read as Latin-1, for control characters.
    response._reason_phrase = on_the_wire("".join(c if c.isprintable() else " " for c in text))[:REASON_LIMIT]  # type: ignore[attr-defined]
    return response


def _strict_error(refusal: Refused) -> HttpResponse:
    body = json.dumps({"status": refusal.status, "error": refusal.reason}, ensure_ascii=False)
    return HttpResponse(body, status=refusal.status, content_type="application/json", headers=refusal.headers)


CANVAS_TYPES = {400: "bad_request", 401: "unauthorized", 404: "not_found", 412: "precondition_failed"}


def _canvas_error(refusal: Refused) -> HttpResponse:
    """All errors have one shape; only a 404 has a list."""
    kind = CANVAS_TYPES.get(refusal.status, "unprocessable_entity")
    error: Any = {"type": kind, "message": refusal.reason}
    body = {"errors": [{"message": refusal.reason}] if refusal.status == 404 else error}
    return JsonResponse(body, status=refusal.status, headers=refusal.headers)


def _moodle_error(request: HttpRequest, refusal: Refused) -> HttpResponse:
    said = {
        "method": request.method,
        "url": request.get_full_path(),
        "accept": request.headers.get("Accept", ""),
        "contentType": request.content_type or "",
    }
    body = json.dumps({"status": refusal.status, "reason": refusal.reason, "request": said})
    response = HttpResponse(body, status=refusal.status, content_type="application/json; charset=utf-8")
    return reason_phrase(response, refusal.reason)


def number(value: float | None) -> float | int | None:
    """8.0 travels as 8."""
    return int(value) if value is not None and float(value).is_integer() else value


def whole(text: str | None, default: int) -> int:
    """A count in a query; nonsense reads as the default."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else default
