"""What every kind of question offers: the shapes and the protocol that the modules of `content.item_types` follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain, count
from math import isfinite
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Body = Mapping[str, Any]
Answer = Mapping[str, Any]
Fields = Mapping[str, Sequence[str]]  # the form fields of a question: `answer-<id>` is "", `answer-<id>-<part>` is part


class InvalidAnswer(ValueError):
    """The answer has not the shape that the item asks for."""


@dataclass(frozen=True)
class Outcome:
    """What a rule says of an answer. `credit` is the share of the points, 0 to 1; None: a person decides."""

    credit: Decimal | None
    tier: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Category:
    """A bucket in which statistics count answers, such as an option. `keyed`: it earns full credit.

    `rationale`: why it is right or not, in Markdown, where the author said so.
    """

    id: str
    label: str
    keyed: bool = False
    rationale: str = ""


@dataclass(frozen=True)
class Level:
    """A credit that a person can choose, with the ideas that earn it: [{"idea", "example"}]."""

    id: str
    label: str | Promise
    credit: Decimal
    ideas: Sequence[Mapping[str, str]] = ()


ALL_OR_NOTHING = (Level("full", _("Full credit"), Decimal(1)), Level("none", _("No credit"), Decimal(0)))


@dataclass(frozen=True)
class Templates:
    """What draws a kind. Each finds `question` (or `item`) as `assessment.sheets` makes it, and `content_lang`.

    `control` takes the answer: its fields are `answer-<item version>` and `answer-<item version>-<part>`, and
    `field.fields` holds what stands in them. `answer` shows what was answered, to learner and teacher alike; `expected`
    what would have been right, in `feedback.expected`; `key` shows the person who marks what earns credit. `editor`
    takes `body`, as it stands, and the prefix of its field names, `name`. `paper` is the room for the answer on a
    printed sheet, and `paper_key` what the teacher's key sheet says in its place, from the whole `body`.
    """

    control: str
    editor: str = ""
    answer: str = "items/answer.html"
    expected: str = "items/expected.html"
    key: str = "items/key.html"
    paper: str = "items/paper.html"
    paper_key: str = "items/paper_key.html"


@dataclass(frozen=True)
class FormSize:
    """The most that an honest answer takes in a form: fields, and bytes as browsers encode them."""

    fields: int
    size: int


class ItemType(Protocol):
    """What a module `content/item_types/<kind>.py` offers."""

    KIND: str
    LABEL: str | Promise  # as authors read it: "Single choice"
    HINT: str | Promise  # when to use it, in one line
    SCORED: bool  # False: text between questions, without points or answer
    SHUFFLES: tuple[str, ...]  # the lists in a body, of {"id", "pinned"?}, whose order may be drawn for each learner
    ALWAYS_SHUFFLED: bool  # True: also where the author asked for no shuffling, since the printed order is the key
    BY_RULE: bool  # True: `mark` always decides once the key is approved; False: it may leave an answer to a person
    PUBLISHABLE: tuple[str, ...]  # the key states in which an item of this kind may be published
    TEMPLATES: Templates
    PUBLIC: dict[str, Any]  # JSON schema of what `public` adds to `stem`, by property
    ANSWER: dict[str, Any]  # JSON schema of an answer, by property

    def problems(self, body: Body) -> list[str]:
        """What is wrong with the body and its key, in words for its author; empty when it can be published."""

    def warnings(self, body: Body, *, shuffled: bool) -> list[str]:
        """What a careful author would look at again before publishing; blocks nothing."""

    def from_editor(self, fields: Fields) -> dict[str, Any]:
        """The body that the fields of its editor say, without `stem`, `section` and `parameters`. Total: nothing at all
        gives the body of a new question; an unfit value is kept or left out, and `problems` names it.
        """

    def guess(self, body: Body) -> Decimal | None:
        """The credit that random answers earn on average, 0 to 1; None where that cannot be said."""

    def public(self, body: Body) -> dict[str, Any]:
        """The part a learner may see before feedback: `stem` and more, never the key, a credit or a rationale."""

    def form_size(self, body: Body) -> FormSize:
        """How large the answer can be in a form."""

    def from_form(self, body: Body, fields: Fields) -> Any:
        """What the fields of its control say, for `clean`. Total."""

    def from_paper(self, body: Body, written: str) -> Any:
        """What somebody wrote beside the printed question, for `clean`; never blank. Raises InvalidAnswer."""

    def to_form(self, body: Body, answer: Answer) -> dict[str, list[str]]:
        """The fields that say this answer: `clean` of `from_form` gives it back. Raises InvalidAnswer."""

    def clean(self, body: Body, raw: Any) -> dict[str, Any]:
        """The answer in its stored shape from JSON or `from_form`; `{}` where it is blank. Raises InvalidAnswer."""

    def mark(self, body: Body, answer: Answer) -> Outcome:
        """Apply the key. Called only for a published item. Raises InvalidAnswer."""

    def text(self, body: Body, answer: Answer) -> str:
        """The answer in plain text; empty where it is blank. Raises InvalidAnswer."""

    def rationale(self, body: Body, answer: Answer) -> str:
        """Why what was answered is right or not, in Markdown. Raises InvalidAnswer."""

    def expected(self, body: Body) -> list[str]:
        """What earns full credit, in plain text."""

    def levels(self, body: Body) -> Sequence[Level]:
        """The credits between which a person chooses who marks the answer, the highest first."""

    def key(self, body: Body) -> list[tuple[str, Decimal]]:
        """What a rule credits, in plain text with its share of the points; empty where no rule decides."""

    def categories(self, body: Body) -> list[Category]:
        """Every category in printed order; empty where answers are not counted by category."""

    def categorise(self, body: Body, answer: Answer) -> list[str] | None:
        """The categories in which this answer counts: several, one, `[""]` for a blank; None: it is not counted.

        Raises InvalidAnswer.
        """


def percent(text: str) -> float:
    """What an author typed as a percentage, as a share: "50" is 0.5; nothing and nonsense are 0."""
    try:
        share = float(text.replace(",", ".").strip().rstrip("%")) / 100
    except ValueError:
        return 0
    return round(share, 7) if isfinite(share) else 0


def new_id(taken: Sequence[str], position: int) -> str:
    """A short id for the part of a question at this position, from 0: a letter where it is free."""
    names = chain([chr(ord("a") + position)] if position < 26 else [], (f"p{n}" for n in count(position + 1)))
    return next(name for name in names if name not in taken)
