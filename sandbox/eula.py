"""Terms of use of a tool: asked for by LtiEulaRequest, answered at the EULA service (Asset Processor 1.0)."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from sandbox import content_items, messages, scopes
from sandbox.models import Course, Launch, Mode, Person, Tool
from sandbox.notices import json_object, owner, refusal
from sandbox.scopes import LTI
from sandbox.service_models import EulaAnswer
from sandbox.services import Refused, whole


def claim(launch: Launch) -> dict[str, Any]:
    """Canvas tells it in every launch, strict with the message only."""
    granted = [scope for scope in scopes.EULA if scope in launch.tool.scopes]
    if launch.course.mode != Mode.CANVAS and launch.message != messages.EULA:
        return {}
    url = f"{settings.SANDBOX_URL}/api/lti/asset_processor_eulas/{launch.tool_id}"
    return {LTI + "eulaservice": {"url": url, "scope": granted}} if granted else {}


def due(tool: Tool, person: Person, course: Course) -> bool:
    """Whether this person has yet to accept the terms of the tool."""
    offered = course.mode != Mode.MOODLE and scopes.EULA[0] in tool.scopes and tool.eula_required
    return offered and not EulaAnswer.objects.filter(tool=tool, person=person, accepted=True).exists()


@csrf_exempt
def user(request: HttpRequest, tool_id: int) -> HttpResponse:
    """POST keeps one answer, DELETE forgets all."""
    try:
        tool = owner(request, tool_id, scopes.EULA[0])
        if request.method == "DELETE":
            EulaAnswer.objects.filter(tool=tool).delete()
            return HttpResponse(status=204)
        if request.method != "POST":
            raise Refused(405, "POST or DELETE", {"Allow": "POST, DELETE"})
        sent = json_object(request)
        _keep(tool, sent)
    except Refused as refused:
        return refusal(refused)
    return JsonResponse(sent, status=201)


def _keep(tool: Tool, sent: dict[str, Any]) -> None:
    user_id = sent.get("userId")
    person = Person.objects.filter(pk=whole(user_id if isinstance(user_id, str) else None, 0)).first()
    if person is None:
        raise Refused(404, "There is no such user")
    if not isinstance(sent.get("accepted"), bool) or content_items.moment(sent.get("timestamp")) is None:
        raise Refused(400, "accepted must be true or false, and timestamp a time with its zone")
    values = {"accepted": sent["accepted"], "timestamp": sent["timestamp"]}
    EulaAnswer.objects.update_or_create(tool=tool, person=person, defaults=values)


@csrf_exempt
def deployment(request: HttpRequest, tool_id: int) -> HttpResponse:
    """PUT says whether this tool has terms at all."""
    try:
        tool = owner(request, tool_id, scopes.EULA[1])
        if request.method != "PUT":
            raise Refused(405, "PUT", {"Allow": "PUT"})
        sent = json_object(request)
        if not isinstance(sent.get("eulaRequired"), bool):
            raise Refused(400, "eulaRequired must be true or false")
    except Refused as refused:
        return refusal(refused)
    tool.eula_required = sent["eulaRequired"]
    tool.save(update_fields=["eula_required"])
    return JsonResponse({"eulaRequired": tool.eula_required})
