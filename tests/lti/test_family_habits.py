"""What differs between families of platforms stands in their modules alone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lti.gradebook import families
from lti.models import Family

ROOT = Path(__file__).parents[2]
PACKAGES = ("api", "assessment", "config", "content", "events", "feeds", "lti", "roster")
OF_A_FAMILY = re.compile(rf"""family\s*[!=]=|[!=]=\s*["']({"|".join(Family.values)})["']""")
OWNERS = ("lti/gradebook/families/", "lti/models/", "lti/migrations/")


def _is_a_family(node: ast.expr) -> bool:
    """`Family.CANVAS`, but not the list `Family.values`."""
    named = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Family"
    return named and isinstance(node, ast.Attribute) and node.attr in Family.names


def _is_a_code(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value in Family.values


def _is_of_a_row(node: ast.expr) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "family") or (
        isinstance(node, ast.Name) and node.id == "family"
    )


def named(source: str) -> Iterator[int]:
    """The lines that name a certain family, compare one with its code, or look something up by its code."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.expr) and _is_a_family(node):
            yield node.lineno
        if isinstance(node, ast.Dict) and any(map(_is_a_code, node.keys)):
            yield node.lineno
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            parts = [
                part for side in sides for part in (side.elts if isinstance(side, ast.Tuple | ast.Set) else [side])
            ]
            if any(map(_is_a_code, parts)) and any(map(_is_of_a_row, parts)):
                yield node.lineno


def test_no_module_but_the_families_names_a_family() -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    others = {name: path for path in files if not (name := str(path.relative_to(ROOT))).startswith(OWNERS)}
    assert len(others) > 100

    assert {name: lines for name, path in others.items() if (lines := list(named(path.read_text())))} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a.family == Family.CANVAS", True),
        ("x not in (Family.MOODLE, Family.CANVAS)", True),
        ("family != 'moodle'", True),
        ("class MoodleForm:\n    family = Family.MOODLE", True),
        ("GUIDES = {'moodle': 1}", True),
        ("code in Family.values", False),
        ("family == other", False),
    ],
)
def test_a_named_family_is_recognised(source: str, found: bool) -> None:
    assert bool(list(named(source))) is found


def test_no_template_compares_a_family() -> None:
    pages = [path for package in PACKAGES for path in (ROOT / package).rglob("*.html")]
    assert len(pages) > 50

    assert [str(path.relative_to(ROOT)) for path in pages if OF_A_FAMILY.search(path.read_text())] == []


@pytest.mark.parametrize("code", Family.values)
def test_every_family_has_all_that_a_family_offers(code: str) -> None:
    offered = families.PlatformFamily
    wanted = {*offered.__annotations__, "body", "read"}
    assert [name for name in sorted(wanted) if not hasattr(families.MODULES[code], name)] == []
