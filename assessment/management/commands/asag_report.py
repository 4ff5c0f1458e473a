"""`manage.py asag_report`: how the tiers of suggestions agree with people on a corpus of marked answers."""

import secrets
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessment.suggesting import awarding, corpus, embeddings, endpoint, ideas, measuring, proposals, words
from assessment.suggesting.corpus import Marked, Question

Suggested = list[tuple[Question, Marked, float | None]]
SHARES = (0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True)
class Tier:
    name: str
    suggested: Suggested

    @property
    def covered(self) -> list[tuple[Question, Marked, float]]:
        return [(question, answer, credit) for question, answer, credit in self.suggested if credit is not None]


class Command(BaseCommand):
    help = "Compare the tiers of suggestions with the marks that people gave, on the SAF corpus."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--corpus", type=Path, default=Path("../shared/corpora/saf"))
        parser.add_argument("--answers", type=int, help="Only so many of each question.")

    def handle(self, *args: Any, corpus: Path, answers: int | None, **options: Any) -> None:
        questions = _read(corpus, answers)
        n = sum(len(question.answers) for question in questions)
        self.stdout.write(f"{len(questions)} questions, {n} answers of {corpus}.\n\n")
        for line in [*_suggesting(questions), "", *_ordering(questions), "", *_opening(questions)]:
            self.stdout.write(line)


def _read(folder: Path, most: int | None) -> list[Question]:
    try:
        found = corpus.read(folder)
    except FileNotFoundError as error:
        raise CommandError(str(error)) from error
    return [Question(one.id, one.text, one.reference, one.answers[:most]) for one in found]


def _suggesting(questions: Sequence[Question]) -> list[str]:
    """Each tier on the answers for which it suggests a credit, beside the majority on those same answers."""
    head = ["tier", "answers", "of all", "exact", "QWK", "r", "full right", "wrong denials", "majority: exact"]
    return _table(head, [_row(tier) for tier in _tiers(questions)])


def _tiers(questions: Sequence[Question]) -> list[Tier]:
    tiers = [
        Tier("most frequent mark of the question", _majority(questions)),
        Tier("blank", _by(questions, lambda question, text: None if text else 0.0)),
        Tier("same answer", _same_answer(questions)),
        Tier("ideas", _by(questions, _ideas)),
    ]
    return [*tiers, Tier("model", _by(questions, _model))] if endpoint.is_configured() else tiers


def _row(tier: Tier) -> list[str]:
    covered = tier.covered
    given = [answer.score for _, answer, _ in covered]
    found = measuring.agreement(given, [credit for _, _, credit in covered])
    usual = measuring.agreement(given, _usual(covered))
    part = found.n / len(tier.suggested) if tier.suggested else None
    figures = [part, found.exact, found.qwk, found.r, found.full_right]
    return [tier.name, str(found.n), *map(_figure, figures), str(found.denied), _figure(usual.exact)]


def _usual(covered: Sequence[tuple[Question, Marked, float]]) -> list[float]:
    usual = {question.id: _most_frequent(question) for question, _, _ in covered}
    return [usual[question.id] for question, _, _ in covered]


def _majority(questions: Sequence[Question]) -> Suggested:
    return [(question, answer, _most_frequent(question)) for question in questions for answer in question.answers]


def _most_frequent(question: Question) -> float:
    return measuring.most_frequent([answer.score for answer in question.answers])[0]


def _by(questions: Sequence[Question], credit: Callable[[Question, str], float | None]) -> Suggested:
    return [(question, answer, credit(question, answer.text)) for question in questions for answer in question.answers]


def _same_answer(questions: Sequence[Question]) -> Suggested:
    """As if people marked one answer after the other."""
    found: Suggested = []
    for question in questions:
        marks: dict[str, set[float]] = defaultdict(set)
        for answer in question.answers:
            before = marks[words.normal_form(answer.text)]
            found.append((question, answer, next(iter(before)) if len(before) == 1 else None))
            before.add(answer.score)
    return found


def _ideas(question: Question, text: str) -> float | None:
    credit = ideas.judge(question.body, text).credit
    return None if credit is None else float(credit)


def _model(question: Question, text: str) -> float | None:
    lines = ideas.lines(question.body)
    messages = proposals.messages(question=question.text, lines=lines, text=text, mark=secrets.token_hex(8))
    try:
        met = proposals.read(endpoint.ask(messages), lines=len(lines), text=text)
    except (endpoint.Unavailable, proposals.Unusable):
        return None
    return 1.0 if met else None


def _ordering(questions: Sequence[Question]) -> list[str]:
    """The measures that could order a queue: what they say of the best and the worst answers."""
    given = [answer.score for question in questions for answer in question.answers]
    head = ["measure", "r", *(f"full in top {share:.0%}" for share in SHARES), "full in lowest 2%", "in lowest 10%"]
    rows = []
    for name, measure in _measures():
        scores = [measure(question, answer.text) for question in questions for answer in question.answers]
        best = [measuring.full_in_top(given, scores, share) for share in SHARES]
        worst = [measuring.full_in_bottom(given, scores, share) for share in (0.02, 0.1)]
        rows.append([name, *map(_figure, [measuring.agreement(given, scores).r, *best, *worst])])
    return _table(head, [*rows, ["all answers", "–", *[_figure(measuring.full_in_top(given, given, 1))] * 6]])


def _measures() -> list[tuple[str, Callable[[Question, str], float]]]:
    words_only: list[tuple[str, Callable[[Question, str], float]]] = [("words in common", _overlap), ("ideas", _share)]
    return [*words_only, ("embeddings", _closeness)] if embeddings.folder() else words_only


def _overlap(question: Question, text: str) -> float:
    wanted = words.plain_words(question.reference)
    wanted = wanted - words.plain_words(question.text) or wanted
    return len(wanted & words.plain_words(text)) / len(wanted)


def _share(question: Question, text: str) -> float:
    line = ideas.lines(question.body)[0]
    return ideas.share(line, words.content_words(text), words.plain_words(question.text))


def _closeness(question: Question, text: str) -> float:
    one, other = _vector(question.reference), embeddings.vector(text)
    return 0.0 if one is None or other is None else float(one @ other)


@lru_cache(maxsize=1)
def _vector(reference: str) -> embeddings.Vectors | None:
    return embeddings.vector(reference)


def _opening(questions: Sequence[Question]) -> list[str]:
    """Whether full credit without a person would have opened, had people confirmed every suggestion of full credit."""
    lines = []
    for tier in _tiers(questions)[2:]:
        opened = sum(_opens(tier, question) for question in questions)
        lines.append(f"Automatic award by “{tier.name}” opens for {opened} of {len(questions)} questions.")
    return lines


def _opens(tier: Tier, question: Question) -> bool:
    right: dict[str, bool] = {}
    for of, answer, credit in tier.covered:
        if of.id == question.id and credit == 1:
            form = words.normal_form(answer.text)
            right[form] = right.get(form, True) and answer.score == 1
    return awarding.Standing(len(right), sum(right.values())).open


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]]
