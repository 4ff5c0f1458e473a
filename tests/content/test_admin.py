"""What content staff see in the admin: their institution's and the library's, no other institution's."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from content.models import Quiz
from roster.models import Institution, User
from tests import cast

PAGES = ["lesson", "lessonversion", "quiz", "quizversion", "item", "itemversion"]
OF_EVERYBODY = {"mine-quiz", "shared-quiz", "theirs-quiz"}


@pytest.fixture
def north(db: None) -> Institution:
    return cast.make_institution("North School")


@pytest.fixture(autouse=True)
def quizzes(north: Institution) -> None:
    """A quiz with its lesson for the north, for the south and for the library; each is placed in a course."""
    south = cast.make_institution("South School")
    for name, owner, place in (("mine", north, north), ("theirs", south, south), ("shared", None, south)):
        quiz = cast.published_quiz(f"{name}-quiz")
        assert quiz.lesson
        for row in (quiz, quiz.lesson):
            row.institution = owner
            row.save()
        cast.place_quiz(place, cast.publish(quiz))


def browser_of(institution: Institution | None) -> Client:
    user = User.objects.create_user(f"staff of {institution}", is_staff=True, institution=institution)
    user.user_permissions.set(Permission.objects.all())
    client = Client()
    client.force_login(user)
    return client


def owners(client: Client, page: str) -> set[str]:
    """Whose rows the list shows."""
    rows = client.get(f"/admin/content/{page}/").context["cl"].queryset
    path = {
        "lessonversion": "lesson__institution__name",
        "quizversion": "quiz__institution__name",
        "item": "quiz__institution__name",
        "itemversion": "item__quiz__institution__name",
    }.get(page, "institution__name")
    return {name or "the library" for name in rows.values_list(path, flat=True)}


@pytest.mark.parametrize("page", PAGES)
def test_staff_see_the_content_of_their_institution_and_of_the_library(north: Institution, page: str) -> None:
    assert owners(browser_of(north), page) == {"North School", "the library"}
    assert owners(browser_of(None), page) == {"North School", "South School", "the library"}


def test_questions_of_another_institution_open_for_nobody_else(north: Institution) -> None:
    other = Quiz.objects.get(slug="theirs-quiz").items.get(identifier="q1").versions.order_by("number")[0]
    address = f"/admin/content/itemversion/{other.pk}/change/"

    assert browser_of(north).get(address).status_code == 302  # to the start, as for a row that is not there
    assert browser_of(None).get(address).status_code == 200


@pytest.mark.parametrize("page", ["content/item", "content/itemversion", "assessment/assignment"])
def test_filters_name_no_quiz_of_another_institution(north: Institution, page: str) -> None:
    assert named(browser_of(None), page) == OF_EVERYBODY
    of_north = {"mine-quiz"} if "assignment" in page else {"mine-quiz", "shared-quiz"}
    assert named(browser_of(north), page) == of_north


def named(client: Client, page: str) -> set[str]:
    text = client.get(f"/admin/{page}/").content.decode()
    return {slug for slug in OF_EVERYBODY if slug in text}
