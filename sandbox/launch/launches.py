"""Launches: login initiation and the authorization endpoint (1EdTech Security Framework 1.0, section 5.1)."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sandbox.launch import storage
from sandbox.models import Launch, Mode, Person, Tool
from sandbox.platform import clock, keys, security
from sandbox.words import canvas_claims, claims

HINT_LIFETIME = timedelta(minutes=10)
SESSION_PERSON = "person"
CANVAS_REQUIRED = (
    *("client_id", "login_hint", "lti_message_hint", "nonce", "prompt", "redirect_uri"),
    *("response_mode", "response_type", "scope"),
)
sessions = import_module(settings.SESSION_ENGINE)


class Refused(Exception):
    """An authorization request refused; reported to the tool at its redirect_uri (OpenID Connect section 3.1.2.6)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


@dataclass(frozen=True)
class Start:
    """Where a launch begins: post `params` to `url`."""

    url: str
    params: dict[str, str]
    launch: Launch


def begin(*, person: Person | None, session_key: str, now: datetime, **about: Any) -> Start:
    """Open a message for the signed-in person, or for a guest, and say what the login initiation carries.

    `about` holds the other columns of Launch, as `messages` makes them.
    """
    launch = Launch.objects.create(person=person, session_key=session_key, created_at=now, **about)
    tool, course = launch.tool, launch.course
    params = {
        "iss": tool.issuer,
        "login_hint": login_hint(launch),
        "target_link_uri": launch.target_link_uri,
        "client_id": tool.client_id,
        "lti_deployment_id": course.deployment_id or tool.deployment_id,
        "lti_message_hint": message_hint(launch),
    }
    if launch.document_target == "iframe" and storage.target(course):
        params["lti_storage_target"] = storage.target(course)
    if course.mode == Mode.CANVAS:
        params["deployment_id"] = params["lti_deployment_id"]
        params |= {"canvas_region": canvas_claims.REGION, "canvas_environment": canvas_claims.ENVIRONMENT}
    return Start(tool.login_url, params, launch)


