"""The control API for whole flows between this LMS and a tool.

POST /control/deep_linking    {person, course, client_id, settings, placement, target, **overrides}
                              -> {launch, return_url, settings, url, params, cookie}; settings say otherwise than the
                              mode does, null leaves one out; placement is Canvas's
GET  /control/selections      ?course=     what tools sent back: [{id, launch, state: refused|returned|added|cancelled,
                              why, items: [{item, problem}], said: {msg, errormsg, log, errorlog}, activities}]
POST /control/selections/add  {selection, items: [indexes] | none for all, title, maximum}
                              -> {activities: [{id, line_item, url}]}
POST /control/invitations     {mode, account, scopes: [those to give at most], names_deployment} -> {id,
                              openid_configuration, registration_token}; `address` adds `url`, what a frame opens
GET  /control/invitations     ?id=         {mode, used_at, configuration, tool: null | {client_id, deployment_id,
                              active, scopes, name, ...}}
POST /control/invitations/activate {id, scopes}: the administrator's yes; scopes cuts
"""

from typing import Any

from django.forms.models import model_to_dict
from django.urls import path

from sandbox import demo
from sandbox.connect import registration, registration_views
from sandbox.control.control import Body, begun, control, either, picked
from sandbox.launch import deep_linking, placing
from sandbox.models import Activity, Course, Invitation, Launch, Mode, Selection, Tool
from sandbox.platform import clock
from sandbox.words import content_items, messages


@control("POST")
def start_deep_linking(body: Body) -> Body:
    course = Course.objects.get(pk=body["course"])
    tool = Tool.objects.get(client_id=body.get("client_id", demo.CLIENT_ID))
    given = {**body.get("settings", {}), **({"placement": body["placement"]} if body.get("placement") else {})}
    asked = deep_linking.settings(course, tool.name, given)
    start = begun(body, messages.deep_linking(course, tool, asked))
    return {**start, "return_url": messages.return_url(Launch.objects.get(pk=start["launch"])), "settings": asked}


@control("GET")
def show_selections(query: Body) -> list[Body]:
    found = Selection.objects.filter(launch__course_id=int(query["course"])).order_by("pk")
    return [model_to_dict(selection) for selection in found]


@control("POST")
def add_selection(body: Body) -> Body:
    found = Selection.objects.select_related("launch__course", "launch__tool").get(pk=body["selection"])
    if found.state in (Selection.State.REFUSED, Selection.State.CANCELLED):
        raise ValueError(f"{found.state}: {found.why}")
    chosen = body.get("items", list(range(len(found.items))))
    try:
        made = placing.add(found, chosen, title=body.get("title", ""), maximum=body.get("maximum"))
    except content_items.Wrong as error:
        raise ValueError(str(error)) from error
    return {"activities": [_activity(activity) for activity in made]}


def _activity(activity: Activity) -> Body:
    item = activity.line_items.select_related("course").first()
    return {"id": activity.pk, "line_item": item.pk if item else None, "url": item.url if item else None}


@control("POST")
def add_invitation(body: Body) -> Body:
    body = dict(body)
    address = body.pop("address", "")
    more = picked(body, "mode", "account", "scopes", "names_deployment")
    invitation, token = registration.invite(**{"mode": Mode.STRICT, **more}, now=clock.now())
    found: Body = {
        "id": invitation.pk,
        "openid_configuration": registration.configuration_url(invitation.mode),
        "registration_token": token,
    }
    return {**found, "url": registration_views.opened(address, invitation.mode, token)} if address else found


@control("GET")
def show_invitation(query: Body) -> Body:
    invitation = Invitation.objects.select_related("tool").get(pk=int(query["id"]))
    tool: Any = model_to_dict(invitation.tool) if invitation.tool else None
    return {**model_to_dict(invitation), "tool": tool}


@control("POST")
def activate_invitation(body: Body) -> None:
    tool = Tool.objects.get(invitation=body["id"])
    registration_views.activate(tool, body.get("scopes", tool.scopes))


urlpatterns = [
    path("control/invitations", either(GET=show_invitation, POST=add_invitation)),
    path("control/invitations/activate", activate_invitation),
    path("control/deep_linking", start_deep_linking),
    path("control/selections", show_selections),
    path("control/selections/add", add_selection),
]
