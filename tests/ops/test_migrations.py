"""Migrations can be taken back, with what they put into the database by hand."""

import pytest
from django.db import connection

from tests.migrations import taken_back

GUARDS = {
    *("mark_is_append_only", "answer_is_frozen", "response_is_gone", "mark_is_gone", "attempt_is_preview"),
    *("group_change_is_noted_on_joining", "group_change_is_noted_on_leaving"),
}


@pytest.mark.django_db(transaction=True)
def test_triggers_of_content_and_assessment_can_be_taken_back_and_put_again() -> None:
    assert (_of_versions(), _of_assessment()) == (4, GUARDS)
    with taken_back("assessment", "content"):
        assert (_of_versions(), _of_assessment()) == (0, set())
    assert (_of_versions(), _of_assessment()) == (4, GUARDS)


def _of_versions() -> int:
    return len(_names("tgname = 'immutable_version'"))


def _of_assessment() -> set[str]:
    return set(_names("proname LIKE 'assessment_%' AND NOT tgisinternal"))


def _names(which: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tgname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid WHERE {which}")
        return [name for (name,) in cursor.fetchall()]
