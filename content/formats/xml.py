"""XML from strangers: read without entities, network or unbounded memory; refused in one sentence otherwise. Pure."""

import codecs
import re
from collections.abc import Iterator
from html import escape
from html.entities import html5

from lxml import etree

from content.formats.reading import Refused

Element = etree._Element

LARGEST = 32 * 1024 * 1024  # bytes
LARGEST_RECODED = 8 * 1024 * 1024  # of a file that is not UTF-8, which is decoded in memory
MOST_OF_ITEM = 10_000  # elements of one question
MOST_NODES = 300_000  # elements and attributes; each takes up to 250 bytes
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
NAMED = re.compile(rb"&([A-Za-z][A-Za-z0-9]{1,31});")
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
KEPT = {b"amp", b"lt", b"gt", b"quot", b"apos"}


def parse(data: bytes) -> Element:
    """The root, all names without their namespace, without comments. Raises Refused, never anything else."""
    data = _utf8(data)
    if b"<!ENTITY" in data:
        raise Refused("The file declares entities of its own (<!ENTITY>), which are not read from a stranger's file.")
    if data.count(b"<") - data.count(b"</") + data.count(b"=") > MOST_NODES:
        raise Refused(f"The file has more than {MOST_NODES} elements and attributes.")
    root = _parsed(NAMED.sub(_character, data))
    for element in root.iter("{*}*") if b"xmlns" in data else ():
        if element.tag[0] == "{":
            element.tag = element.tag.rpartition("}")[2]
    return root


def check_size(item: Element) -> None:
    """Raises Refused for a question that is too large to be weighed option by option."""
    if sum(1 for _ in item.iter(etree.Element)) > MOST_OF_ITEM:
        name = item.get("identifier") or item.get("ident") or ""
        raise Refused(f"The question {name[:60]} has more than {MOST_OF_ITEM} elements.")


def root_name(data: bytes) -> str:
    """The name of the first element, without prefix; empty where the bytes are no XML. Reads the start only."""
    start = data[:65536].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if not start.startswith(b"<"):
        return ""
    bare = b"".join(part.partition(b"<!--")[0] for part in start.split(b"-->"))
    found = re.search(rb"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)", bare)
    return found[2].decode() if found else ""


def legal(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return ILLEGAL.sub("", text)


def children(element: Element, *names: str) -> list[Element]:
    """The direct children of these names; all of them where none is given."""
    return [child for child in element.iterchildren(etree.Element) if not names or child.tag in names]


def child(element: Element | None, *names: str) -> Element | None:
    found = element.iterchildren(etree.Element) if element is not None else ()
    return next((part for part in found if not names or part.tag in names), None)


def descendants(element: Element, *names: str) -> Iterator[Element]:
    return (found for found in element.iter(etree.Element) if found.tag in names and found is not element)


def text(element: Element | None) -> str:
    """All text within, every run of white space one space."""
    return " ".join(content(element).split()) if element is not None else ""


def content(element: Element) -> str:
    """All text within, as it stands."""
    return "".join(str(part) for part in element.itertext())


def inner(element: Element) -> str:
    """What stands within: the text, which may be markup itself, or where there are elements all of it as markup."""
    if not len(element):
        return element.text or ""
    parts = [escape(element.text or "", quote=False)]
    return "".join([*parts, *(etree.tostring(part, encoding=str) for part in element)])


def default(space: str) -> dict[str, str]:
    """A map in which this name space has no prefix; lxml takes None for that, which its types do not know."""
    return {None: space}  # type: ignore[dict-item]


def attributes(element: Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def document(root: Element) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=False))


def _utf8(data: bytes) -> bytes:
    if len(data) > LARGEST:
        raise Refused(f"The file is larger than {LARGEST // 1024 // 1024} MB of XML.")
    encoding = _encoding(data)
    if encoding != "utf-8":
        if len(data) > LARGEST_RECODED:
            raise Refused(f"The file is larger than {LARGEST_RECODED // 1024 // 1024} MB and not in UTF-8.")
        try:
            data = DECLARATION.sub("", data.decode(encoding)).encode()
        except (ValueError, LookupError):
            raise Refused(f"The file is not in the encoding that it declares ({encoding}).") from None
    if b"\x00" in data:
        raise Refused("The file holds NUL bytes, so it is not XML.")
    return data


def _encoding(data: bytes) -> str:
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return encoding
    if data[:4] in (b"<\x00?\x00", b"<\x00!\x00") or data[:2] == b"<\x00":
        return "utf-16-le"
    if data[:2] == b"\x00<":
        return "utf-16-be"
    found = DECLARED.match(data.lstrip())
    declared = found[1].decode().lower() if found else "utf-8"
    # A declaration that can be read byte by byte is not UTF-16, whatever it says.
    name = "utf-8" if declared.startswith(("utf-16", "utf16", "ucs-2", "us-ascii")) else declared
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise Refused(f"The file declares an encoding that is not known ({declared}).") from None


def _character(found: re.Match[bytes]) -> bytes:
    """The character that HTML names so; XML alone knows five names."""
    name = found[1]
    character = None if name in KEPT else html5.get(name.decode() + ";")
    return found[0] if character is None or character in "<>&'\"" else character.encode()


def _parsed(data: bytes) -> Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        strip_cdata=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise Refused(f"The file is not well-formed XML: {_reason(error)}.") from None
    if root is None:
        raise Refused("The file is empty.")
    if next(root.iter(etree.Entity), None) is not None:
        raise Refused("The file uses entities that it does not define.")
    return root


def _reason(error: BaseException) -> str:
    return " ".join(legal(str(error)).split())[:200].rstrip(".") or "it cannot be parsed"
