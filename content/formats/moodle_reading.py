"""One Moodle XML file as it is read: its categories, its pictures, its texts. Pure."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote, unquote

from content.formats import gift, markup, texts, xml
from content.formats.assembling import Assembly
from content.formats.packages import Pictures
from content.formats.reading import Loss, Pool
from content.formats.xml import Element

PLUGIN_FILE = "@@PLUGINFILE@@"
IN_MARKDOWN = re.compile(rf"(?<=\]\()<?{PLUGIN_FILE}([^()\s<>]*)>?")


@dataclass
class Reading:
    """One file: its category as it changes, what every question of it was said to be, its pictures."""

    assembly: Assembly
    category: str = ""
    pictures: Pictures = field(default_factory=Pictures)
    settings: set[str] = field(default_factory=set)
    random: dict[str, int] = field(default_factory=dict)
    placed: dict[str, list[str]] = field(default_factory=dict)
    shuffles: dict[str, bool] = field(default_factory=dict)  # by identifier

    def pools(self) -> list[Pool]:
        """A random question of Moodle draws from its category."""
        found = []
        for name, draw in self.random.items():
            items = self.placed.get(name, [])
            if items:
                found.append(Pool(name.rpartition("/")[2] or name, min(draw, len(items)), items))
            else:
                why = f"{draw} questions are drawn from {name}, which is not in the file."
                self.assembly.losses.append(Loss("", "random", why))
        return found

    def markdown(self, element: Element | None, otherwise: str = "html") -> str:
        """A text with its format and files as our Markdown."""
        if element is None:
            return ""
        holder = xml.child(element, "text")
        text = xml.inner(holder) if holder is not None else (element.text or "")
        return self.converted(text.strip(), element.get("format") or otherwise, self.files(element))

    def converted(self, text: str, format: str, files: dict[str, str]) -> str:
        shown: set[str] = set()

        def picture(address: str) -> str | None:
            name = unquote(address.removeprefix(PLUGIN_FILE)).lstrip("/")
            shown.add(name)
            return files.get(name) or (self.pictures.find(address) if address.startswith("data:") else None)

        converted = self._converted(text, format, markup.Converter(picture=picture, lose=self.assembly.lose))
        for name in files:
            if name not in shown:
                self.assembly.lose("file", f"{name[:120]} came with the question, but no text shows it.")
        return converted

    def _converted(self, text: str, format: str, converter: markup.Converter) -> str:
        if format == "markdown":
            return IN_MARKDOWN.sub(lambda found: converter.picture(found[1]) or found[0], text)
        if format == "plain_text":
            return texts.from_plain(text)
        if format == "moodle_auto_format":
            if gift.MARKUP.search(text):
                return converter.convert(text.replace("\n", "<br>")).strip()
            if markup.TEX.search(text):
                return converter.convert(escape(text, quote=False).replace("\n", "<br>")).strip()
            return texts.from_plain(text)
        if format == "wiki_like":
            self.assembly.lose("markup", "Moodle's old wiki markup stays as it was typed.")
            return texts.from_plain(text)
        return converter.convert(text).strip()

    def files(self, element: Element) -> dict[str, str]:
        """`media:` names of the pictures by their path; another file is named as lost."""
        found: dict[str, str] = {}
        for part in xml.children(element, "file"):
            path = f"{part.get('path') or '/'}{part.get('name') or ''}".lstrip("/")
            name = self.pictures.add(path, _decoded(part)) if path else None
            if name:
                found[path] = name
            else:
                self.assembly.lose("file", f"{path[:120] or 'A file without name'} is no picture that can be shown.")
        return found


def _decoded(part: Element) -> bytes:
    try:
        return base64.b64decode("".join((part.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def address(name: str) -> str:
    return f"{PLUGIN_FILE}/{quote(name)}"
