"""Short open answer (QTI 3 extendedTextInteraction), credited by a person against a rubric.

body: {"stem": str, "rubric": [{"level": "full" | "half" | "none", "idea": str, "example": str}],
"max_length": characters, "section": anchor or null}
answer: {"text": str} or {}
"""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy

from content.item_types import (
    Answer,
    Body,
    Category,
    Fields,
    FormSize,
    Level,
    Outcome,
    Templates,
)
from content.marking import parts, rubric, texts

KIND = "open_text"
LABEL = gettext_lazy("Open text")
HINT = gettext_lazy("The learner writes; a person decides by your rubric.")
SCORED = True
SHUFFLES = ()
ALWAYS_SHUFFLED = False
BY_RULE = False
PUBLISHABLE = ("reviewed", "approved")  # a person decides every credit, the rubric only guides
INTERACTION = "long-fill-in"
TEMPLATES = Templates(
    control="items/open_text/control.html",
    editor="items/open_text/editor.html",
    expected="items/open_text/expected.html",
    key="items/open_text/key.html",
    paper="items/open_text/paper.html",
)
PUBLIC = {"max_length": {"type": "integer", "description": "Of an open question, in characters."}}
ANSWER = {"text": {"type": "string", "description": "Of an open question."}}
DEFAULT_MAX_LENGTH = 2000
LONGEST = 20_000


def problems(body: Body) -> list[str]:
    longest = body.get("max_length", DEFAULT_MAX_LENGTH)
    checks = {
        "The question has no text.": parts.no_stem(body),
        f"The longest answer must have 1 to {LONGEST} characters.": type(longest) is not int
        or not 1 <= longest <= LONGEST,
    }
    return [*rubric.problems(body), *(text for text, wrong in checks.items() if wrong)]


def warnings(body: Body, *, shuffled: bool) -> list[str]:
    return rubric.warnings(body)


def from_editor(fields: Fields) -> dict[str, Any]:
    """The rows of a rubric (content.marking.rubric); `max_length`."""
    longest = parts.whole(parts.first(fields, "max_length"), DEFAULT_MAX_LENGTH)
    return {"rubric": rubric.from_editor(fields), "max_length": longest}


def guess(body: Body) -> Decimal | None:
    return Decimal(0)


def public(body: Body) -> dict[str, Any]:
    return {"stem": body["stem"], "max_length": _longest(body)}


def form_size(body: Body) -> FormSize:
    return FormSize(1, texts.ENCODED * _longest(body))


def from_form(body: Body, fields: Fields) -> Any:
    return next(iter(fields.get("", [])), None)


def from_paper(body: Body, written: str) -> Any:
    return written


def to_form(body: Body, answer: Answer) -> dict[str, list[str]]:
    return {"": list(clean(body, answer).values())}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    return texts.answer(raw, longest=_longest(body), storable=texts.storable)


def mark(body: Body, answer: Answer) -> Outcome:
    """A blank answer earns nothing; every other one waits for a person."""
    if not clean(body, answer):
        return Outcome(Decimal(0), "blank")
    return Outcome(None, "person")


def text(body: Body, answer: Answer) -> str:
    return str(clean(body, answer).get("text", ""))


def rationale(body: Body, answer: Answer) -> str:
    return ""


def expected(body: Body) -> list[str]:
    return rubric.expected(body)


def levels(body: Body) -> list[Level]:
    return rubric.levels(body)


def key(body: Body) -> list[tuple[str, Decimal]]:
    return []


def categories(body: Body) -> list[Category]:
    return []


def categorise(body: Body, answer: Answer) -> list[str] | None:
    return None


def _longest(body: Body) -> int:
    return int(body.get("max_length", DEFAULT_MAX_LENGTH))
