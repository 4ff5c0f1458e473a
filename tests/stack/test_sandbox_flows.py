"""Flows between the sandbox LMS and the service on the real processes: registration, data held."""

import re

import pytest

from sandbox.client import form
from tests.learner import browser, new_course
from tests.patience import PATIENCE
from tests.system import System


@pytest.mark.parametrize("mode", ["strict", "moodle", "canvas"])
def test_service_registers_itself_at_the_lms_and_a_teacher_enters(system: System, mode: str) -> None:
    school = ("--institution", f"school-{mode}", "--create", "--name", f"Our {mode}")
    address = next(re.finditer(r"https?://\S+", system.manage("invite_platform", *school)))[0]
    invitation = system.sandbox.invite(mode, address=address, account=f"School {mode}")
    session = browser()
    page = session.get(invitation["url"], timeout=PATIENCE)
    assert page.status_code == 200, page.text[:500]
    fields = form(page.text)[1]
    done = session.post(address.partition("?")[0], data={**fields, "privacy": "public"}, timeout=PATIENCE)
    assert done.status_code == 200, done.text[:1500]
    system.sandbox.activate(invitation["id"])

    tool = system.sandbox.invitation(invitation["id"])["tool"]
    course = system.sandbox.create_course(f"Registered {mode}", mode, account=f"School {mode}")
    tess = system.sandbox.add_person(f"registered-{mode}", course=course, role="instructor")
    activity = system.sandbox.add_activity(course, "When to Fine-Tune", client_id=tool["client_id"])
    answer = system.sandbox.launch(tess, activity["id"], browser())
    assert answer.status_code == 200, answer.text[:1500]


def test_service_shows_the_data_it_holds_to_those_whom_the_lms_sends(system: System) -> None:
    course = new_course(system)
    alice = course.launch("alice")
    alice.start()
    person = course.people["alice"]

    held = system.sandbox.follow(system.sandbox.start_privacy(person, course.id), browser())

    assert held.status_code == 200, held.text[:800]
    assert "Alice Tester" in held.text
