"""The editor of every kind, without script and half written."""

import re
from html import unescape

import pytest

from content import item_types
from tests import every_kind
from tests.cast import Cast
from tests.pages.conftest import Visit
from tests.pages.test_room import Room, behind_launch


@pytest.fixture
def room(cast: Cast) -> Room:
    return behind_launch(Visit(cast.tess))


@pytest.mark.parametrize("kind", item_types.KINDS)
def test_every_button_for_another_row_adds_an_empty_one_where_it_stands(room: Room, kind: str) -> None:
    quiz = room.new()
    item = room.add(quiz, kind)
    item.body = every_kind.body(kind)
    item.save()
    page = room.get(f"checks/{quiz.pk}/?open={item.pk}").content.decode()
    for button, rows in lists(page).items():
        grown = lists(room.save(quiz, item, {"more": button}).content.decode())
        assert grown == lists(page) | {button: rows + 1}


def lists(page: str) -> dict[str, int]:
    """How many rows each list has, by what its button says."""
    found = [text for text in re.findall(r"<fieldset.*?</fieldset>", page, re.DOTALL) if 'name="more"' in text]
    buttons = [re.findall(r'name="more" value="([^"]+)"', text)[0] for text in found]
    assert len(set(buttons)) == len(buttons)
    return {unescape(button): text.count("data-row>") for button, text in zip(buttons, found, strict=True)}


@pytest.mark.parametrize("kind", item_types.KINDS)
def test_question_that_is_not_begun_yet_is_shown_with_what_it_lacks(room: Room, kind: str) -> None:
    quiz = room.new()
    item = room.add(quiz, kind)
    shown = room.get(f"checks/{quiz.pk}/?open={item.pk}")
    assert shown.status_code == 200
    assert "Before it can be published" in shown.content.decode()
    assert room.get(f"checks/{quiz.pk}/preview").status_code == 200
