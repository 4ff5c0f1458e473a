"""Kinds of question. One module a kind; every kind is pure: no database, no clock, no request.

A module here is a kind: nothing else in the project names or compares kinds, so a new kind is its module, its templates
and its test. A body is the JSON kept in `ItemVersion.body`, always with `stem` and perhaps `section`; an answer is the
JSON kept in `Response.answer`. `{}` is the empty answer of every kind. Texts in a body are Markdown (content.rendering)
unless the kind says otherwise; what a function returns as text is plain. A function takes any JSON for an answer and
raises InvalidAnswer for what is none; `problems` takes any JSON for a body; the others trust the body, because it was
published.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from content.item_type import ALL_OR_NOTHING as ALL_OR_NOTHING
from content.item_type import Answer as Answer
from content.item_type import Body as Body
from content.item_type import Category as Category
from content.item_type import Fields as Fields
from content.item_type import FormSize as FormSize
from content.item_type import InvalidAnswer as InvalidAnswer
from content.item_type import ItemType as ItemType
from content.item_type import Level as Level
from content.item_type import Outcome as Outcome
from content.item_type import Templates as Templates
from content.item_type import new_id as new_id
from content.item_type import percent as percent

MODULES = {name: f"{__name__}.{name}" for _finder, name, _ispkg in iter_modules(__path__)}
KINDS = tuple(sorted(MODULES))


def get(kind: str) -> ItemType:
    """The module of a kind. Raises KeyError for a kind that does not exist."""
    return cast(ItemType, import_module(MODULES[kind]))


def takes_typing(kind: str) -> bool:
    """Whether short answers are typed. The module of the kind then has `typed` besides the protocol."""
    return hasattr(get(kind), "typed")


def typed(kind: str, body: Body, answer: Answer) -> list[str]:
    """What was typed, in the form in which equal answers read the same; empty where nothing is.

    Raises InvalidAnswer.
    """
    return get(kind).typed(body, answer) if answer and takes_typing(kind) else []  # type: ignore[attr-defined]


def takes_files(kind: str) -> bool:
    """Whether answers of the kind are files. Its module then has `HEAD` and `check_file` besides the protocol."""
    return bool(getattr(get(kind), "FILES", False))


def interaction(kind: str) -> str:
    """The kind's name in SCORM and xAPI (`cmi.interaction`), where it has one."""
    return str(getattr(get(kind), "INTERACTION", "other"))
