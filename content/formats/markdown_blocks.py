"""The parts of our Markdown authoring format (docs/authoring.md): headings, attribute lines, entries, YAML. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from typing import Any

import yaml

from content.formats.texts import storable

LONGEST_YAML = 4_000_000  # characters
DEEPEST = 30
FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)")
HEADING = re.compile(r"(#{1,3})[ \t]+(.*?)[ \t]*")
NAMED = re.compile(r"(?:(.*?)[ \t]*)?\{#([A-Za-z0-9_-]{1,60})\}")
SIMPLE = re.compile(r"[A-Za-z][\w./-]*(?: [\w./-]+)*")
WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}  # which YAML takes for values


class Unreadable(ValueError):
    """Why a part of the file cannot be read."""


@dataclass
class Part:
    """A heading and the lines below it. `name` is the identifier in `{#...}`; `line` where it begins, from 1."""

    level: int
    title: str
    name: str
    line: int
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip("\n").rstrip()


@dataclass(frozen=True)
class Entry:
    """A line such as `- [x] text {#id}` with what is indented below it; `note` stands behind `>`."""

    mark: str
    text: str
    note: str = ""
    id: str = ""


def fenced(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a code block."""
    closing: re.Pattern[str] | None = None
    for line in lines:
        if closing is not None:
            yield line, True
            closing = None if closing.fullmatch(line) else closing
        elif found := FENCE.fullmatch(line):
            closing = re.compile(rf" {{0,3}}{re.escape(found[1][0])}{{{len(found[1])},}}[ \t]*")
            yield line, True
        else:
            yield line, False


def parts(lines: Sequence[str], *levels: int, first: int = 1) -> list[Part]:
    """The lines under each heading of these levels; those before the first stand under an empty one."""
    found = [Part(0, "", "", first)]
    for at, (line, code) in enumerate(fenced(lines), start=first):
        heading = None if code or not line.startswith("#") else HEADING.fullmatch(line)
        if heading and len(heading[1]) in levels:
            named = NAMED.fullmatch(heading[2])
            title, name = (named[1] or "", named[2]) if named else (heading[2], "")
            found.append(Part(len(heading[1]), title, name, at))
        else:
            found[-1].lines.append(line)
    return found


def front_matter(text: str) -> tuple[dict[str, Any], list[str], int]:
    """What stands between two lines `---` at the beginning, the lines after it, and the number of the first of them."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return {}, lines, 1
    ends = next((at for at, line in enumerate(lines[1:], start=1) if line.rstrip() in ("---", "...")), None)
    if ends is None:
        raise Unreadable("The front matter that begins with --- does not end.")
    return mapping("\n".join(lines[1:ends])), lines[ends + 1 :], ends + 2


def attributes(lines: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The attributes `{kind: choice, points: 2}` on the first line with text, and the lines without it."""
    at = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    if at < len(lines) and (bare := lines[at].strip()).startswith("{") and bare.endswith("}") and ":" in bare:
        return mapping(bare), list(lines[at + 1 :])
    return {}, list(lines)


def attribute_line(values: Mapping[str, Any]) -> str:
    return f"{{{', '.join(f'{_scalar(name)}: {_scalar(value)}' for name, value in values.items())}}}"


def _scalar(value: Any) -> str:
    if isinstance(value, str) and SIMPLE.fullmatch(value) and value.lower() not in WORDS:
        return value
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_scalar(name)}: {_scalar(part)}' for name, part in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_scalar, value))}]"
    return dumped(value, style='"' if isinstance(value, str) else None)


class _Dumper(yaml.SafeDumper):
    """Writes everything out, however often it stands there."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def dumped(value: Any, style: str | None = None) -> str:
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**9, default_style=style)
    return str(text).removesuffix("...\n").rstrip("\n")


def entries(lines: Sequence[str], marker: re.Pattern[str]) -> tuple[str, list[Entry]]:
    """The text before the first line that the marker matches, and the entries. Raises Unreadable for neither."""
    text: list[str] = []
    found: list[tuple[str, list[str]]] = []
    for line, code in fenced(lines):
        if not code and (match := marker.match(line)):
            found.append((match[0], [line[match.end() :]]))
        elif not found:
            text.append(line)
        elif line.startswith("  ") or not line.strip():
            found[-1][1].append(line[2:])
        else:
            raise Unreadable(f"“{line[:60]}” follows the answers; indent it if it belongs to one.")
    return "\n".join(text).strip("\n").rstrip(), [_entry(mark, body) for mark, body in found]


def _entry(mark: str, lines: list[str]) -> Entry:
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    begins = next((at for at, line in enumerate(lines[1:], start=1) if line.startswith(">")), len(lines))
    note = [line.removeprefix("> ") if line.startswith("> ") else line.removeprefix(">") for line in lines[begins:]]
    named = re.fullmatch(r"(.*?) ?\{#([A-Za-z0-9_:-]{1,130})\}", lines[0])
    first = named[1] if named else lines[0]
    return Entry(mark.strip(), "\n".join([first, *lines[1:begins]]), "\n".join(note), named[2] if named else "")


def entry_lines(mark: str, text: str, note: str = "", name: str = "") -> list[str]:
    first, *rest = text.split("\n")
    lines = [f"{mark} {first}{f' {{#{name}}}' if name else ''}", *(f"  {line}" if line else "" for line in rest)]
    return lines + ([f"  > {line}" if line else "  >" for line in note.split("\n")] if note else [])


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Without dates: `2026-01-01` is a text."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def mapping(text: str) -> dict[str, Any]:
    """A YAML mapping of JSON values, without aliases. Raises Unreadable."""
    if len(text) > LONGEST_YAML:
        raise Unreadable("The YAML is too long.")
    try:
        _check(text)
        found = storable(_json(yaml.load(text, Loader=_Loader)))
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, TypeError, AttributeError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"The YAML cannot be read: {' '.join(str(error).split())[:160]}") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Unreadable("The YAML is no list of names and values.")
    return found


def _check(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable("The YAML uses an alias (*name), which is not read.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise Unreadable("The YAML is nested too deeply.")


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _json(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set):
        return [_json(part) for part in value]
    if isinstance(value, float) and not isfinite(value):
        raise Unreadable("The YAML holds a number that is not finite.")
    if isinstance(value, bytes | date):
        return str(value)
    return value
