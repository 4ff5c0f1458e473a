"""Questions of every kind with texts of every character, for tests that write a format and read it again."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from content.drafts import ItemDraft
from content.formats.reading import Draft, Source
from content.formats.table import Format

SPECIAL = "~=#{}:\\n*_`[]<>$|&%'\"-+.!?()/@,; \n\t1aZé日🙂"
TRICKY = [
    "- [x] a",
    "## b",
    "> c",
    "= d",
    "```",
    "### Text",
    "[[a]]",
    "TRUE",
    "{#3}",
    "-> e",
    "'=1+1",
    "A) f",
    "ANSWER: B",
]
characters = st.one_of(
    st.sampled_from(SPECIAL),
    st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp", "Co"], exclude_characters="\ufeff\ufffd"),
)
texts = st.one_of(
    st.text(characters, min_size=1, max_size=30), st.lists(st.sampled_from(TRICKY), max_size=3).map("\n".join)
).map(str.strip)
some = texts.filter(bool)
lines = some.map(lambda text: " ".join(text.split())).filter(bool)
shares = st.sampled_from([0, 0.25, 0.3333333, 0.5, 0.8333333, 1])
signed = st.sampled_from([-1, -0.3333333, 0, 0.25, 0.5, 1])
numbers = st.one_of(
    st.integers(-(10**9), 10**9), st.floats(-1e6, 1e6, allow_nan=False).map(lambda n: int(n) if n == int(n) else n)
)
IDS = "abcdefgh"


def reading(part: dict[str, Any]) -> str:
    return " ".join(str(part.get("text", part.get("label"))).split()).casefold()


def rows(least: int, most: int, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Parts named a, b, c in their order."""
    named = st.lists(st.fixed_dictionaries(parts), min_size=least, max_size=most, unique_by=reading)
    return named.map(lambda found: [{"id": IDS[at], **part} for at, part in enumerate(found)])


def body(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"stem": some, **parts}, optional={"feedback": some})


def texted(least: int = 1) -> st.SearchStrategy[list[dict[str, Any]]]:
    answer = {"text": lines, "credit": shares, "match": st.just("exact"), "feedback": texts}
    return st.lists(st.fixed_dictionaries(answer), min_size=least, max_size=3)


value = st.fixed_dictionaries({"value": numbers, "credit": shares, "feedback": texts})
interval = st.tuples(numbers, numbers).map(sorted).map(lambda ends: {"min": ends[0], "max": ends[1]})
margin = numbers.map(abs).filter(bool).map(lambda size: {"tolerance": {"type": "absolute", "value": size}})
numeric_answers = st.lists(
    st.one_of(
        value,
        st.tuples(value, margin).map(lambda parts: parts[0] | parts[1]),
        st.tuples(value, interval).map(lambda parts: {n: v for n, v in parts[0].items() if n != "value"} | parts[1]),
    ),
    min_size=1,
    max_size=3,
)
pairs = st.lists(st.tuples(some, lines), min_size=2, max_size=4, unique_by=(lambda pair: pair[1],))
rubric = st.lists(
    st.fixed_dictionaries({"level": st.sampled_from(["full", "half", "none"]), "idea": some, "example": texts}),
    max_size=3,
).map(lambda found: [{"level": "full", "idea": "It is right", "example": ""}, *found])


def matched(found: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "prompts": [{"id": f"p{n}", "text": p, "match": IDS[n - 1]} for n, (p, _c) in enumerate(found, start=1)],
        "choices": [{"id": IDS[n], "text": c} for n, (_p, c) in enumerate(found)],
    }


options = {"text": some, "rationale": texts}
gaps = st.fixed_dictionaries(
    {},
    optional={
        "weight": st.sampled_from([2, 3]),
    },
).flatmap(
    lambda weight: st.one_of(
        rows(1, 3, credit=shares, **options).map(lambda found: {"kind": "dropdown", "options": found, **weight}),
        texted().map(lambda found: {"kind": "text", "answers": found, **weight}),
        numeric_answers.map(lambda found: {"kind": "number", "answers": found, **weight}),
    )
)


def clozed(found: list[Any]) -> dict[str, Any]:
    around, parts = found
    text = "".join(f"{before} [[{IDS[at]}]] " for at, (before, _gap) in enumerate(zip(around, parts, strict=False)))
    return {"text": text.strip(), "gaps": [{"id": IDS[at], **gap} for at, gap in enumerate(parts)]}


def keyed(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Options of which the first is right and the last is wrong."""
    return [{**found[0], "credit": 1}, *found[1:-1], {**found[-1], "credit": 0}]


BODIES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "choice": body(options=rows(2, 4, credit=shares, **options).map(lambda found: keyed(found))),
    "true_false": body(correct=st.booleans(), rationales=st.fixed_dictionaries({"true": texts, "false": texts})),
    "multiple_response": body(
        options=rows(2, 4, credit=signed, **options),
        scoring=st.sampled_from(["all_or_nothing", "right_minus_wrong", "per_option"]),
    ),
    "short_text": body(answers=texted(), case_sensitive=st.booleans()),
    "numeric": body(answers=numeric_answers),
    "matching": st.tuples(body(scoring=st.sampled_from(["per_pair", "all_or_nothing"])), pairs).map(
        lambda parts: parts[0] | matched(parts[1])
    ),
    "ordering": body(
        entries=rows(2, 4, text=some), scoring=st.sampled_from(["exact", "adjacent_pairs", "position"])
    ).map(lambda found: {**found, "key": [entry["id"] for entry in found["entries"]]}),
    "cloze": st.tuples(body(), st.lists(some, min_size=3, max_size=3), st.lists(gaps, min_size=1, max_size=3)).map(
        lambda parts: parts[0] | clozed([parts[1], parts[2]])
    ),
    "hotspot": body(
        image=st.just("media:" + "0" * 64),
        alt=some,
        width=st.just(640),
        height=st.just(480),
        areas=st.lists(
            st.fixed_dictionaries(
                {
                    "shape": st.just("rect"),
                    "coords": st.just([1, 2, 30, 40]),
                    "label": some,
                    "credit": st.sampled_from([0, 1]),
                    "rationale": texts,
                }
            ),
            min_size=1,
            max_size=3,
        ).map(lambda found: [{"id": IDS[at], **area} for at, area in enumerate(found)]),
        max_choices=st.just(1),
    ),
    "open_text": body(rubric=rubric, max_length=st.integers(1, 20_000)),
    "file_upload": body(
        rubric=rubric, types=st.just([".pdf", ".png"]), max_size=st.just(1_000_000), max_files=st.integers(1, 3)
    ),
    "description": body(),
}


def drafted(kind: str, found: dict[str, Any], identifier: str = "q1", **more: Any) -> ItemDraft:
    points = Decimal(0) if kind == "description" else Decimal(1)
    state = "reviewed" if kind in ("open_text", "file_upload") else "approved"
    return ItemDraft(identifier, kind, found, **{"points": points, "key_state": state, **more})


def again(format: Format, *items: ItemDraft, name: str = "again.txt") -> tuple[Draft, list[Any]]:
    """The items as they come back, and what the writer says is lost."""
    assert format.write is not None
    written = format.write(Draft(list(items)))
    return format.read(Source(name, written.data)), list(written.losses)
