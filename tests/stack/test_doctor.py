"""`manage.py lti_doctor` against the sandbox LMS, by either platform's rules."""

import pytest

from tests.learner import new_course
from tests.system import System


@pytest.mark.parametrize("mode", ["canvas", "moodle"])
def test_doctor_passes_a_sound_connection_and_leaves_no_column(system: System, mode: str) -> None:
    course = new_course(system, mode)
    course.launch("alice")
    course.launch("tess", "instructor")
    system.sandbox.post("requests/clear")

    said = system.manage("lti_doctor", "Like Canvas" if mode == "canvas" else "Sandbox", "--score-test")

    assert "failed" not in said, said
    assert "ok      Test score read back: 1 of 1." in said, said
    assert "ok      Test column deleted: The gradebook is as it was." in said
    asked = [(row["method"], row["status"]) for row in system.sandbox.request_log() if row["method"] != "GET"]
    assert asked.count(("DELETE", 204)) + asked.count(("DELETE", 200)) == 1, asked
    [score] = [row for row in course.history("alice") if row["accepted"]]
    assert score["line_item"] != course.line_item
    assert course.score("alice") is None
