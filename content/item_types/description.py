"""Text between the questions; nothing is answered or marked (QTI 3: an item without interaction).

body: {"stem": str, "section": anchor or null}
answer: always {}
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.item_types import Answer, Body, Category, Fields, FormSize, InvalidAnswer, Level, Outcome, Templates
from content.marking import parts

KIND = "description"
LABEL = gettext_lazy("Text")
HINT = gettext_lazy("Text or a picture between the questions, without answer or points.")
SCORED = False
SHUFFLES: tuple[str, ...] = ()
ALWAYS_SHUFFLED = False
BY_RULE = True
PUBLISHABLE = ("unkeyed", "proposed", "reviewed", "approved")  # there is no key
TEMPLATES = Templates(control="items/description/control.html", editor="items/description/editor.html")
PUBLIC: dict[str, Any] = {}
ANSWER: dict[str, Any] = {}


def problems(body: Body) -> list[str]:
    return ["The text is empty."] if parts.no_stem(body) else []


def warnings(body: Body, *, shuffled: bool) -> list[str]:
    return []


def from_editor(fields: Fields) -> dict[str, Any]:
    return {}


def guess(body: Body) -> Decimal | None:
    return None


def public(body: Body) -> dict[str, Any]:
    return {"stem": body["stem"]}


def form_size(body: Body) -> FormSize:
    return FormSize(0, 0)


def from_form(body: Body, fields: Fields) -> Any:
    return next(iter(fields.get("", [])), None)


def from_paper(body: Body, written: str) -> Any:
    return written


def to_form(body: Body, answer: Answer) -> dict[str, list[str]]:
    clean(body, answer)
    return {}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    if raw and not (isinstance(raw, Mapping) and not any(raw.values())):
        raise InvalidAnswer(_("Nothing is asked here."))
    return {}


def mark(body: Body, answer: Answer) -> Outcome:
    clean(body, answer)
    return Outcome(Decimal(0), "none")


def text(body: Body, answer: Answer) -> str:
    clean(body, answer)
    return ""


def rationale(body: Body, answer: Answer) -> str:
    clean(body, answer)
    return ""


def expected(body: Body) -> list[str]:
    return []


def levels(body: Body) -> tuple[Level, ...]:
    return ()


def key(body: Body) -> list[tuple[str, Decimal]]:
    return []


def categories(body: Body) -> list[Category]:
    return []


def categorise(body: Body, answer: Answer) -> list[str] | None:
    clean(body, answer)
    return None
