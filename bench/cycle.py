"""One learner's way through the check: start, ten saves, submit, marked, result."""

from tests.learner import Course, Visit, new_course
from tests.page import Form
from tests.system import System, wait_for

COURSES: dict[int, Course] = {}


def learner(system: System) -> Visit:
    """A freshly launched learner who has not begun; the launch is measured elsewhere."""
    course = COURSES.setdefault(id(system), new_course(system))
    return course.launch(f"learner-{len(course.people)}")


def run(visit: Visit) -> None:
    visit.start()
    form = visit.answer()
    for name in [name for name in form.order if name.startswith("answer-")]:
        _save(visit, form, name.removeprefix("answer-"))
    visit.press(form)
    wait_for(lambda: "Being marked" not in visit.get(visit.page.url).text, seconds=60, every=0.25)
    assert "of 10 points so far" in visit.page.text, visit.page.text[:300]


def _save(visit: Visit, form: Form, item: str) -> None:
    entry = {"item": item, "answer": form.fields[f"answer-{item}"], "seq": int(form.fields[f"seq-{item}"])}
    address = form.action.replace("/submit", "/responses")
    answer = visit.session.post(address, json={"responses": [entry]}, timeout=20)
    assert answer.json()["results"][0]["state"] == "saved", answer.text
    form.fields[f"seq-{item}"] = str(entry["seq"] + 1)
