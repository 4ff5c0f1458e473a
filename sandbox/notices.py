"""Platform Notification Service 1.0: tools say where notices go, and are told when a course was copied.

https://www.imsglobal.org/spec/lti-pns/v1p0. Offered by strict courses and by those like Canvas; sent once, as Canvas.
"""

import json
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from sandbox import clock, keys, scopes
from sandbox.models import Course, Mode, Tool
from sandbox.scopes import LTI
from sandbox.service_models import Notice, NoticeHandler
from sandbox.services import Refused, bearer

COPIED = "LtiContextCopyNotice"
TYPES = ["LtiHelloWorldNotice", COPIED]
LIFETIME = 3600


def claim(course: Course, tool: Tool) -> dict[str, Any]:
    if course.mode == Mode.MOODLE or scopes.NOTICES not in tool.scopes:
        return {}
    return {
        LTI + "platformnotificationservice": {
            "service_versions": ["1.0"],
            "platform_notification_service_url": f"{settings.SANDBOX_URL}/api/lti/notice-handlers/{tool.pk}",
            "scope": [scopes.NOTICES],
            "notice_types_supported": TYPES,
        }
    }


def owner(request: HttpRequest, tool_id: int, scope: str) -> Tool:
    """The tool whose token opens this place. Raises services.Refused."""
    token = bearer(request, now=clock.now())
    if scope not in token.scopes:
        raise Refused(403, f"The token needs {scope}", {"WWW-Authenticate": 'Bearer error="insufficient_scope"'})
    if token.tool_id != tool_id:
        raise Refused(404, "This place belongs to another tool")
    return token.tool


def refusal(refused: Refused) -> HttpResponse:
    return JsonResponse({"error": refused.reason}, status=refused.status, headers=refused.headers)


def json_object(request: HttpRequest) -> dict[str, Any]:
    """The body. Raises services.Refused."""
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if request.content_type != "application/json" or not isinstance(body, dict):
        raise Refused(400, "Send a JSON object as application/json")
    return body


@csrf_exempt
def handlers(request: HttpRequest, tool_id: int) -> HttpResponse:
    """PUT sets one handler, an empty one removes it; GET lists them."""
    try:
        tool = owner(request, tool_id, scopes.NOTICES)
        if request.method == "PUT":
            return JsonResponse(_set(tool, json_object(request)))
        if request.method != "GET":
            raise Refused(405, "GET or PUT", {"Allow": "GET, PUT"})
    except Refused as refused:
        return refusal(refused)
    known = dict(tool.notice_handlers.values_list("notice_type", "handler"))
    listed = [{"notice_type": kind, "handler": known.get(kind, "")} for kind in TYPES]
    shown = {"client_id": tool.client_id, "deployment_id": tool.deployment_id, "notice_handlers": listed}
    return JsonResponse(shown)


def _set(tool: Tool, sent: dict[str, Any]) -> dict[str, str]:
    kind, handler = sent.get("notice_type"), sent.get("handler")
    if kind not in TYPES or not isinstance(handler, str) or len(handler) > 1000:
        raise Refused(400, "notice_type must be offered, and handler text")
    if not handler:
        tool.notice_handlers.filter(notice_type=kind).delete()
    elif urlsplit(handler).netloc != urlsplit(tool.target_link_uri).netloc:
        raise Refused(400, "handler must be at the domain of the tool")
    else:
        NoticeHandler.objects.update_or_create(tool=tool, notice_type=kind, defaults={"handler": handler})
    return {"notice_type": kind, "handler": handler}


def copied(course: Course, source: Course, *, now: datetime) -> None:
    """Tell every tool of the course that asked for it that the course came from `source`."""
    if course.mode == Mode.MOODLE:
        return
    asked = NoticeHandler.objects.filter(notice_type=COPIED, tool__activity__course=course).select_related("tool")
    for handler in asked.distinct():
        if scopes.NOTICES in handler.tool.scopes:
            token = keys.sign(_copy_notice(course, source, handler.tool, now))
            send(Notice(tool=handler.tool, course=course, handler=handler.handler, jwt=token, at=now))


def _copy_notice(course: Course, source: Course, tool: Tool, now: datetime) -> dict[str, Any]:
    issued = int(now.timestamp())
    kind = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"
    return {
        "iss": tool.issuer,
        "aud": tool.client_id,
        "azp": tool.client_id,
        "iat": issued,
        "exp": issued + LIFETIME,
        "nonce": str(uuid.uuid4()),
        LTI + "version": "1.3.0",
        LTI + "deployment_id": course.deployment_id or tool.deployment_id,
        LTI + "notice": {"id": str(uuid.uuid4()), "timestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}", "type": COPIED},
        LTI + "context": {"id": str(course.pk), "label": course.label, "title": course.title, "type": [kind]},
        LTI + "origin_contexts": [str(source.pk)],
    }


def send(notice: Notice) -> None:
    """Post a notice and keep what came of it; nobody tries again."""
    try:
        body = {"notices": [{"jwt": notice.jwt}]}
        notice.status = requests.post(notice.handler, json=body, timeout=10, allow_redirects=False).status_code
    except requests.RequestException:
        notice.status = None
    notice.save()
