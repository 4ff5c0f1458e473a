"""The demo: people, three courses, one tool registered for each. Running it again changes nothing that is there.

Each mode has a registration of its own, since a tool learns once for each how its platform behaves.
"""

from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction

from sandbox.models import Activity, Course, Enrolment, LineItem, Mode, Person, Role, Tool
from sandbox.platform import keys
from sandbox.words import scopes

CLIENT_ID = "assay-sandbox"
STRICT_CLIENT_ID = "assay-strict"
CANVAS_CLIENT_ID = "assay-canvas"
CUSTOM = {"context_history": "$Context.id.history"}
QUIZ = "end-model-families-when-to-fine-tune-creators"
TITLE = "When to Fine-Tune vs When to Just Prompt"
STUDENTS = {
    "alice": ("Alice", "Andersen", "en", "Student. Likes to be first."),
    "bob": ("Bob", "Baker", "en", "Student. Works on his phone."),
    "chen": ("Chén", "Wěi 陳偉", "zh", "Student. Name in two scripts."),
    "dana": ("دانا", "الخطيب", "ar", "Student. Reads from right to left."),
    "eve": ("<b>Eve</b>", 'O\'Malley & "Sons"', "en", "Student. Her name is not markup."),
    "maximiliane": (
        "Maximiliane-Wilhelmine",
        "von und zu Oberdonaudampfschifffahrtsgesellschaftskapitänswitwenhausen-Lauterbach",
        "de",
        "Student. A long name.",
    ),
}
COURSES = {
    "AI 101": ("AI for Creators", Mode.STRICT, "Model families, prompts and when training pays."),
    "AI 102": ("AI for Creators, evening group", Mode.MOODLE, "The same course on an LMS with Moodle's habits."),
    "AI 103": ("AI for Creators, summer school", Mode.CANVAS, "The same course on an LMS with Canvas's habits."),
}


@transaction.atomic
def set_up() -> None:
    """Make what is missing of the demo, and point the tool's registration at TOOL_URL."""
    keys.ensure()
    tools = {
        Mode.MOODLE: register(CLIENT_ID, settings.TOOL_URL),
        Mode.STRICT: register(STRICT_CLIENT_ID, settings.TOOL_URL),
        Mode.CANVAS: register(CANVAS_CLIENT_ID, settings.TOOL_URL, mode=Mode.CANVAS),
    }
    plain = [tools[Mode.MOODLE].pk, tools[Mode.STRICT].pk]
    Tool.objects.filter(pk__in=plain, custom={}).update(custom=CUSTOM)
    people = {name: _person(name, *about) for name, about in STUDENTS.items()}
    tess = _person("tess", "Tess", "Teacher", "en", "Teacher of all courses.")
    _person("adam", "Adam", "Admin", "en", "Administrator. Enters every course.", is_admin=True)
    view = _person("student-view", "Student", "View", "en", "What Tess sees as a student.", is_test=True)
    for label, (title, mode, about) in COURSES.items():
        course, _ = Course.objects.get_or_create(label=label, defaults={"title": title, "mode": mode, "about": about})
        for person in (*people.values(), view):
            Enrolment.objects.get_or_create(course=course, person=person)
        Enrolment.objects.get_or_create(course=course, person=tess, defaults={"role": Role.INSTRUCTOR})
        if not course.activities.exists():
            activity(
                course,
                tools[mode],
                title=TITLE,
                about="A short lesson and ten questions. About 40 minutes.",
            )


def register(client_id: str, tool_url: str, *, mode: str = Mode.STRICT) -> Tool:
    """Register the tool that answers at `tool_url`, or move its registration there."""
    target = f"{tool_url}/lti/launch"
    places = {
        "login_url": f"{tool_url}/lti/login",
        "redirect_uris": [target],
        "jwks_url": f"{tool_url}/lti/jwks",
        "target_link_uri": f"{target}?{urlencode({'quiz': QUIZ})}",
        "deep_linking_url": target,
    }
    found, _ = Tool.objects.update_or_create(
        client_id=client_id,
        defaults=places,
        create_defaults={**places, "scopes": scopes.EVERY, "mode": mode},
    )
    Activity.objects.filter(tool=found).exclude(target_link_uri__startswith=f"{tool_url}/").update(
        target_link_uri=found.target_link_uri
    )
    return found


def _person(username: str, given: str, family: str, locale: str, about: str, **flags: bool) -> Person:
    person, _ = Person.objects.get_or_create(
        username=username,
        defaults={
            "given_name": given,
            "family_name": family,
            "email": f"{username}@sandbox.example",
            "locale": locale,
            "about": about,
            "featured": True,
            **flags,
        },
    )
    return person


def activity(
    course: Course, tool: Tool, *, title: str, about: str = "", maximum: float | None = 10, **more: object
) -> Activity:
    """A link to the tool in a course, with its gradebook column unless `maximum` is None."""
    made = Activity.objects.create(
        course=course, tool=tool, title=title, description=about, **{"target_link_uri": tool.target_link_uri, **more}
    )
    if maximum is not None:
        LineItem.objects.create(course=course, tool=tool, activity=made, label=title, score_maximum=maximum)
    return made
