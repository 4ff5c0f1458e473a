"""Short open answer (QTI 3 extendedTextInteraction), credited by a person against a rubric.

body: {"stem": str, "rubric": [{"level": "full" | "half" | "none", "idea": str, "example": str}],
"max_length": characters, "section": anchor or null}
answer: {"text": str} or {}
"""

from collections.abc import Mapping
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from content import rendering
from content.item_types import (
    Answer,
    Body,
    Category,
    Fields,
    FormSize,
    InvalidAnswer,
    Level,
    Outcome,
    Templates,
)
from content.marking import texts

KIND = "open_text"
LABEL = gettext_lazy("Open text")
HINT = gettext_lazy("The learner writes; a person decides by your rubric.")
SCORED = True
SHUFFLES = ()
ALWAYS_SHUFFLED = False
BY_RULE = False
PUBLISHABLE = ("reviewed", "approved")  # a person decides every credit, the rubric only guides
TEMPLATES = Templates(
    control="items/open_text/control.html",
    editor="items/open_text/editor.html",
    expected="items/open_text/expected.html",
    key="items/open_text/key.html",
)
PUBLIC = {"max_length": {"type": "integer", "description": "Of an open question, in characters."}}
ANSWER = {"text": {"type": "string", "description": "Of an open question."}}
ROW = ("level", "idea", "example")
DEFAULT_MAX_LENGTH = 2000
LONGEST = 20_000
CREDIT = {"full": Decimal(1), "half": Decimal("0.5"), "none": Decimal(0)}
LABELS = {"full": gettext_lazy("Full credit"), "half": gettext_lazy("Half credit"), "none": gettext_lazy("No credit")}


def problems(body: Body) -> list[str]:
    stem, rubric, longest = body.get("stem"), body.get("rubric"), body.get("max_length", DEFAULT_MAX_LENGTH)
    if not isinstance(rubric, list | tuple) or not all(_well_formed(line) for line in rubric):
        return ["Every line of the rubric needs a level (full, half or none) and an idea."]
    checks = {
        "The question has no text.": not isinstance(stem, str) or not stem.strip(),
        "The rubric names no answer that earns full credit.": all(line["level"] != "full" for line in rubric),
        f"The longest answer must have 1 to {LONGEST} characters.": type(longest) is not int
        or not 1 <= longest <= LONGEST,
    }
    return [text for text, wrong in checks.items() if wrong]


def warnings(body: Body, *, shuffled: bool) -> list[str]:
    few = len([line for line in body["rubric"] if line["level"] == "full"]) < 3
    none = all(line["level"] != "none" for line in body["rubric"])
    checks = {
        "The rubric names fewer than three ideas that earn full credit.": few,
        "The rubric names nothing that earns no credit.": none,
    }
    return [text for text, found in checks.items() if found]


def from_editor(fields: Fields) -> dict[str, Any]:
    """Rows of `rubric-level`, `rubric-idea` and `rubric-example`, in step; `max_length`. A row without idea is left
    out.
    """
    rows = zip_longest(*(fields.get(f"rubric-{name}", []) for name in ROW), fillvalue="")
    rubric = [dict(zip(ROW, row, strict=True)) for row in rows if row[1].strip()]
    typed = next(iter(fields.get("max_length", [])), "").strip()
    longest = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else DEFAULT_MAX_LENGTH
    return {"rubric": rubric or [{"level": "full", "idea": "", "example": ""}], "max_length": longest}


def guess(body: Body) -> Decimal | None:
    return Decimal(0)


def public(body: Body) -> dict[str, Any]:
    return {"stem": body["stem"], "max_length": _longest(body)}


def form_size(body: Body) -> FormSize:
    return FormSize(1, texts.ENCODED * _longest(body))


def from_form(body: Body, fields: Fields) -> Any:
    return next(iter(fields.get("", [])), None)


def to_form(body: Body, answer: Answer) -> dict[str, list[str]]:
    return {"": list(clean(body, answer).values())}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    text = raw.get("text") if isinstance(raw, Mapping) else raw
    if text is None:
        return {}
    if not isinstance(text, str):
        raise InvalidAnswer(_("The answer must be text."))
    if len(text) > texts.COMPOSITION * _longest(body):
        raise _too_long(body)
    text = texts.storable(text)
    if not text.strip():
        return {}
    if len(text) > _longest(body):
        raise _too_long(body)
    return {"text": text}


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
    return [rendering.plain(line["idea"]) for line in body["rubric"] if line["level"] == "full"]


def levels(body: Body) -> list[Level]:
    """Those of the rubric; full and no credit can always be given."""
    ideas = {level: [_idea(line) for line in body["rubric"] if line["level"] == level] for level in CREDIT}
    return [Level(name, LABELS[name], CREDIT[name], ideas[name]) for name in CREDIT if ideas[name] or name != "half"]


def key(body: Body) -> list[tuple[str, Decimal]]:
    return []


def categories(body: Body) -> list[Category]:
    return []


def categorise(body: Body, answer: Answer) -> list[str] | None:
    return None


def _longest(body: Body) -> int:
    return int(body.get("max_length", DEFAULT_MAX_LENGTH))


def _too_long(body: Body) -> InvalidAnswer:
    most = _longest(body)
    words = ngettext(
        "The answer is longer than {most} character.", "The answer is longer than {most} characters.", most
    )
    return InvalidAnswer(words.format(most=most))


def _idea(line: Mapping[str, Any]) -> dict[str, str]:
    return {"idea": rendering.plain(line["idea"]), "example": rendering.plain(line.get("example", ""))}


def _well_formed(line: object) -> bool:
    if not isinstance(line, Mapping) or not isinstance(line.get("level"), str) or line["level"] not in CREDIT:
        return False
    return isinstance(line.get("example", ""), str) and isinstance(line.get("idea"), str) and bool(line["idea"].strip())
