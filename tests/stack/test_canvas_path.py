"""The whole path in a course like Canvas: an issuer that is no address, a registration of its own, the gradebook."""

from sandbox.client import CANVAS_ISSUER
from tests.learner import Course
from tests.system import System, wait_for


def test_a_score_reaches_the_gradebook_of_a_school_under_the_shared_issuer(system: System) -> None:
    lms, client_id = system.sandbox_url, "assay-canvas"
    system.manage(
        *("register_platform", "--name", "Like Canvas", "--issuer", CANVAS_ISSUER, "--client-id", client_id),
        *("--auth-url", f"{lms}/lti/authorize", "--token-url", f"{lms}/lti/token"),
        *("--jwks-url", f"{lms}/lti/jwks", "--deployment-id", "1", "--institution", "test"),
    )
    course_id = system.sandbox.create_course("Summer school", mode="canvas")
    link = system.sandbox.add_activity(course_id, "When to Fine-Tune", client_id=client_id)
    course = Course(system, course_id, link["id"], link["line_item"], {})
    visit = course.launch("alice")
    visit.start()
    visit.submit()
    visit.result()
    grade = wait_for(lambda: course.score("alice"))
    assert (grade["final"], grade["attempt"], grade["raw_maximum"]) == (9.0, 1, 10.0)
