"""The whole path in a course like Canvas: an issuer that is no address, a registration of its own, the gradebook."""

from tests.learner import new_course
from tests.system import System, wait_for


def test_a_score_reaches_the_gradebook_of_a_school_under_the_shared_issuer(system: System) -> None:
    course = new_course(system, "canvas")
    visit = course.launch("alice")
    visit.start()
    visit.submit()
    visit.result()
    grade = wait_for(lambda: course.score("alice"))
    assert (grade["final"], grade["attempt"], grade["raw_maximum"]) == (9.0, 1, 10.0)
