"""File upload (QTI 3 uploadInteraction), credited by a person against a rubric.

body: {"stem": str, "types": [".pdf", ...], "max_size": bytes of each file, "max_files": int, "rubric": see
content.marking.rubric, "section": anchor or null}
answer: {"files": [{"id": str, "name": str, "size": bytes}]} or {}

The files themselves lie elsewhere: who stores one asks `check_file` first, and puts {"id", "name", "size"} as JSON into
the field of the answer, beside those that the form already has. That an id is a file of this learner is for the one who
stores them to say.
"""

import codecs
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import filetype
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from content.item_types import Answer, Body, Category, Fields, FormSize, InvalidAnswer, Level, Outcome, Templates
from content.marking import parts, rubric

KIND = "file_upload"
LABEL = gettext_lazy("File upload")
HINT = gettext_lazy("The learner hands in files; a person decides by your rubric.")
SCORED = True
SHUFFLES: tuple[str, ...] = ()
ALWAYS_SHUFFLED = False
BY_RULE = False
FILES = True  # the field of the answer takes files
PUBLISHABLE = ("reviewed", "approved")  # a person decides every credit, the rubric only guides
TEMPLATES = Templates(
    control="items/file_upload/control.html",
    editor="items/file_upload/editor.html",
    answer="items/file_upload/answer.html",
    expected="items/open_text/expected.html",
    key="items/open_text/key.html",
    paper="items/file_upload/paper.html",
)
PUBLIC = {
    "types": {"type": "array", "description": "Of a file upload: the endings of names.", "items": {"type": "string"}},
    "max_size": {"type": "integer", "description": "Of a file upload: bytes of each file."},
    "max_files": {"type": "integer", "description": "Of a file upload."},
}
ANSWER = {
    "files": {
        "type": "array",
        "description": "Of a file upload.",
        "items": {
            "type": "object",
            "required": ["id", "name", "size"],
            "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "size": {"type": "integer"}},
        },
    }
}
HEAD = 8192  # bytes of a file that tell what it is
MEGABYTE = 1024 * 1024
LARGEST = 1024 * MEGABYTE
MOST_FILES = 20
LONGEST_ID, LONGEST_NAME = 64, 255  # characters
ENCODED = 12  # bytes that a form takes for a character at most: four in UTF-8, each written as three
TYPES = re.compile(r"\.[a-z0-9]{1,10}")
TEXTS = re.compile(
    "bib|c|cpp|css|csv|go|h|html?|ini|ipynb|java|js|json|kt|log|md|php|py|r|rb|rs|rst|rtf|sql|svg|tex|toml|tsv|ts|txt"
    "|xml|ya?ml"
)
CONTAINERS = ("doc", "xls", "ppt")  # of one make, which does not say at its beginning which of them it is
FILMS = ("mp4", "m4v", "mov", "m4a", "3gp")
# What a file may prove to be, by the ending of its name, where that is not the ending itself.
PROVES = {
    "jpeg": ("jpg",),
    "tiff": ("tif",),
    "mid": ("midi",),
    "tgz": ("gz",),
    "ai": ("pdf", "ps"),
    "eps": ("ps",),
    "webm": ("webm", "mkv"),
    **{ending: (ending, "zip") for ending in ("docx", "xlsx", "pptx", "odt", "ods", "odp", "epub")},
    **{ending: ("zip",) for ending in ("odg", "pages", "numbers", "key", "sb3", "h5p", "ggb")},
    **dict.fromkeys(CONTAINERS, CONTAINERS),
    **dict.fromkeys(FILMS, FILMS),
}
OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1")
KNOWN = frozenset(one.extension for one in filetype.types)
CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1b")  # what no text holds
PROGRAMS = ("exe", "elf", "wasm", "swf", "crx", "deb", "rpm")


def problems(body: Body) -> list[str]:
    types, size, number = body.get("types"), body.get("max_size"), body.get("max_files")
    checks = {
        "The question has no text.": parts.no_stem(body),
        "Say which types of file may be handed in, each by the ending of its name, such as .pdf.": not _are_types(
            types
        ),
        f"A file may have 1 byte to {LARGEST // MEGABYTE} MB.": type(size) is not int or not 1 <= size <= LARGEST,
        f"Between 1 and {MOST_FILES} files may be handed in.": type(number) is not int or not 1 <= number <= MOST_FILES,
    }
    return [*rubric.problems(body), *(text for text, wrong in checks.items() if wrong)]


def _are_types(types: object) -> bool:
    if not isinstance(types, list | tuple) or not all(isinstance(one, str) for one in types):
        return False
    return 0 < len(types) <= 50 and all(TYPES.fullmatch(one) for one in types)


def warnings(body: Body, *, shuffled: bool) -> list[str]:
    return rubric.warnings(body)


def from_editor(fields: Fields) -> dict[str, Any]:
    """`types` (".pdf, docx"), `max_size` in megabytes, `max_files`; the rows of a rubric (content.marking.rubric)."""
    typed = parts.first(fields, "types").lower().replace(",", " ").replace(";", " ").split()
    size = _bytes(parts.first(fields, "max_size").replace(",", "."))
    return {
        "types": [f".{one.lstrip('*.')}" for one in dict.fromkeys(typed)] or [".pdf"],
        "max_size": size if size is not None else 10 * MEGABYTE,
        "max_files": parts.whole(parts.first(fields, "max_files"), 1),
        "rubric": rubric.from_editor(fields),
    }


