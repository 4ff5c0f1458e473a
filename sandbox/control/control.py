"""The control API for tests: JSON in, JSON out; there only when SANDBOX_CONTROL=1. It asks for no sign-in.

POST /control/tools           {client_id, tool_url | login_url, redirect_uris, jwks_url, target_link_uri,
                              mode, scopes, deployment_id, name}; forgets the tool's kept key set
POST /control/courses         {title, label, mode, share_name, share_email, nrps_page, account, deployment_id,
                              concluded, public, storage} -> {id}; with {course} it changes that one
                              storage: none parent frame silent error wrong; empty: as its mode has it
POST /control/people          {username, given_name, family_name, email, locale, is_admin, is_test} -> {id};
                              a list of them -> {ids}
POST /control/enrolments      {course, person | people: [...], role, status: active|suspended|removed}
POST /control/activities      {course, client_id, title, maximum | null, custom, target_link_uri,
                              resource_id, tag, published, allowed_attempts, grading_type}
                              -> {id, line_item, url}
POST /control/columns         {line_item, published, allowed_attempts, grading_type: points|pass_fail, ...}
POST /control/grades          {line_item, person, action: override|release|lock|unlock, final, comment}
GET  /control/gradebook       ?course=               the grades
GET  /control/history         ?course= [&person=]    every score taken or refused, every hand on a grade
GET  /control/requests        [?endpoint=]           the tool's requests; POST /control/requests/clear
POST /control/faults          {endpoint, kind, status, headers, body, seconds, count, rate, seed}
                              endpoint: token jwks authorize lineitems lineitem scores results memberships *
                              kind: status slow drop accept_drop rate_limit; no count: until cleared
POST /control/faults/clear    {endpoint}             or all of them
POST /control/clock           {offset}               seconds that the platform's clock is ahead
POST /control/throttle        {high_water, maximum, outflow, up_front, cost}: Canvas's throttle; {} sets Canvas's own
                              numbers; empties all buckets -> all numbers
POST /control/keys/rotate     {keep_old}             sign with a new key from now on
POST /control/tokens/revoke   {}                     every access token stops working
POST /control/launch          {person | null, activity, target: iframe|window, for_person, line_item, **overrides}
                              -> {launch, url, params, cookie: {name, value}}: post params to url to begin
POST /control/overrides       {course, **overrides}: the same for every launch of the course; none given: as usual

Overrides make odd launches: claims {name: value} to add or say otherwise, without [names] to leave out, error and
error_description for an answer that is no launch (login_required, launch_no_longer_valid, ...).
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, transaction
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from sandbox import demo
from sandbox.gradebook import gradebook
from sandbox.launch import launches
from sandbox.models import (
    AccessToken,
    Activity,
    Course,
    Enrolment,
    Fault,
    Grade,
    HistoryEntry,
    LineItem,
    Mode,
    Person,
    RequestEntry,
    Role,
    Tool,
)
from sandbox.platform import clock, keys
from sandbox.wire import faults
from sandbox.wire.throttle import throttle
from sandbox.words import messages, scopes

Body = dict[str, Any]
BY = "control"
CANVAS_COURSE = ("account", "deployment_id", "concluded", "public")
COLUMN = ("resource_id", "tag", "published", "allowed_attempts", "grading_type")


def control(method: str) -> Callable[[Callable[[Any], Any]], Callable[[HttpRequest], HttpResponse]]:
    """A view that hands the body (or the query) to `view` and answers its result; what is wrong comes back as 400."""

    def decorate(view: Callable[[Any], Any]) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def handle(request: HttpRequest) -> HttpResponse:
            if request.method != method:
                return JsonResponse({"error": f"{method} only"}, status=405)
            try:
                body = json.loads(request.body or b"{}") if method == "POST" else request.GET.dict()
                answer = view(body)
            except (KeyError, TypeError, ValueError, ObjectDoesNotExist, IntegrityError) as error:
                return JsonResponse({"error": f"{type(error).__name__}: {error}"}, status=400)
            return JsonResponse(answer if answer is not None else {}, safe=False)

        return handle

    return decorate


def either(**views: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """One address, a view for each method."""

    @csrf_exempt
    def handle(request: HttpRequest) -> HttpResponse:
        return views.get(str(request.method), views["GET"])(request)

    return handle


def picked(body: Body, *names: str) -> Body:
    unknown = sorted(set(body) - set(names))
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}")
    return {name: body[name] for name in names if name in body}


@control("POST")
def add_tool(body: Body) -> Body:
    body = dict(body)
    client_id = body.pop("client_id", demo.CLIENT_ID)
    tool_url = body.pop("tool_url", None)
    given = picked(
        body,
        "login_url",
        "redirect_uris",
        "jwks_url",
        "target_link_uri",
        "mode",
        "scopes",
        "deployment_id",
        "name",
        "custom",
        "deep_linking_url",
    )
    tool = demo.register(client_id, tool_url) if tool_url else Tool.objects.filter(client_id=client_id).first()
    tool = tool or Tool(client_id=client_id, scopes=scopes.ALL)
    for name, value in given.items():
        setattr(tool, name, value)
    tool.jwks = {}
    tool.save()
    return {"id": tool.pk, "client_id": client_id}


@control("POST")
def add_course(body: Body) -> Body:
    body = dict(body)
    names = ("title", "label", "about", "mode", "share_name", "share_email", "nrps_page", "storage", *CANVAS_COURSE)
    known = Course.objects.get(pk=body.pop("course")) if "course" in body else None
    course = known or Course(label=body["title"][:50])
    for name, value in picked(body, *names).items():
        setattr(course, name, value)
    course.mode = Mode(course.mode)
    course.save()
    return {"id": course.pk}


@control("POST")
def add_people(body: Body | list[Body]) -> Body:
    names = (
        "username",
        "given_name",
        "family_name",
        "email",
        "locale",
        "about",
        "is_admin",
        "is_test",
        "featured",
    )
    with transaction.atomic():
        ids = [Person.objects.create(**picked(one, *names)).pk for one in (body if isinstance(body, list) else [body])]
    return {"ids": ids} if isinstance(body, list) else {"id": ids[0]}


@control("POST")
def add_enrolments(body: Body) -> Body:
    course = Course.objects.get(pk=body["course"])
    who = body.get("people") or [body["person"]]
    role, status = Role(body.get("role", Role.LEARNER)), Enrolment.Status(body.get("status", "active"))
    with transaction.atomic():
        for person in Person.objects.filter(pk__in=who):
            gradebook.enrol(course, person, role=role, status=status, by=BY, now=clock.now())
    return {"enrolled": len(who)}


@control("POST")
def add_activity(body: Body) -> Body:
    body = dict(body)
    course = Course.objects.get(pk=body.pop("course"))
    tool = Tool.objects.get(client_id=body.pop("client_id", demo.CLIENT_ID))
    column = {name: body.pop(name) for name in COLUMN if name in body}
    given = picked(body, "title", "description", "maximum", "custom", "target_link_uri", "document_target")
    made = demo.activity(course, tool, **{"title": "Activity", **given})
    made.line_items.update(**column) if column else None
    item = made.line_items.select_related("course").first()
    return {"id": made.pk, "line_item": item.pk if item else None, "url": item.url if item else None}


@control("POST")
def change_column(body: Body) -> Body:
    body = dict(body)
    item = LineItem.objects.filter(pk=body.pop("line_item"))
    return {"changed": item.update(**picked(body, "label", "score_maximum", *COLUMN))}


@control("POST")
def set_grade(body: Body) -> Body:
    item = LineItem.objects.select_related("course", "tool").get(pk=body["line_item"])
    person, now, action = Person.objects.get(pk=body["person"]), clock.now(), body.get("action", "override")
    if action == "override":
        comment = body.get("comment", "")
        done = gradebook.override(item, person, by=BY, final=body.get("final"), comment=comment, now=now)
    elif action == "release":
        done = gradebook.release(item, person, by=BY, now=now)
    elif action in ("lock", "unlock"):
        done = gradebook.lock(item, person, locked=action == "lock", by=BY, now=now)
    else:
        raise ValueError(f"unknown action {action}")
    return model_to_dict(done)


@control("GET")
def show_gradebook(query: Body) -> list[Body]:
    found = Grade.objects.filter(line_item__course_id=int(query["course"])).order_by("line_item_id", "person_id")
    return [model_to_dict(grade) for grade in found]


@control("GET")
def show_history(query: Body) -> list[Body]:
    found = HistoryEntry.objects.filter(course_id=int(query["course"])).order_by("pk")
    if query.get("person"):
        found = found.filter(person_id=int(query["person"]))
    return [model_to_dict(entry) for entry in found]


@control("GET")
def show_requests(query: Body) -> list[Body]:
    found = RequestEntry.objects.order_by("pk")
    if query.get("endpoint"):
        found = found.filter(endpoint=query["endpoint"])
    return [model_to_dict(entry) for entry in found]


@control("POST")
def clear_requests(body: Body) -> None:
    RequestEntry.objects.all().delete()


@control("POST")
def add_fault(body: Body) -> Body:
    body = dict(body)
    count = body.pop("count", None)
    given = picked(body, "endpoint", "kind", "status", "headers", "body", "seconds", "rate", "seed")
    if given["endpoint"] not in {*faults.ENDPOINTS, "*"} or given["kind"] not in faults.KINDS:
        raise ValueError("unknown endpoint or kind")
    return {"id": Fault.objects.create(remaining=count, **given).pk}


@control("POST")
def clear_faults(body: Body) -> None:
    found = Fault.objects.all()
    (found.filter(endpoint=body["endpoint"]) if body.get("endpoint") else found).delete()


@control("POST")
def turn_clock(body: Body) -> Body:
    clock.turn(float(body["offset"]))
    return {"now": clock.now().isoformat()}


@control("POST")
def set_throttle(body: Body) -> Body:
    return asdict(throttle.set(**{name: float(value) for name, value in body.items()}))


@control("POST")
def rotate_keys(body: Body) -> Body:
    return {"kid": keys.rotate(keep_old=body.get("keep_old", True)).kid}


@control("POST")
def revoke_tokens(body: Body) -> Body:
    return {"revoked": AccessToken.objects.all().delete()[0]}


@control("POST")
def start_launch(body: Body) -> Body:
    there = Activity.objects.select_related("course", "tool").filter(deleted_at__isnull=True)
    activity = there.get(pk=body["activity"])
    if not body.get("for_person"):
        return begun(body, messages.resource_link(activity))
    item = LineItem.objects.get(pk=body["line_item"], course=activity.course) if body.get("line_item") else None
    return begun(body, messages.review(activity, Person.objects.get(pk=body["for_person"]), item))


def begun(body: Body, about: Body) -> Body:
    person = Person.objects.get(pk=body["person"]) if body["person"] else None
    target = body.get("target", "iframe")
    return launches.begin_apart(person, about, document_target=target, overrides=_overrides(body))


def _overrides(body: Body) -> Body:
    kinds = {"claims": dict, "without": list, "error": str, "error_description": str}
    found = {name: body[name] for name in kinds if name in body}
    if not all(isinstance(value, kinds[name]) for name, value in found.items()):
        raise ValueError("claims is an object, without a list, error and error_description are text")
    return found


@control("POST")
def set_overrides(body: Body) -> Body:
    Course.objects.filter(pk=body["course"]).update(overrides=_overrides(body))
    return _overrides(body)


urlpatterns = [
    path("control/tools", add_tool),
    path("control/courses", add_course),
    path("control/people", add_people),
    path("control/enrolments", add_enrolments),
    path("control/activities", add_activity),
    path("control/columns", change_column),
    path("control/grades", set_grade),
    path("control/gradebook", show_gradebook),
    path("control/history", show_history),
    path("control/requests", show_requests),
    path("control/requests/clear", clear_requests),
    path("control/faults", add_fault),
    path("control/faults/clear", clear_faults),
    path("control/clock", turn_clock),
    path("control/throttle", set_throttle),
    path("control/keys/rotate", rotate_keys),
    path("control/tokens/revoke", revoke_tokens),
    path("control/launch", start_launch),
    path("control/overrides", set_overrides),
]
