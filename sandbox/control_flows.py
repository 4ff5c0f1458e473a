"""The control API for whole flows between this LMS and a tool.

POST /control/deep_linking    {person, course, client_id, settings, placement, target, **overrides}
                              -> {launch, return_url, settings, url, params, cookie}; settings say otherwise than the
                              mode does, null leaves one out; placement is Canvas's
GET  /control/selections      ?course=     what tools sent back: [{id, launch, state: refused|returned|added|cancelled,
                              why, items: [{item, problem}], said: {msg, errormsg, log, errorlog}, activities}]
POST /control/selections/add  {selection, items: [indexes] | none for all, title, maximum}
                              -> {activities: [{id, line_item, url}]}
"""

from django.forms.models import model_to_dict
from django.urls import path

from sandbox import content_items, deep_linking, demo, messages, placing
from sandbox.control import Body, begun, control
from sandbox.models import Activity, Course, Launch, Selection, Tool


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


urlpatterns = [
    path("control/deep_linking", start_deep_linking),
    path("control/selections", show_selections),
    path("control/selections/add", add_selection),
]