def _bytes(megabytes: str) -> int | None:
    try:
        number = float(megabytes)
    except ValueError:
        return None
    return round(number * MEGABYTE) if parts.is_number(number) else None


def guess(body: Body) -> Decimal | None:
    return Decimal(0)


def public(body: Body) -> dict[str, Any]:
    return {name: body[name] for name in ("stem", *PUBLIC)}


def form_size(body: Body) -> FormSize:
    # A file is a field, and another one takes it away.
    each = ENCODED * (2 * LONGEST_ID + LONGEST_NAME + 60)
    return FormSize(2 * body["max_files"], each * body["max_files"])


def from_form(body: Body, fields: Fields) -> Any:
    """The field of the answer holds {"id", "name", "size"} as JSON, once a file; `remove` holds ids."""
    given = [_parsed(value) for value in fields.get("", []) if value]
    removed = fields.get("remove", [])
    return {"files": [one for one in given if not isinstance(one, dict) or one.get("id") not in removed]}


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value  # a browser that sends no files sends their names; `clean` refuses them


def from_paper(body: Body, written: str) -> Any:
    raise InvalidAnswer(_("A file cannot be handed in on paper."))


def to_form(body: Body, answer: Answer) -> dict[str, list[str]]:
    files = clean(body, answer).get("files", [])
    return {"": [json.dumps(one, ensure_ascii=False) for one in files]} if files else {}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    given = raw.get("files") if isinstance(raw, Mapping) else raw
    if given is None or given == "":
        return {}
    if not isinstance(given, list | tuple):
        raise InvalidAnswer(_("The answer must be a list of files."))
    files = list({one["id"]: one for one in map(_file, given)}.values())
    most = body["max_files"]
    if len(files) > most:
        words = ngettext("Hand in {most} file at most.", "Hand in {most} files at most.", most)
        raise InvalidAnswer(words.format(most=most))
    for one in files:
        if wrong := _check_name(body, one["name"]) or _check_size(body, one["size"]):
            raise InvalidAnswer(wrong)
    return {"files": files} if files else {}


def _file(given: object) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidAnswer(_("A file did not arrive. Choose it again."))
    name, file_name, size = given.get("id"), given.get("name"), given.get("size")
    if not isinstance(name, str) or not isinstance(file_name, str) or type(size) is not int:
        raise InvalidAnswer(_("A file did not arrive. Choose it again."))
    if not (name.isascii() and name.isprintable() and 0 < len(name) <= LONGEST_ID):
        raise InvalidAnswer(_("A file did not arrive. Choose it again."))
    file_name = " ".join(parts.storable(file_name).split())
    if not 0 < len(file_name) <= LONGEST_NAME:
        raise InvalidAnswer(_("The name of a file must have 1 to 255 characters."))
    return {"id": name, "name": file_name, "size": size}


def check_file(body: Body, name: str, size: int, head: bytes) -> str | None:
    """Why this file may not be handed in, in a sentence for the learner; None where it may.

    `head` holds its first HEAD bytes, or all of it.
    """
    return _check_name(body, name) or _check_size(body, size) or _check_content(name, head)


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _check_name(body: Body, name: str) -> str | None:
    if f".{_ending(name)}" in body["types"]:
        return None
    words = _("“{name}” cannot be handed in here. These types of file can: {types}.")
    return words.format(name=name, types=", ".join(body["types"]))


def _check_size(body: Body, size: int) -> str | None:
    if size < 1:
        return str(_("The file is empty."))
    if size > body["max_size"]:
        return str(_("The file is larger than {size}.").format(size=filesizeformat(body["max_size"])))
    return None


def _check_content(name: str, head: bytes) -> str | None:
    ending = _ending(name)
    if _is_what_it_says(ending, head[:HEAD]):
        return None
    return str(_("“{name}” is no .{ending} file. Save it as one, and choose it again.")).format(
        name=name, ending=ending
    )


def _is_what_it_says(ending: str, head: bytes) -> bool:
    found = filetype.guess(head)
    proved = found.extension if found else ""
    if TEXTS.fullmatch(ending):
        return proved in ("", ending) and _is_text(head)
    if ending in CONTAINERS and head.startswith(OLD_OFFICE):
        return True
    if ending in PROVES or ending in KNOWN:
        return proved in PROVES.get(ending, (ending,))
    return proved not in PROGRAMS


def _is_text(head: bytes) -> bool:
    """As editors and spreadsheets write it: UTF-8, UTF-16 with its mark, or Windows' own. The last character may be cut
    off.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decodes(head, "utf-16")
    return not CONTROLS.intersection(head) and (_decodes(head, "utf-8") or _decodes(head, "cp1252"))


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def mark(body: Body, answer: Answer) -> Outcome:
    """A blank answer earns nothing; every other one waits for a person."""
    if not clean(body, answer):
        return Outcome(Decimal(0), "blank")
    return Outcome(None, "person")


def text(body: Body, answer: Answer) -> str:
    return "\n".join(one["name"] for one in clean(body, answer).get("files", []))


def rationale(body: Body, answer: Answer) -> str:
    clean(body, answer)
    return ""


def expected(body: Body) -> list[str]:
    return rubric.expected(body)


def levels(body: Body) -> list[Level]:
    return rubric.levels(body)


def key(body: Body) -> list[tuple[str, Decimal]]:
    return []


def categories(body: Body) -> list[Category]:
    return []


def categorise(body: Body, answer: Answer) -> list[str] | None:
    clean(body, answer)
    return None
