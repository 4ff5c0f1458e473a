"""What a careful colleague would say of a check before it is published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from content import item_types, publishing, rendering, variants, writing
from content.drafts import ItemDraft
from content.models import Quiz
from content.publishing import PublishingBlocked, Reason

LONGEST_WORD = 6  # letters; a longer word counts as long (LIX)
HARD_TO_READ = 60


@dataclass(frozen=True)
class CheckList:
    """What stands in the way of publishing, and what to look at again."""

    errors: Sequence[Reason]
    warnings: Sequence[Reason]


def of(quiz: Quiz) -> CheckList:
    """Keys that are only proposed count as confirmed, since publishing confirms them."""
    draft, given_out = writing.open_draft(quiz), writing.layout(quiz)
    questions = writing.confirmed(writing.drafts(quiz), None)
    errors = publishing.quiz_reasons(quiz.slug, draft["title"], questions, given_out)
    try:
        writing.lesson_version(quiz, draft["lesson"])
    except PublishingBlocked as blocked:
        errors += blocked.reasons
    wrong = {reason.item for reason in errors}
    warnings = [
        Reason(one.identifier, text)
        for one in questions
        if one.identifier not in wrong
        for text in _warnings(one, given_out.shuffle_options)
    ]
    return CheckList(errors, warnings)


def _warnings(draft: ItemDraft, shuffled: bool) -> list[str]:
    kind, body = item_types.get(draft.kind), variants.sample(draft.body)
    found = kind.warnings(body, shuffled=shuffled and bool(body.get("shuffle", True)))
    return found + _text_warnings(body)


def _text_warnings(body: Mapping[str, Any]) -> list[str]:
    texts, stem = list(rendering.strings(body)), rendering.plain(body["stem"])
    blind = any(not alt.strip() for text in texts for _src, alt in rendering.pictures(text))
    hard = len(stem.split()) >= 20 and lix(stem) > HARD_TO_READ
    checks = {
        "A picture has no text for those who cannot see it.": blind,
        "The question is hard to read: shorter sentences and words help.": hard,
    }
    return [text for text, wrong in checks.items() if wrong]


def lix(text: str) -> float:
    """The readability index LIX (Björnsson 1968): words per sentence and the percentage of long words."""
    words = text.split()
    sentences = max(1, sum(text.count(mark) for mark in ".:!?"))
    long_words = sum(1 for word in words if len(word.strip(".,:;!?()\"'")) > LONGEST_WORD)
    return len(words) / sentences + 100 * long_words / len(words) if words else 0.0
