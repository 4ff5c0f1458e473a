"""Every word for learners is there in every language, in the files that a clone carries."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
ROOMS = ("analytics", "api", "assessment", "config", "content", "events", "feeds", "lti", "roster")
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
CALLS = ("gettext_lazy", "_", "gettext", "gettext_noop", "ngettext", "pgettext")
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}|<[^>]*>")
# What templatize makes of a template: calls with a `u'text'`, or two for a plural, between words turned into X.
MARKED = re.compile(r"""\b(?:_|gettext|ngettext)\((u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))""")

# Pages that a launch opens and everyone's; the pages of staff and of administrators who connect an LMS are in English.
STAFF = re.compile(r"/admin/|/_?admin_|/register|/next_steps/|/api/")
PAGES = [page for room in ROOMS for page in sorted((ROOT / room).rglob("*.html")) if not STAFF.search(str(page))]
WORDLESS = re.compile(
    r"{% *blocktranslate\b.*?{% *endblocktranslate *%}|{% *comment\b.*?{% *endcomment *%}|{# .*? #}|{%.*?%}|{{.*?}}"
    r"|<(script|style)\b.*?</\1>|&\w+;",
    re.DOTALL,
)
# What a person meets of attributes, and what one template hands to another.
SPOKEN = re.compile(r"""\b(?:aria-label|title|placeholder|alt|data-say-\w+|data-label)="([^"]*)\"""")
PASSED = re.compile(r"""{%[^%]*\swith\s[^%]*?="([A-Z][^"]*)\"""")
ATTRIBUTE = re.compile(r'[\w-]+=" *"')  # in a piece of a template that stands inside a tag
NAMES = {"Assay", "REST", "API", "HTTP", "PDF", "QWK", "wide"}  # the last names a block of style, not a word

Entry = dict[str, list[str]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_word_of_a_page_is_left_untranslated(page: Path) -> None:
    text = WORDLESS.sub(" ", page.read_text())
    shown = re.sub(r"<[^>]*>", " ", text) + " ".join(SPOKEN.findall(text) + PASSED.findall(page.read_text()))
    assert sorted(set(re.findall(r"[^\W\d_]{2,}", ATTRIBUTE.sub(" ", shown))) - NAMES) == []


def used() -> Iterator[str]:
    for room in ROOMS:
        for template in (ROOT / room).rglob("*.html"):
            for found in MARKED.findall(templatize(template.read_text(), origin=str(template))):
                yield ast.literal_eval(found).replace("%%", "%")
        for module in (ROOT / room).rglob("*.py"):
            if "translation" in module.read_text():
                yield from _used_in_code(ast.parse(module.read_text()))


def _used_in_code(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=text), *_]) if name in CALLS:
                yield str(text)


def catalog(language: str) -> list[Entry]:
    """The entries of a .po file, each as its keywords with their texts (`msgstr[0]` counts as `msgstr`)."""
    text = (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").read_text()
    return [entry for block in text.split("\n\n")[1:] if (entry := _entry(block))]


def _entry(block: str) -> Entry:
    found: Entry = {}
    keyword = ""
    for line in block.splitlines():
        if line.startswith("#"):
            assert "fuzzy" not in line, block
            continue
        if not line.startswith('"'):
            keyword, line = line.split(" ", 1)
            keyword = keyword.split("[")[0]
            found.setdefault(keyword, []).append("")
        found[keyword][-1] += ast.literal_eval(line)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_for_learners_is_translated_and_nothing_else(language: str) -> None:
    entries = catalog(language)

    assert len(set(used())) > 150
    assert {entry["msgid"][0].replace("%%", "%") for entry in entries} == set(used())
    assert [entry for entry in entries if not all(entry["msgstr"])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_marks_survive_translation(language: str) -> None:
    for entry in catalog(language):
        (original,) = entry.get("msgid_plural", entry["msgid"])
        *singular, last = (sorted(PLACEHOLDER.findall(text)) for text in entry["msgstr"])
        assert last == sorted(PLACEHOLDER.findall(original)), entry
        assert all(set(names) <= set(last) for names in singular), entry
        # These texts stand in attributes too.
        assert all('"' not in PLACEHOLDER.sub("", text) for text in entry["msgstr"]), entry


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_file_says_what_the_source_says(language: str) -> None:
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    loaded = {key: text for key, text in compiled._catalog.items() if key}  # type: ignore[attr-defined]

    written: dict[object, str] = {}
    for entry in catalog(language):
        (name,) = entry["msgid"]
        plural = "msgid_plural" in entry
        written |= {((name, form) if plural else name): text for form, text in enumerate(entry["msgstr"])}
    assert loaded == written
