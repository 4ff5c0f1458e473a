"""Puts like answers together, so that a person can confirm them together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assessment.models import Response
from assessment.suggesting import embeddings, suggestions, words

MOST_FORMS = 300  # different answers that are compared with each other; the rest stay alone
OVERLAP = 0.75  # share of all their words that two answers have in common
CLOSE = 0.9  # cosine


@dataclass
class Group:
    """Answers that read alike. The first is the one to show; `same` are those that say it in the same form."""

    responses: list[Response] = field(default_factory=list)
    same: int = 0

    @property
    def all_same(self) -> bool:
        return self.same == len(self.responses)


def groups(responses: Iterable[Response]) -> list[Group]:
    """The answers to one question, the largest group first; each with its item at hand.

    In a group stand answers with the same normal form, then those that share most of their words or mean nearly the
    same. What one affirms and the other denies is never together.
    """
    by_form: dict[str, list[Response]] = defaultdict(list)
    for response in responses:
        by_form[suggestions.form_of(response) or str(response.pk)].append(response)
    alike = sorted(by_form.values(), key=len, reverse=True)
    vectors = {pk: one.vector for pk, one in suggestions.of(members[0] for members in alike[:MOST_FORMS]).items()}
    near = _near([_Said.of(members[0], vectors.get(members[0].pk)) for members in alike[:MOST_FORMS]])
    made = [_group([alike[at] for at in together]) for together in near]
    made += [_group([members]) for members in alike[MOST_FORMS:]]
    return sorted(made, key=lambda group: -len(group.responses))


def _group(forms: Sequence[list[Response]]) -> Group:
    return Group([response for members in forms for response in members], same=len(forms[0]))


@dataclass(frozen=True)
class _Said:
    """`fixed`: what two near answers must have in common, which is what they deny, and their numbers."""

    words: frozenset[str]
    fixed: frozenset[str]
    vector: embeddings.Vectors | None

    @classmethod
    def of(cls, response: Response, packed: "bytes | memoryview[int] | None") -> "_Said":
        said = words.content_words(suggestions.text_of(response)) if suggestions.is_text(response) else set()
        fixed = (word for word in said if word.startswith(words.DENIED) or any(map(str.isdigit, word)))
        return cls(frozenset(said), frozenset(fixed), None if packed is None else embeddings.unpacked(packed))

    def is_near(self, other: "_Said") -> bool:
        if not self.words or not other.words or self.fixed != other.fixed:
            return False
        overlap = len(self.words & other.words) / len(self.words | other.words)
        return overlap >= OVERLAP or self._is_close(other)

    def _is_close(self, other: "_Said") -> bool:
        if self.vector is None or other.vector is None or len(self.vector) != len(other.vector):
            return False
        return float(self.vector @ other.vector) >= CLOSE


def _near(said: Sequence[_Said]) -> list[list[int]]:
    """Their places, put together with the first that each is near."""
    found: list[list[int]] = []
    for at, one in enumerate(said):
        home = next((group for group in found if said[group[0]].is_near(one)), None)
        if home is None:
            found.append([at])
        else:
            home.append(at)
    return found
