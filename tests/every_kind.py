"""One question of every kind: what its author types, and answers to it with what they earn."""

import struct
import zlib
from decimal import Decimal
from typing import Any

from content import item_types
from content.drafts import ItemDraft
from content.formats.reading import Media

WIDTH, HEIGHT = 240, 120


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _png() -> bytes:
    """A field of which the left half is green and the right half is blue."""
    row = b"\x00" + bytes((60, 150, 60)) * (WIDTH // 2) + bytes((60, 90, 200)) * (WIDTH // 2)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(row * HEIGHT)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


PICTURE = Media("field.png", "image/png", _png())
PICTURE_TEXT = "A field, green on the left and blue on the right"
RUBRIC = {
    "rubric-level": ["full", "none"],
    "rubric-idea": ["It names light and water", "It names nothing that a plant needs"],
    "rubric-example": ["Light and water.", "I do not know."],
}

STEMS = {
    "choice": "Which river flows through **Cologne**?",
    "true_false": "Whales are mammals.",
    "multiple_response": "Which of these numbers are prime?",
    "short_text": "What is the capital of France?",
    "numeric": "A car drives 50 m in 4 s. How fast is it, in m/s?",
    "matching": "What belongs together?",
    "ordering": "Put the life of a plant in order.",
    "cloze": "Fill in what is missing.",
    "hotspot": "Where is the grass?",
    "open_text": "What does a plant need to grow?",
    "file_upload": "Hand in your drawing of a plant.",
    "description": "The next questions are about *plants*.",
}

# What is typed into the fields of each editor; after each step but the last the author saves, and new fields appear.
TYPED: dict[str, list[dict[str, list[str]]]] = {
    "choice": [
        {
            "option-text": ["The Elbe", "The Rhine", "The Danube", "The Main"],
            "option-credit": ["0", "100", "0", "0"],
            "option-rationale": ["It flows through Hamburg.", "It does.", "It flows through Vienna.", "Not that far."],
        }
    ],
    "true_false": [
        {"correct": ["true"], "rationale-true": ["They breathe air."], "rationale-false": ["Fish lay eggs."]}
    ],
    "multiple_response": [
        {
            "option-text": ["2", "4", "7", "9"],
            "option-credit": ["100", "0", "100", "0"],
            "option-rationale": ["Even, and prime.", "2 times 2.", "Prime.", "3 times 3."],
            "scoring": ["right_minus_wrong"],
        }
    ],
    "short_text": [
        {
            "answer-text": ["Paris", "Lutetia"],
            "answer-credit": ["100", "50"],
            "answer-match": ["exact", "exact"],
            "answer-feedback": ["On the Seine.", "That was its name in Roman times."],
        }
    ],
    "numeric": [
        {
            "answer-value": ["12.5", "200"],
            "answer-tolerance_type": ["absolute", ""],
            "answer-tolerance": ["0.1", ""],
            "answer-credit": ["100", "50"],
            "answer-feedback": ["50 divided by 4.", "Divided, not multiplied."],
        }
    ],
    "matching": [
        {
            "pair-text": ["Cow", "Hen"],
            "pair-choice": ["Calf", "Chick"],
            "other-text": ["Lamb"],
            "scoring": ["per_pair"],
        }
    ],
    "ordering": [{"entry-text": ["Seed", "Sprout", "Flower", "Fruit"], "scoring": ["position"]}],
    "cloze": [
        {"text": ["Leaves are [[a]], a clover has [[b]] of them, and they need [[c]]."]},
        {"gap-id": ["a", "b", "c"], "gap-kind": ["dropdown", "number", "text"]},
        {
            "answer-gap": ["a", "a", "a", "b", "c", "c"],
            "answer-text": ["red", "green", "blue", "", "light", "sun"],
            "answer-value": ["", "", "", "3", "", ""],
            "answer-match": ["", "", "", "", "exact", "exact"],
            "answer-credit": ["0", "100", "0", "100", "100", "100"],
            "answer-feedback": ["In autumn.", "It is.", "Hardly.", "Most have three.", "It is.", "It is."],
        },
    ],
    "hotspot": [
        {
            "image": [f"media:{PICTURE.digest}"],
            "alt": [PICTURE_TEXT],
            "width": [str(WIDTH)],
            "height": [str(HEIGHT)],
            "max_choices": ["1"],
            "area-label": ["The left half", "The right half"],
            "area-shape": ["rect", "rect"],
            "area-coords": [f"0, 0, {WIDTH // 2}, {HEIGHT}", f"{WIDTH // 2}, 0, {WIDTH}, {HEIGHT}"],
            "area-credit": ["100", "0"],
            "area-rationale": ["Grass is green.", "That is water."],
        }
    ],
    "open_text": [{**RUBRIC, "max_length": ["500"]}],
    "file_upload": [{"types": [".png, .pdf"], "max_size": ["2"], "max_files": ["1"], **RUBRIC}],
    "description": [{}],
}

# Answers of every kind whose marks a rule decides, as the interfaces take them, and the share of the points they earn.
ANSWERS: dict[str, list[tuple[dict[str, Any], float]]] = {
    "choice": [({"option": "b"}, 1), ({"option": "a"}, 0), ({}, 0)],
    "true_false": [({"value": True}, 1), ({"value": False}, 0), ({}, 0)],
    "multiple_response": [
        ({"options": ["a", "c"]}, 1),
        ({"options": ["a"]}, 0.5),
        ({"options": ["a", "b", "c"]}, 0.5),
        ({"options": ["b", "d"]}, 0),
    ],
    "short_text": [({"text": "paris"}, 1), ({"text": "Lutetia"}, 0.5), ({"text": "London"}, 0)],
    "numeric": [
        ({"text": "12.5", "value": "12.5"}, 1),
        ({"text": "12.6", "value": "12.6"}, 1),
        ({"text": "200", "value": "200"}, 0.5),
        ({"text": "12", "value": "12"}, 0),
    ],
    "matching": [
        ({"pairs": {"a": "a", "b": "b"}}, 1),
        ({"pairs": {"a": "a", "b": "c"}}, 0.5),
        ({"pairs": {"a": "b", "b": "a"}}, 0),
    ],
    "ordering": [
        ({"order": ["a", "b", "c", "d"]}, 1),
        ({"order": ["a", "b", "d", "c"]}, 0.5),
        ({"order": ["b", "a", "d", "c"]}, 0),
    ],
    "cloze": [
        ({"gaps": {"a": "b", "b": "3", "c": "Sun"}}, 1),
        ({"gaps": {"a": "b", "b": "4", "c": "soil"}}, 0.333333),
        ({"gaps": {"a": "a", "b": "4"}}, 0),
    ],
    "hotspot": [({"areas": ["a"]}, 1), ({"areas": ["b"]}, 0), ({}, 0)],
}


def body(kind: str) -> dict[str, Any]:
    """The question as the editor makes it of what is typed."""
    typed = {name: values for step in TYPED[kind] for name, values in step.items()}
    return {"stem": STEMS[kind], "section": None, **item_types.get(kind).from_editor(typed)}


def drafts() -> list[ItemDraft]:
    """A question of every kind, its key approved."""
    return [
        ItemDraft(
            identifier=f"q-{kind.replace('_', '-')}",
            kind=kind,
            body=body(kind),
            points=Decimal(1 if item_types.get(kind).SCORED else 0),
            key_state="approved",
        )
        for kind in item_types.KINDS
    ]