def begin_apart(person: Person | None, about: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Begin a message in a session of its own, so that parallel launches do not meet: {url, params, cookie, launch}."""
    session = sessions.SessionStore()
    if person:
        session[SESSION_PERSON] = person.pk
    session.save()
    start = begin(person=person, session_key=session.session_key, now=clock.now(), **about, **more)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key}
    return {"url": start.url, "params": start.params, "cookie": cookie, "launch": start.launch.pk}


def login_hint(launch: Launch) -> str:
    """Who is meant: guests of public courses share one hint."""
    return str(launch.person_id) if launch.person_id else canvas_claims.GUEST_HINT


def message_hint(launch: Launch) -> str:
    if launch.course.mode != Mode.MOODLE:
        return launch.hint
    named = {"cmid": launch.activity_id} if launch.activity_id else {}
    return json.dumps({**named, "launchid": launch.hint}, separators=(",", ":"))


def _hint(text: str) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return str(found.get("launchid", "")) if isinstance(found, dict) else text


@csrf_exempt
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """Answer the tool's authentication request with an id_token, by a form that posts itself."""
    now = clock.now()
    asked = request.POST if request.method == "POST" else request.GET
    tool = Tool.objects.filter(client_id=asked.get("client_id", "")).first()
    redirect_uri = asked.get("redirect_uri", "")
    if tool is None or redirect_uri not in tool.redirect_uris:
        # An address nobody registered must not be posted to: that would be an open redirector.
        why = (
            "No tool is registered here under this client_id."
            if tool is None
            else "This redirect_uri is not registered."
        )
        return render(request, "sandbox/problem.html", {"title": "Launch refused", "why": why}, status=400)
    try:
        fields = {"id_token": _id_token(request, asked, tool, now=now)}
    except Refused as refusal:
        fields = {"error": refusal.error, "error_description": refusal.description}
    if asked.get("state"):
        fields["state"] = asked["state"]
    return form_post(request, redirect_uri, fields)


def form_post(request: HttpRequest, url: str, fields: dict[str, str], label: str = "Continue") -> HttpResponse:
    """A page whose form posts itself to the tool, with a button where scripts do not run."""
    page = render(request, "sandbox/post.html", {"url": url, "fields": fields.items(), "label": label})
    parts = urlsplit(url)
    return security.allow(page, tool_origin=f"{parts.scheme}://{parts.netloc}", framed=True)


def _id_token(request: HttpRequest, asked: QueryDict, tool: Tool, *, now: datetime) -> str:
    check = _check_canvas_request if tool.mode == Mode.CANVAS else _check_request
    check(asked)
    if not tool.active:
        raise Refused("unauthorized_client", "the administrator has not activated this tool")
    launch = _launch(asked.get("lti_message_hint", ""), tool, now=now)
    _check_session(request, launch, asked.get("login_hint", ""))
    _refuse_on_demand(launch)
    role = claims.role_in(launch.course, launch.person) if launch.person else None
    if role is None and not (launch.person is None and launch.course.admits_guests):
        raise Refused("access_denied", "this person is not enrolled in the course")
    _use_up(launch, now=now)
    return keys.sign(claims.id_token(launch, role=role, nonce=asked.get("nonce", ""), now=now))


def _check_request(asked: QueryDict) -> None:
    """The parameters that the Security Framework fixes, section 5.1.1.2."""
    if "openid" not in asked.get("scope", "").split():
        raise Refused("invalid_scope", "scope must be openid")
    if asked.get("response_type") != "id_token":
        raise Refused("unsupported_response_type", "response_type must be id_token")
    for name, wanted in (("response_mode", "form_post"), ("prompt", "none")):
        if asked.get(name) != wanted:
            raise Refused("invalid_request", f"{name} must be {wanted}")
    for name in ("nonce", "state", "login_hint", "lti_message_hint"):
        if not asked.get(name):
            raise Refused("invalid_request", f"{name} is missing")


def _check_canvas_request(asked: QueryDict) -> None:
    """Canvas wants the parameters there and looks at one value only; `state` may be left out."""
    missing = [name for name in CANVAS_REQUIRED if not asked.get(name)]
    if missing:
        raise Refused("invalid_request_object", f"The following parameters are missing: {','.join(missing)}")
    if asked["scope"] != "openid":
        raise Refused("invalid_request_object", "The 'scope' must be 'openid'")


def _launch(hint: str, tool: Tool, *, now: datetime) -> Launch:
    related = ("person", "course", "tool", "activity", "for_person", "line_item__course")
    launch = Launch.objects.select_related(*related).filter(hint=_hint(hint), tool=tool).first()
    expired = launch is not None and not timedelta(0) <= now - launch.created_at < HINT_LIFETIME
    if launch is not None and expired and launch.course.mode == Mode.CANVAS:
        raise Refused("launch_no_longer_valid", "The launch has either expired or already been consumed")
    gone = launch is not None and launch.activity is not None and launch.activity.deleted_at is not None
    if launch is None or expired or gone:
        raise Refused("invalid_request", "lti_message_hint names no launch under way; start again from the course")
    return launch


def _check_session(request: HttpRequest, launch: Launch, hint: str) -> None:
    """The person who began the launch must still be signed in, here and in the session that began it."""
    if launch.person_id is None and hint == login_hint(launch):
        return
    began = sessions.SessionStore(launch.session_key).load().get(SESSION_PERSON)
    here: Any = request.session.get(SESSION_PERSON, began)
    if not hint == str(launch.person_id) == str(began) == str(here):
        raise Refused("login_required", "login_hint is not the person signed in here")


def _refuse_on_demand(launch: Launch) -> None:
    """A refusal that a test asked for, such as launch_no_longer_valid."""
    for wanted in (launch.overrides, launch.course.overrides):
        if wanted.get("error"):
            raise Refused(wanted["error"], wanted.get("error_description", ""))


def _use_up(launch: Launch, *, now: datetime) -> None:
    unused = Launch.objects.filter(pk=launch.pk, used_at__isnull=True).update(used_at=now)
    if not unused and launch.course.mode == Mode.CANVAS:
        raise Refused("launch_no_longer_valid", "The launch has either expired or already been consumed")
    if not unused and launch.course.mode == Mode.MOODLE:
        raise Refused("invalid_request", "this launch was used before; start again from the course")


def key_set(request: HttpRequest) -> HttpResponse:
    """The platform's public keys."""
    return HttpResponse(
        json.dumps(keys.key_set()), content_type="application/json", headers={"Cache-Control": "public, max-age=60"}
    )
