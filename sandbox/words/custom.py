"""Custom parameters of a launch with the known variables filled in (LTI 1.3 appendix C)."""

from typing import Any

from sandbox.models import Activity, Course, Mode, Person, Tool, copying
from sandbox.words import canvas_claims

WINDOWS = [(part, end) for part in ("available", "submission") for end in ("startDateTime", "endDateTime")]


def known(course: Course, person: Person | None, activity: Activity | None) -> dict[str, str]:
    """Every variable this LMS knows, and what it stands for here; Canvas leaves those without a value out."""
    if person is None or course.mode == Mode.CANVAS:
        windows = _windows(activity) if activity else {}
        here = {"$Context.id.history": ",".join(copying.history(course))}
        return {
            **canvas_claims.variables(course, person, activity),
            **here,
            **{k: at for k, at in windows.items() if at},
        }
    found = {
        "$User.id": str(person.pk),
        "$User.username": person.username,
        "$Person.name.full": person.name,
        "$Person.email.primary": person.email,
        "$Context.id": str(course.pk),
        "$Context.title": course.title,
        "$Context.id.history": ",".join(copying.history(course)),
    }
    if activity is not None:
        found |= {"$ResourceLink.id": str(activity.pk), "$ResourceLink.title": activity.title}
    if activity is not None and course.mode != Mode.MOODLE:
        found |= {**_windows(activity), "$ResourceLink.id.history": ",".join(copying.link_history(activity))}
        found["$ResourceLink.description"] = activity.description
    return found


def _windows(activity: Activity) -> dict[str, str]:
    """When the link is open and takes work, empty where the teacher set nothing (Deep Linking 2.0 section 5.5)."""
    set_here = activity.extra
    return {f"$ResourceLink.{part}.{end}": set_here.get(part, {}).get(end) or "" for part, end in WINDOWS}


def filled(
    *,
    tool: Tool,
    course: Course,
    person: Person | None,
    activity: Activity | None = None,
    more: dict[str, Any] | None = None,
) -> dict[str, str]:
    """What the tool and the link ask for, and `more`; an unknown variable arrives as it stands."""
    wanted = {**(activity.custom if activity else {}), **(more or {}), **tool.custom}
    variables = known(course, person, activity)
    made = {key: variables.get(value, value) if isinstance(value, str) else value for key, value in wanted.items()}
    return made if course.mode != Mode.MOODLE else {**{key.lower(): value for key, value in made.items()}, **made}
