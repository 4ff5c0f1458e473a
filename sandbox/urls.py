"""Addresses of the sandbox LMS. Services of a Moodle-like or Canvas-like course live where those have them."""

from django.conf import settings
from django.urls import URLPattern, path

from sandbox.connect import registration, registration_views
from sandbox.gradebook import ags
from sandbox.launch import launches, storage
from sandbox.models import Mode
from sandbox.pages import arranging, asking, choosing, pages, teaching
from sandbox.people import groups, nrps
from sandbox.platform import tokens

STRICT = "lti/courses/<int:course_id>"
MOODLE = "mod/lti/services.php"
CANVAS = "api/lti/courses/<int:course_id>"
ALL = [
    (Mode.STRICT, f"{STRICT}/lineitems", f"{STRICT}/lineitems/<int:item_id>"),
    (Mode.MOODLE, f"{MOODLE}/<int:course_id>/lineitems", f"{MOODLE}/<int:course_id>/lineitems/<int:item_id>/lineitem"),
    (Mode.CANVAS, f"{CANVAS}/line_items", f"{CANVAS}/line_items/<int:item_id>"),
]


def services() -> list[URLPattern]:
    found = [
        path(f"{STRICT}/memberships", nrps.memberships, {"mode": Mode.STRICT}),
        path(
            f"{MOODLE}/CourseSection/<int:course_id>/bindings/<int:tool_id>/memberships",
            nrps.memberships,
            {"mode": Mode.MOODLE},
        ),
        path(f"{CANVAS}/names_and_roles", nrps.memberships, {"mode": Mode.CANVAS}),
        path(f"{CANVAS}/line_items/<int:item_id>/results/<int:person_id>", ags.result, {"mode": Mode.CANVAS}),
    ]
    for mode, container, item in ALL:
        found += [
            path(container, ags.line_items, {"mode": mode}),
            path(item, ags.line_item, {"mode": mode}),
            path(f"{item}/scores", ags.scores, {"mode": mode}),
            path(f"{item}/results", ags.results, {"mode": mode}),
        ]
    return found


def registrations() -> list[URLPattern]:
    found = []
    for mode, (configuration, endpoint) in registration.PLACES.items():
        found += [
            path(configuration.removeprefix("/"), registration_views.configuration, {"mode": mode}),
            path(endpoint.removeprefix("/"), registration_views.register, {"mode": mode}),
        ]
    return found


urlpatterns = [
    path("", pages.front, name="front"),
    path("sign-in", pages.sign_in, name="sign_in"),
    path("sign-out", pages.sign_out, name="sign_out"),
    path("courses", pages.courses, name="courses"),
    path("courses/<int:course_id>", pages.course, name="course"),
    path("activities/<int:activity_id>/samples", arranging.add_samples, name="add_samples"),
    path("courses/<int:course_id>/people", teaching.people, name="people"),
    path("courses/<int:course_id>/people/<int:person_id>", teaching.enrol, name="enrol"),
    path("courses/<int:course_id>/people/<int:person_id>/groups", teaching.group, name="group"),
    path("courses/<int:course_id>/grades", teaching.grades, name="grades"),
    path("courses/<int:course_id>/grades/<int:item_id>/<int:person_id>", teaching.grade, name="grade"),
    path("courses/<int:course_id>/grades/<int:item_id>/<int:person_id>/edit", teaching.edit, name="edit"),
    path("courses/<int:course_id>/grades/<int:item_id>/<int:person_id>/review", teaching.review, name="review"),
    path("courses/<int:course_id>/add/<int:tool_id>", choosing.add, name="add"),
    path("courses/<int:course_id>/add/<int:tool_id>/launch", choosing.add_launch, name="add_launch"),
    path("courses/<int:course_id>/selections/<int:selection_id>", choosing.selection, name="selection"),
    path("lti/deep_linking/<str:hint>", choosing.returned),
    path("mod/lti/contentitem_return.php", choosing.returned),
    path("courses/<int:course_id>/deep_linking_response", choosing.returned),
    path("courses/<int:course_id>/settings", arranging.arrange, name="arrange"),
    path("courses/<int:course_id>/settings/course", arranging.arrange_course, name="arrange_course"),
    path("courses/<int:course_id>/settings/<int:item_id>", arranging.arrange_column, name="arrange_column"),
    path("guest/<int:activity_id>", pages.guest, name="guest"),
    path("guest/<int:activity_id>/launch", pages.guest_launch, name="guest_launch"),
    path("activities/<int:activity_id>", pages.activity, name="activity"),
    path("courses/<int:course_id>/storage/<int:tool_id>", storage.frame),
    path("activities/<int:activity_id>/launch", pages.launch, name="launch"),
    path("tools", registration_views.tools, name="tools"),
    path("tools/connect", registration_views.connect, name="connect"),
    path("tools/<int:invitation_id>", registration_views.tool, name="tool"),
    path("courses/<int:course_id>/held/<int:tool_id>/<int:person_id>", asking.held, name="held"),
    path("courses/<int:course_id>/held/<int:tool_id>/<int:person_id>/launch", asking.held_launch, name="held_launch"),
    path("courses/<int:course_id>/copy", arranging.copy_course, name="copy_course"),
    path("courses/<int:course_id>/clean-up", arranging.clean_up, name="clean_up"),
    path("activities/<int:activity_id>/delete", arranging.delete_activity, name="delete_activity"),
    path(f"{STRICT}/groups", groups.groups),
    path(f"{STRICT}/group_sets", groups.group_sets),
    *registrations(),
    path("return", pages.returned, name="return"),
    path("lti/authorize", launches.authorize),
    path("lti/token", tokens.token),
    path("lti/jwks", launches.key_set),
    *services(),
]

if settings.SANDBOX_CONTROL:
    from sandbox.control import control, course, flows

    urlpatterns += control.urlpatterns + course.urlpatterns + flows.urlpatterns
