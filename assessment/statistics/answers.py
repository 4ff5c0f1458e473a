"""How often each answer was typed: kept up to date by folding, read ten at a time by an index."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product
from typing import NamedTuple
from uuid import UUID, uuid5

from django.db import connection

from assessment.models import AnswerCount, Assignment, StatisticsPart
from assessment.statistics.cells import SPACE

LONGEST = 200
SHOWN = 10


class Key(NamedTuple):
    institution: UUID
    assignment: UUID | None
    quiz: UUID
    item_version: UUID
    population: str
    answer: str

    @property
    def id(self) -> UUID:
        return uuid5(SPACE, "answer|" + "|".join(map(str, self)))


class Tally(Counter[Key]):
    """Changes of counts."""

    def count(self, assignment: Assignment, parts: Iterable[tuple[int, StatisticsPart]]) -> None:
        alike: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
        for sign, part in parts:
            for item, kept in part.counted["items"].items():
                for answer in {text[:LONGEST] for text in kept.get("a", ())}:
                    alike[item, answer, tuple(part.populations)] += sign
        institution, quiz = assignment.institution_id, assignment.quiz_id
        for (item, answer, populations), n in alike.items():
            for population, holder in product(populations, (assignment.pk, None)):
                self[Key(institution, holder, quiz, UUID(item), population, answer)] += n

    def write(self, *, over_all: bool) -> None:
        """Add the changes to the stored counts. The caller holds the lock of the cells of the same kind."""
        rows = [(key, n) for key, n in self.items() if n and (key.assignment is None) == over_all]
        if not rows:
            return
        columns = [[key.id for key, _ in rows], *zip(*(key for key, _ in rows), strict=True), [n for _, n in rows]]
        with connection.cursor() as cursor:
            cursor.execute(ADD, [list(column) for column in columns])
        if any(n < 0 for _, n in rows):
            AnswerCount.objects.filter(pk__in=[key.id for key, n in rows if n < 0], n=0).delete()


ADD = """
INSERT INTO assessment_answercount AS kept
    (id, institution_id, assignment_id, quiz_id, item_version_id, population, answer, n)
SELECT * FROM unnest(
    %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::bigint[]
)
ON CONFLICT (id) DO UPDATE SET n = kept.n + EXCLUDED.n
"""

MOST_FREQUENT = """
SELECT wanted.id, found.answer, found.n
FROM unnest(%s::uuid[]) AS wanted (id), LATERAL (
    SELECT answer, n FROM assessment_answercount
    WHERE {whose} AND item_version_id = wanted.id AND population = %s
    ORDER BY n DESC, answer LIMIT {shown}
) AS found
"""
OF_ASSIGNMENT = MOST_FREQUENT.format(whose="assignment_id = %s", shown=SHOWN)
OF_QUIZ = MOST_FREQUENT.format(whose="assignment_id IS NULL AND institution_id = %s AND quiz_id = %s", shown=SHOWN)


def most_frequent(
    items: Sequence[UUID], *, population: str, assignment: UUID | None, institution: UUID, quiz: UUID
) -> dict[UUID, list[tuple[str, int]]]:
    """Of each item the ten most frequent answers, each with its count."""
    found: dict[UUID, list[tuple[str, int]]] = {item: [] for item in items}
    if items:
        sql, holder = (OF_ASSIGNMENT, [assignment]) if assignment else (OF_QUIZ, [institution, quiz])
        with connection.cursor() as cursor:
            cursor.execute(sql, [list(items), *holder, population])
            for item, answer, n in cursor.fetchall():
                found[item].append((answer, n))
    return found
