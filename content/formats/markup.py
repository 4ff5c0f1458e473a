"""HTML of other systems as our Markdown, and our Markdown as XHTML. Pure.

What Markdown cannot hold becomes text, and `lose` is called with its name and the reason; scripts and styles are left
out. The result always reads as the HTML read: where emphasis cannot be written it is dropped, never the text.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote

from lxml import etree

from content import rendering
from content.formats import mathml, xml
from content.formats.xml import Element

Picture = Callable[[str], str | None]  # address -> `media:<digest>`, None where it cannot be found
Lose = Callable[[str, str], None]  # what, why
Special = Callable[[Element], str | None]  # Markdown that stands for an element, None for an ordinary element

BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
        "prompt",
        "body",
        "html",
        "caption",
    ]
)
DROPPED = frozenset(
    [
        "style",
        "head",
        "title",
        "meta",
        "link",
        "noscript",
        "template",
        "colgroup",
        "col",
        "param",
        "source",
        "track",
        "base",
    ]
)
PLAIN = frozenset(
    [
        "span",
        "font",
        "a",
        "abbr",
        "acronym",
        "bdi",
        "bdo",
        "big",
        "cite",
        "dfn",
        "label",
        "ins",
        "mark",
        "q",
        "small",
        "time",
        "wbr",
        "nobr",
        "data",
        "button",
        "legend",
        "center",
        "infocontrol",
        "stimulusbody",
        "contentbody",
    ]
)
MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "s": "~~", "strike": "~~", "del": "~~"}
CODE = frozenset(["code", "tt", "kbd", "samp", "var"])
SPACES = re.compile("[ \t\r\n\f]+")
# No formula holds the beginning of another of its kind, so that looking for one takes linear time.
TEX = re.compile(
    r"\\\((?P<inline>(?:(?!\\\().)+?)\\\)|\\\[(?P<display>(?:(?!\\\[).)+?)\\\]|\$\$(?P<double>.+?)\$\$", re.DOTALL
)
MOST_TAGS = 20_000  # of a text
RAISED = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
LOWERED = str.maketrans("0123456789+-−=()aeoxhklmnpst", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜ")
BREAK = "\\\n"


@dataclass(frozen=True)
class Piece:
    """Part of a line. `text` is escaped later; a `mark` may be dropped without losing text; `solid` stays as it is."""

    kind: Literal["text", "mark", "solid"]
    markdown: str
    plain: str = ""


@dataclass(frozen=True)
class Converter:
    """HTML to Markdown. `special` is asked first for every element."""

    picture: Picture
    lose: Lose
    special: Special = lambda element: None

    def convert(self, source: str | Element) -> str:
        """The content of an element, or of a string of HTML, as Markdown."""
        if isinstance(source, str):
            if "<" not in source and "&" not in source:
                return self._paragraph([Piece("text", source)])
            source = self._parsed(source)
        return "\n\n".join(self._flow(source))

    def plain(self, text: str) -> str:
        """Text without markup as Markdown; an empty line parts paragraphs."""
        return "\n\n".join(filter(None, (self._paragraph([_text(part)]) for part in re.split(r"\n[ \t\r]*\n", text))))

    def _parsed(self, html: str) -> Element:
        if html.count("<") > MOST_TAGS:
            return self._bare(html, f"A text has more than {MOST_TAGS} tags; its plain text was kept.")
        parser = etree.HTMLParser(recover=True, remove_comments=True, remove_pis=True, no_network=True)
        root = None
        with suppress(etree.LxmlError, ValueError, AssertionError):
            root = etree.fromstring(f"<div>{xml.legal(html)}</div>", parser)
        deep = any("depth" in error.message.lower() for error in parser.error_log)
        if root is not None and not deep:
            return root
        return self._bare(html, "The HTML of a text cannot be parsed; its plain text was kept.")

    def _bare(self, html: str, why: str) -> Element:
        self.lose("markup", why)
        bare = etree.Element("div")
        bare.text = xml.legal(re.sub(r"<[^<>]*>", " ", html))
        return bare

    # Blocks

    def _flow(self, element: Element) -> list[str]:
        blocks: list[str] = []
        run: list[Piece] = []

        def flush() -> None:
            paragraph = self._paragraph(run)
            run.clear()
            if paragraph:
                blocks.append(paragraph)

        for part in _parts(element):
            if isinstance(part, str):
                run.append(Piece("text", part))
            elif self._is_block(part):
                flush()
                blocks += [block for block in self._block(part) if block]
            else:
                run += self._inline(part)
        flush()
        return blocks

    def _is_block(self, element: Element) -> bool:
        if self.special(element) is not None:
            return False
        name = _name(element)
        return name in BLOCKS or (
            name not in DROPPED and name != "math" and any(_name(inner) in BLOCKS for inner in _elements(element))
        )

    def _block(self, element: Element) -> list[str]:
        name = _name(element)
        if re.fullmatch("h[1-6]", name):
            line = self._paragraph(self._flat(element), breaks=" ")
            return [f"{'#' * int(name[1])} {line}"] if line else []
        if name == "hr":
            return ["---"]
        if name in ("ul", "ol"):
            return [self._list(element, ordered=name == "ol")]
        if name == "blockquote":
            return [_indented("\n\n".join(self._flow(element)), "> ", "> ")]
        if name == "table":
            return self._table(element)
        if name == "pre":
            return self._pre(element)
        if name in ("form", "details", "dl"):
            self.lose(name, "Markdown has no such element; its text was kept.")
        return self._flow(element)

    def _list(self, element: Element, *, ordered: bool) -> str:
        lines = []
        start = element.get("start") or "1"
        number = int(start) if start.isascii() and start.isdigit() and len(start) < 9 else 1
        for part in _elements(element):
            blocks = self._block(part) if _name(part) in ("ul", "ol") else self._flow(part)
            if not blocks:
                continue
            marker = f"{number}. " if ordered else "- "
            body = blocks[0] + "".join(("\n" if _is_list(block) else "\n\n") + block for block in blocks[1:])
            lines.append(_indented(body, marker, " " * len(marker)))
            number += 1
        loose = any(_name(inner) == "p" for part in _elements(element) for inner in _elements(part))
        return ("\n\n" if loose else "\n").join(lines)

    def _table(self, element: Element) -> list[str]:
        rows = [row for row in element.iter("tr", "TR")]
        cells = [[cell for cell in _elements(row) if _name(cell) in ("td", "th")] for row in rows]
        cells = [row for row in cells if row]
        captions = [self._paragraph(self._flat(found)) for found in _elements(element) if _name(found) == "caption"]
        if not cells:
            return captions
        if any(cell.get("colspan", "1") != "1" or cell.get("rowspan", "1") != "1" for row in cells for cell in row):
            self.lose("table", "Cells that span several rows or columns were taken as single cells.")
        width = max(map(len, cells))
        headed = all(_name(cell) == "th" for cell in cells[0])
        texts = [[self._cell(cell) for cell in row] + [""] * (width - len(row)) for row in cells]
        rules = [_rule(cell) for cell in cells[0]] + ["---"] * (width - len(cells[0]))
        head, body = (texts[0], texts[1:]) if headed else ([""] * width, texts)
        return [*captions, "\n".join(f"| {' | '.join(row)} |" for row in [head, rules, *body])]

    def _cell(self, cell: Element) -> str:
        pieces = [_in_cell(piece) for piece in self._flat(cell)]
        return self._paragraph(pieces, breaks=" ")

    def _pre(self, element: Element) -> list[str]:
        if any(self.special(inner) is not None for inner in element.iter(etree.Element) if inner is not element):
            self.lose("code block", "It holds a gap, so its lines became text.")
            return self._flow(element)
        code = xml.legal(xml.content(element)).removesuffix("\n").removeprefix("\n")
        named = " ".join([element.get("class", ""), *(inner.get("class", "") for inner in _elements(element))])
        language = re.search(r"(?:language-|lang-|brush:\s*)([\w+#-]+)", named)
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", code)), 3)
        return [f"{fence}{language[1] if language else ''}\n{code}\n{fence}"] if code.strip() else []

    # Lines

    def _flat(self, element: Element) -> list[Piece]:
        """Everything within as parts of one line, blocks parted by a space."""
        pieces: list[Piece] = []
        for part in _parts(element):
            if isinstance(part, str):
                pieces.append(Piece("text", part))
            elif self._is_block(part):
                pieces += [Piece("text", " "), *self._flat(part), Piece("text", " ")]
            else:
                pieces += self._inline(part)
        return pieces

    def _inline(self, element: Element) -> list[Piece]:
        special = self.special(element)
        if special is not None:
            return [Piece("solid", special, special)] if special else []
        name = _name(element)
        if name in MARKS:
            return _marked(self._flat(element), MARKS[name], MARKS[name])
        if name == "a" and re.match("(https?|mailto):", element.get("href", "").strip()):
            return _marked(self._flat(element), "[", f"](<{_url(element.get('href', '').strip())}>)")
        reader = {"img": self._image, "object": self._object, "math": self._math, "br": _break, "script": self._script}
        if name in reader:
            return reader[name](element)
        if name in CODE:
            return _code(" ".join(xml.content(element).split()))
        if name in ("sub", "sup"):
            return self._shifted(element, name)
        if name in DROPPED:
            return []
        if name == "a" and element.get("href") and not element.get("href", "").startswith("#"):
            self.lose("link", f"The link to {element.get('href')} leads into the source system; its text was kept.")
        elif name not in PLAIN and name not in BLOCKS:
            self.lose(name, "Markdown has no such element; its text was kept.")
        return self._flat(element)

    def _image(self, element: Element) -> list[Piece]:
        tex = _equation(element)
        if tex:
            return self._tex(tex)
        return self._pictured(element.get("src", "").strip(), element.get("alt") or element.get("title") or "")

    def _object(self, element: Element) -> list[Piece]:
        kind = element.get("type", "")
        if kind.startswith("image/") or re.search(r"\.(png|jpe?g|gif|webp|svg)$", element.get("data", ""), re.I):
            return self._pictured(element.get("data", ""), element.get("aria-label") or xml.text(element))
        self.lose("object", f"A file of type {kind or 'unknown'} cannot be shown; its text was kept.")
        return self._flat(element)

    def _pictured(self, address: str, alt: str) -> list[Piece]:
        alt = " ".join(xml.legal(alt).split())
        found = self.picture(address)
        if found:
            return [Piece("solid", f"![{rendering.escaped(alt)}]({found})", alt)]
        self.lose("picture", f"The picture {address[:120] or 'without address'} is not in the file; its text was kept.")
        return [Piece("text", alt)]

    def _math(self, element: Element) -> list[Piece]:
        tex, exact = mathml.tex(element)
        if not exact:
            self.lose("mathematics", "MathML was converted to TeX; check the formula.")
        return self._tex(tex, display=element.get("display") == "block")

    def _script(self, element: Element) -> list[Piece]:
        if element.get("type", "").startswith("math/tex"):
            return self._tex(xml.content(element))
        self.lose("script", "Scripts are left out.")
        return []

    def _tex(self, tex: str, *, display: bool = False) -> list[Piece]:
        tex = " ".join(xml.legal(tex).split())
        sign = "$$" if display else "$"
        written = re.sub(r"(?<!\\)((?:\\\\)*)\$", r"\1\\$", tex)
        if not tex or tex.endswith("\\"):
            return [Piece("text", tex)]
        return [Piece("solid", f"{sign}{written}{sign}", tex)]

    def _shifted(self, element: Element, name: str) -> list[Piece]:
        if element.get("alias") is not None:  # SSML: how a text is said, not where it stands
            return self._flat(element)
        content = xml.text(element)
        table = RAISED if name == "sup" else LOWERED
        if content and all(ord(character) in table for character in content) and len(element) == 0:
            return [Piece("text", content.translate(table))]
        self.lose(name, "Markdown has no raised or lowered text; it stands in brackets.")
        return [Piece("text", "^(" if name == "sup" else "_("), *self._flat(element), Piece("text", ")")]

    def _paragraph(self, pieces: list[Piece], breaks: str = BREAK) -> str:
        pieces = [found for piece in _merged(pieces) for found in self._with_tex(piece)]
        line = _joined(pieces, breaks)
        if all(piece.kind == "text" or piece.markdown == BREAK for piece in pieces):
            return line
        if _squashed(rendering.plain(line)) == _squashed("".join(piece.plain for piece in pieces)):
            return line
        bare = _joined([piece for piece in pieces if piece.kind != "mark"], breaks)
        if bare != line:
            self.lose("emphasis", "Markdown cannot mark this part of a word; the text was kept.")
        return bare

    def _with_tex(self, piece: Piece) -> Iterator[Piece]:
        at = 0
        if piece.kind == "text":
            for found in TEX.finditer(piece.markdown):
                yield _text(piece.markdown[at : found.start()])
                yield from self._tex(
                    found["inline"] or found["display"] or found["double"], display=not found["inline"]
                )
                at = found.end()
        yield _text(piece.markdown[at:]) if piece.kind == "text" else piece


def to_xhtml(text: str, *, address: Callable[[str], str], inline: bool = False) -> str:
    """Markdown as well-formed XHTML, formulas as MathML that keeps their TeX; `address` says where a picture lies by
    its digest. `inline` leaves out the only paragraph.
    """
    text = rendering.MEDIA.sub(lambda found: address(found[1]), xml.legal(text))
    env: dict[str, object] = {}
    tokens = _PARSER.parse(text, env)
    if inline and len(tokens) == 3 and tokens[0].type == "paragraph_open":
        tokens = tokens[1:2]
    return str(_PARSER.renderer.render(tokens, _PARSER.options, env))


_PARSER = rendering.parser(xhtmlOut=True, highlight=None)
for _rule_name in ("math_inline", "math_inline_double", "math_block"):
    _PARSER.add_render_rule(
        _rule_name,
        lambda _self, tokens, index, _options, _env: mathml.written(
            tokens[index].content, display=tokens[index].type != "math_inline"
        ),
    )


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()


def _elements(element: Element) -> list[Element]:
    return list(element.iterchildren(etree.Element))


def _parts(element: Element) -> Iterator[str | Element]:
    """Text and children in order."""
    if element.text:
        yield element.text
    for part in element:
        if isinstance(part.tag, str):
            yield part
        if part.tail:
            yield part.tail


def _text(text: str) -> Piece:
    return Piece("text", text, text)


def _break(_element: Element) -> list[Piece]:
    return [Piece("solid", BREAK, "\n")]


def _code(text: str) -> list[Piece]:
    text = xml.legal(text)
    if not text:
        return []
    fence = "`" * max([1, *(len(run) + 1 for run in re.findall("`+", text))])
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return [Piece("solid", f"{fence}{pad}{text}{pad}{fence}", text)]


def _marked(pieces: list[Piece], opening: str, closing: str) -> list[Piece]:
    """With the space at both ends outside the marks; nothing is marked where there is only space."""
    pieces = [piece for piece in _merged(pieces) if piece.markdown]
    before = after = ""
    if pieces and pieces[0].kind == "text":
        kept = pieces[0].markdown.lstrip(" \t\r\n\f")
        before, pieces[0] = pieces[0].markdown[: len(pieces[0].markdown) - len(kept)], _text(kept)
    if pieces and pieces[-1].kind == "text":
        kept = pieces[-1].markdown.rstrip(" \t\r\n\f")
        after, pieces[-1] = pieces[-1].markdown[len(kept) :], _text(kept)
    if not any(piece.markdown.strip() for piece in pieces if piece.kind != "mark"):
        return [_text(before + after)]
    return [_text(before), Piece("mark", opening), *pieces, Piece("mark", closing), _text(after)]


def _merged(pieces: list[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for piece in pieces:
        if piece.kind == "text" and merged and merged[-1].kind == "text":
            merged[-1] = _text(merged[-1].markdown + piece.markdown)
        else:
            merged.append(piece)
    return merged


def _joined(pieces: list[Piece], breaks: str) -> str:
    """The line: white space runs are one space, none at either end."""
    line = ""
    for piece in _merged(pieces):
        if piece.kind == "text":
            text = SPACES.sub(" ", xml.legal(piece.markdown))
            text = text[1:] if text.startswith(" ") and (not line or line[-1] in " \n") else text
            line += rendering.escaped(text)
        elif piece.markdown == BREAK:
            line = line.rstrip(" ") + breaks if line.strip() else ""
        else:
            line += piece.markdown
    line = line.strip(" \n")
    while breaks == BREAK and line.endswith("\\") and not line.endswith("\\\\"):
        line = line[:-1].rstrip(" \n")
    return line


def _squashed(text: str) -> str:
    return "".join(text.split())


def _in_cell(piece: Piece) -> Piece:
    return Piece(piece.kind, piece.markdown.replace("|", r"\|"), piece.plain) if piece.kind == "solid" else piece


def _rule(cell: Element) -> str:
    align = cell.get("align") or (re.findall(r"text-align:\s*(\w+)", cell.get("style", "")) or [""])[0]
    return {"left": ":---", "center": ":---:", "right": "---:"}.get(align.lower(), "---")


def _indented(text: str, first: str, following: str) -> str:
    lines = text.split("\n")
    return "\n".join([first + lines[0], *((following + line).rstrip() for line in lines[1:])])


def _is_list(block: str) -> bool:
    return bool(re.match(r"- |\d+\. ", block))


def _url(address: str) -> str:
    return quote(xml.legal(address), safe="%/:=&?~#+!$,;'@()*[]")


def _equation(image: Element) -> str:
    """The TeX of a formula that Canvas, Moodle and others show as a picture."""
    source, alt = image.get("src", ""), image.get("alt", "")
    if image.get("data-equation-content"):
        return image.get("data-equation-content", "")
    if "equation_image" in image.get("class", "") or "/equation_images/" in source:
        named = re.sub(r"^LaTeX:\s*", "", alt) or unquote(
            unquote(source.rpartition("/equation_images/")[2].split("?")[0])
        )
        return named
    return alt if "texrender" in image.get("class", "") or "/filter/tex/" in source else ""
