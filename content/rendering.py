"""Authors' texts: Markdown in, sanitised HTML or plain text out. Pure, but for the address of a picture.

The dialect is CommonMark 0.31 with tables and strikethrough, `$...$` and `$$...$$` for TeX (shown as MathML), fenced
code with highlighting, and pictures `![text](media:<sha256>)`. HTML in a text is shown as text.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import escape
from html.parser import HTMLParser
from typing import Any

import nh3
from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, reverse, set_script_prefix
from django.utils.safestring import SafeString, mark_safe
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

MEDIA = re.compile(r"media:([0-9a-f]{64})")
MATHML = frozenset(
    [
        "math",
        "maction",
        "menclose",
        "merror",
        "mfenced",
        "mfrac",
        "mi",
        "mmultiscripts",
        "mn",
        "mo",
        "mover",
        "mpadded",
        "mphantom",
        "mroot",
        "mrow",
        "ms",
        "mspace",
        "msqrt",
        "mstyle",
        "msub",
        "msubsup",
        "msup",
        "mtable",
        "mtd",
        "mtext",
        "mtr",
        "munder",
        "munderover",
        "semantics",
    ]
)
TEXT = frozenset(
    [
        "a",
        "b",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
        "div",
    ]
)
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "span": {"class"},
    "pre": {"class"},
    "code": {"class"},
    "div": {"class"},
    "td": {"align"},
    "th": {"align"},
    **{
        tag: {"display", "mathvariant", "stretchy", "fence", "accent", "displaystyle", "linebreak", "width"}
        for tag in MATHML
    },
}
LONGEST = 200_000  # characters; a longer text is shown as it is


def html(text: str) -> SafeString:
    """The text as blocks: paragraphs, lists, tables, code."""
    return _html(text, True)


def inline(text: str) -> SafeString:
    """The text within a line, as of an option: the paragraph around it is left out, where there is only one."""
    return _html(text, False)


def lead(text: str) -> SafeString:
    """The first paragraph without a tag around it, for a heading; `rest` has what follows."""
    return _split(text)[0]


def rest(text: str) -> SafeString:
    """The blocks after the first paragraph."""
    return _split(text)[1]


def plain(text: str) -> str:
    """What is read aloud or stands in a CSV file: no markup, pictures by their text, TeX as it is written."""
    if not re.search(r"[\\`*_{}\[\]<>#+\-!|$&~\n]|\d[.)]", text):
        return text
    reader = _Plain()
    reader.feed(_rendered(text, True, True))
    return re.sub(r"[ \t]*\n\s*", "\n", "".join(reader.parts)).strip()


def pictures(text: str) -> list[tuple[str, str]]:
    """(address, text) of every picture."""
    found = (token for block in _PARSER.parse(text) for token in block.children or [] if token.type == "image")
    return [(str(token.attrs["src"]), token.content) for token in found]


def strings(value: Any) -> Iterable[str]:
    """Every text in a body."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from strings(part)


def escaped(text: str) -> str:
    """Plain text as Markdown that reads the same."""
    text = re.sub(r"([\\`*_\[\]<>$~|&])", r"\\\1", text)
    return re.sub(r"(?m)^(\s*)([#+\-!=]|\d+(?=[.)]))", _escape_start, text)


def _escape_start(found: re.Match[str]) -> str:
    space, mark = found.groups()
    return f"{space}{mark}\\" if mark.isdigit() else f"{space}\\{mark}"


@lru_cache(maxsize=4096)
def _html(text: str, blocks: bool) -> SafeString:
    return mark_safe(escape(text)) if len(text) > LONGEST else _clean(_rendered(text, blocks, False))


@lru_cache(maxsize=4096)
def _split(text: str) -> tuple[SafeString, SafeString]:
    if len(text) > LONGEST:
        return mark_safe(escape(text)), SafeString("")
    env: dict[str, Any] = {}
    tokens = _PARSER.parse(text, env)
    first = 3 if tokens and tokens[0].type == "paragraph_open" else 0
    parts = (tokens[1:2] if first else [], tokens[first:])
    heading, following = (_clean(str(_PARSER.renderer.render(part, _PARSER.options, env))) for part in parts)
    return heading, following


def _clean(markup: str) -> SafeString:
    clean = nh3.clean(
        markup,
        tags=set(TEXT | MATHML),
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return mark_safe(clean)


def _rendered(text: str, blocks: bool, for_reading: bool) -> str:
    env = {"plain": for_reading}
    tokens = _PARSER.parse(text, env)
    if not blocks and len(tokens) == 3 and tokens[0].type == "paragraph_open":
        tokens = tokens[1:2]
    return str(_PARSER.renderer.render(tokens, _PARSER.options, env))


def _highlighted(code: str, language: str, _attributes: str) -> str:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return ""
    lines = highlight(code, lexer, HtmlFormatter(nowrap=True))
    return f'<pre class="code"><code>{lines}</code></pre>'


def _math(tex: str, options: dict[str, Any]) -> str:
    try:
        return convert(tex, display="block" if options.get("display_mode") else "inline")
    except Exception:  # the converter's errors have no common class
        return f"<code>{escape(tex)}</code>"


def _image(renderer: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    found = MEDIA.fullmatch(str(token.attrs["src"]))
    if found:
        token.attrs["src"] = media_address(found[1])
    return str(renderer.image(tokens, index, options, env))


def media_address(digest: str) -> str:
    """Where a picture is served, the same in every launch and outside; its `media:` name where nothing serves it."""
    inside = get_script_prefix()
    set_script_prefix("/")
    try:
        return reverse("content:media", args=[digest], urlconf=settings.ROOT_URLCONF)
    except NoReverseMatch:
        return f"media:{digest}"
    finally:
        set_script_prefix(inside)


def _math_inline(renderer: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    if env.get("plain"):
        return escape(token.content)
    return _math(token.content, {"display_mode": token.type != "math_inline"})


def parser(**options: Any) -> MarkdownIt:
    """A parser of our dialect, without what draws pictures and formulas."""
    parser = MarkdownIt("commonmark", {"html": False, **options}).enable(["table", "strikethrough"])
    return parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True)


def _parser() -> MarkdownIt:
    drawing = parser(highlight=_highlighted)
    drawing.add_render_rule("image", _image)
    for name in ("math_inline", "math_inline_double", "math_block"):
        drawing.add_render_rule(name, _math_inline)
    return drawing


_PARSER = _parser()


class _Plain(HTMLParser):
    """Collects text; the end of a block is the end of a line."""

    BLOCKS = {"p", "li", "tr", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "br", "blockquote"}

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.parts.append(dict(attrs).get("alt") or "")
        elif tag == "br":
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.BLOCKS:
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")
