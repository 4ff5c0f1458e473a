"""Dynamic registration: its endpoints, and the administrator's pages."""

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sandbox.connect import registration
from sandbox.launch import access
from sandbox.models import Invitation, Mode, Person, Tool
from sandbox.platform import clock, security


@require_GET
def configuration(request: HttpRequest, mode: str) -> HttpResponse:
    """Canvas shows it only to those who bring a registration token; with a token, the others look at it too."""
    token = _token(request)
    try:
        wanted = token or mode == Mode.CANVAS
        invitation = registration.invited(token, mode, now=clock.now()) if wanted else None
    except registration.Refused as refusal:
        return _refusal(refusal, mode)
    return JsonResponse(registration.configuration(mode, invitation))


@csrf_exempt
@require_POST
def register(request: HttpRequest, mode: str) -> HttpResponse:
    now = clock.now()
    try:
        invitation = registration.invited(_token(request), mode, now=now)
        answer = registration.register(invitation, _body(request), now=now)
    except registration.Refused as refusal:
        return _refusal(refusal, mode)
    return JsonResponse(answer, content_type="application/json; charset=utf-8")


def _token(request: HttpRequest) -> str:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise registration.Refused("the body is no JSON object")
    return body


def _refusal(refusal: registration.Refused, mode: str) -> HttpResponse:
    """Moodle answers with a word labelled as HTML, or with a page."""
    if mode == Mode.MOODLE:
        page = "<!DOCTYPE html>\n<html><head><title>Error</title></head><body>Invalid token</body></html>"
        text = page if refusal.status == 404 else refusal.code
        return HttpResponse(text, status=refusal.status, content_type="text/html; charset=utf-8")
    if mode == Mode.CANVAS and refusal.status == 400:
        return JsonResponse({"errors": [{"message": refusal.code}]}, status=422)
    error = "invalid_token" if refusal.status == 401 else "invalid_client_metadata"
    return JsonResponse({"error": error, "error_description": refusal.code}, status=refusal.status)


def _admin(me: Person) -> None:
    if not me.is_admin:
        raise Http404


@require_GET
@access.signed_in
def tools(request: HttpRequest, me: Person) -> HttpResponse:
    """The tools of this LMS, and the form that connects another one."""
    _admin(me)
    known = Tool.objects.order_by("-pk")[:50]
    return render(request, "sandbox/tools.html", {"tools": known, "modes": Mode.choices})


@require_POST
@access.signed_in
def connect(request: HttpRequest, me: Person) -> HttpResponse:
    """Open the tool's registration page in a frame, with leave for one registration."""
    _admin(me)
    address, mode = request.POST.get("address", "").strip(), request.POST.get("mode", "")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or mode not in Mode.values:
        wrong = {"tools": Tool.objects.order_by("-pk")[:50], "modes": Mode.choices, "wrong": True, "address": address}
        return render(request, "sandbox/tools.html", wrong, status=400)
    invitation, token = registration.invite(mode=mode, now=clock.now())
    src = opened(address, mode, token)
    page = render(request, "sandbox/connect.html", {"src": src, "invitation": invitation, "host": parts.netloc})
    return security.allow(page, tool_origin=f"{parts.scheme}://{parts.netloc}")


def opened(address: str, mode: str, token: str) -> str:
    """The tool's registration address with what the standard adds to it (section 3.2)."""
    query = urlencode({"openid_configuration": registration.configuration_url(mode), "registration_token": token})
    return f"{address}{'&' if urlsplit(address).query else '?'}{query}"


@require_http_methods(["GET", "POST"])
@access.signed_in
def tool(request: HttpRequest, me: Person, invitation_id: int) -> HttpResponse:
    """A registered tool, for the administrator to look through and to activate."""
    _admin(me)
    invitation = get_object_or_404(Invitation.objects.select_related("tool"), pk=invitation_id)
    if request.method == "POST" and invitation.tool is not None:
        activate(invitation.tool, request.POST.getlist("scope"))
        return redirect("tool", invitation_id=invitation_id)
    about = invitation.configuration.get(registration.TOOL, {})
    return render(request, "sandbox/tool.html", {"invitation": invitation, "tool": invitation.tool, "about": about})


def activate(tool: Tool, granted: list[str]) -> None:
    """The administrator's yes, to these of its scopes."""
    tool.scopes = [scope for scope in tool.scopes if scope in granted]
    tool.active = True
    tool.save(update_fields=["scopes", "active"])
