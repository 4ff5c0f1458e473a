"""Files that nobody means well with."""

# ruff: noqa: E501

import io
import zipfile
from collections.abc import Iterator

from hypothesis import strategies as st

MEGABYTE = 1 << 20
HOSTILE = [
    b"",
    b"\x00\x01\x02",
    b"\xff\xfe\x00",
    "a{=b ~c}".encode("utf-16"),
    b"\xe9t\xe9 {=b ~c}",
    b"{" * MEGABYTE,
    b"{}" * MEGABYTE,
    b"[" * MEGABYTE,
    b"\\" * MEGABYTE,
    b"::" * MEGABYTE,
    b"a{" + b"~=" * MEGABYTE + b"}",
    b"a{#" + b"=1" * 10_000 + b"}",
    b"a" * (10 * MEGABYTE),
    b"a\n" * MEGABYTE,
    b"\n" * MEGABYTE,
    b"a{\n\n" * 100_000,
    b"####" * MEGABYTE,
    b"- [x] " * MEGABYTE,
    b"- [x] a\n" * 100_000,
    b"> " * MEGABYTE,
    b"```\n" * MEGABYTE,
    b"## a\n" * 20_000,
    b"---\n" * MEGABYTE,
    b"---\na: " + b"[" * MEGABYTE + b"\n---\n",
    b"---\na: &a [*a, *a]\nb: &b [*a, *a]\n---\n",
    b"A) " * MEGABYTE,
    b"ANSWER: A\n" * 100_000,
    b'"' * MEGABYTE,
    b"stem,key\n" + b'"' + b"a" * MEGABYTE,
    b"a,b,c\n" * 100_000,
    b"*" * MEGABYTE + b"{=b ~c}",
    b"<" * MEGABYTE + b"{=b ~c}",
]


def mutations(valid: bytes) -> st.SearchStrategy[bytes]:
    """Any bytes, and a good file with some of it replaced."""
    at = st.integers(0, len(valid))
    changed = st.tuples(at, at, st.binary(max_size=8)).map(lambda cut: valid[: cut[0]] + cut[2] + valid[cut[1] :])
    return st.one_of(
        st.binary(max_size=200), changed, st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore"))
    )


def _xml(name: str, inner: bytes, times: int) -> bytes:
    return f"<{name}>".encode() + inner * times + f"</{name}>".encode()


def _moodle(kind: str, inner: bytes) -> bytes:
    head = f'<quiz><question type="{kind}"><name><text>a</text></name><questiontext format="html"><text><![CDATA['
    return head.encode() + inner + b"]]></text></questiontext></question></quiz>"


def _item(inner: bytes, rules: bytes = b"", declared: bytes = b"") -> bytes:
    head = b'<assessmentItem identifier="a"><responseDeclaration identifier="RESPONSE" cardinality="multiple" '
    head += b'baseType="identifier"><correctResponse><value>c1</value></correctResponse>' + declared
    head += b'</responseDeclaration><outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>'
    return (
        head
        + b"<itemBody>"
        + inner
        + b"</itemBody><responseProcessing>"
        + rules
        + b"</responseProcessing></assessmentItem>"
    )


def _choices(count: int, most: bytes = b"0") -> bytes:
    options = b"".join(b'<simpleChoice identifier="c%d">x</simpleChoice>' % at for at in range(count))
    return (
        b'<choiceInteraction responseIdentifier="RESPONSE" maxChoices="'
        + most
        + b'">'
        + options
        + b"</choiceInteraction>"
    )


def _zipped(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target.getvalue()


RULE = (
    b'<responseCondition><responseIf><member><baseValue baseType="identifier">c1</baseValue><variable '
    b'identifier="RESPONSE"/></member><setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue>'
    b"</setOutcomeValue></responseIf></responseCondition>"
)
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (at, b"&l%d;" % (at - 1) * 10 if at else b"ha") for at in range(10))


def cases() -> Iterator[tuple[str, bytes]]:
    """Every hostile file with what it does, made one by one: together they are large."""
    ten = 10 * MEGABYTE
    yield from ((f"{data[:12]!r} of {len(data)} bytes", data) for data in HOSTILE)
    yield from ((f"a line of {text!r}", text * (MEGABYTE // len(text))) for text in (
        b"a ", b"*", b"_a_ ", b"**", b"<p>", b"&amp;", b"$$", b"$a$ ", b"\\(", b"[[a]]", b"![a](", b"](", b"`", b"[a](b) ",
        b"{=b ~c} ", b"{", b"}", b"=", b"~", b"#", b"->", b":", b",", b";", b'"a",', b"'", b"\t", b"| ", b"- ", b"1. ",
        b"%50%", b"::a::", b"//", b"\xc2\xa0", b"\xf0\x9f\x98\x80", b"media:", b"http://a.b ",
    ))  # fmt: skip
    yield from ((f"a GIFT question with {text!r}", text * (900_000 // len(text)) + b"{=b ~c}") for text in (
        b"<p>", b"<b>a ", b"<table><tr><td>", b"$$a$$", b"$$", b"\\\\(", b"&amp;", b"*a* ", b"_a", b"`", b"[a](b)", b"![a](b)",
        b"<!--", b"<a href='x'>", b"</p>", b"[html]",
    ))  # fmt: skip
    yield from ((f"a GIFT question in HTML with {text!r}", b"[html]" + text * (900_000 // len(text)) + b"{=b ~c}") for text in (
        b"<p>", b"<b>a ", b"<table><tr><td>", b"</p>", b"<!--", b"<ul><li>", b"<math>", b"<", b"&", b"<a href='x'>",
    ))  # fmt: skip
    yield from ((f"a Moodle question with {text!r}", _moodle("cloze", text * (2_000_000 // len(text)))) for text in (
        b"<p>", b"<b>a ", b"<table><tr><td>", b"{1:SA:=a}", b"{1:SA:", b"{", b"}", b"[[1]]", b"{a}", b"$$a$$", b"<!--", b"</p>",
        b"a", b"&amp;", b"~", b"<img src='a'>",
    ))  # fmt: skip
    yield from ((f"lines of {line!r}", line * times) for line, times in (
        (b"## a\n- [x] b\n- [ ] c\n\n", 5_000), (b"a\nA) b\nB) c\nANSWER: A\n\n", 5_000), (b"# a\n", 500_000),
        (b"::a:: b {T}\n\n", 60_000), (b"a{}\n\n", 60_000), (b"$CATEGORY: a\n\n", 300_000), (b"// [tag:a]\n", 300_000),
        (b"a{\n", 500_000), (b"}\n", 500_000), (b"- a\n", 500_000), (b"> a\n", 500_000), (b"| a | b |\n", 300_000),
        (b"```\n", 300_000), (b"## a\n\n[[b]]\n", 100_000), (b"{kind: choice}\n", 200_000), (b"---\n", 500_000), (b"1. a\n", 500_000),
        (b"A. b\n", 500_000), (b"  - a\n", 300_000), (b"[a]: b\n", 300_000), (b"a{=b}\n\n", 60_000),
    ))  # fmt: skip
    table = b"stem,key,option_1,option_2,body\n"
    yield from {
        "a table of rows": table + b"a,1,b,c,\n" * 60_000,
        "a table of rows of the same name": b"identifier,stem,key,option_1,option_2\n" + b"a,a,1,b,c\n" * 60_000,
        "a table with a cell": table + b'"' + b"a" * ten + b'",1,b,c,\n',
        "a table with JSON": table + b'a,1,b,c,"' + b"[" * MEGABYTE + b'"\n',
        "a table with a number": b"stem,key,kind\na," + b"9" * MEGABYTE + b",numeric\n",
        "a table of columns": b",".join(b"a%d" % at for at in range(200_000)) + b"\n",
        "a table of commas": b"stem,key\n" + b"," * ten,
        "a table of quotes": b"stem,key\n" + b'""' * (ten // 2),
        "UTF-16 without a mark": "a{=b ~c}\n\n".encode("utf-16-le") * 100_000,
        "UTF-16 with a mark": b"\xff\xfe" + "a{=b ~c}\n\n".encode("utf-16-le") * 5_000,
        "UTF-32": "a{=b ~c}\n\n".encode("utf-32") * 20_000,
        "latin-1": b"\xe9t\xe9{=b ~c}\n\n" * 5_000,
        "NUL at the end": b"a{=b ~c}\n\n" * 20_000 + b"\x00",
        "a key as JSON": b'{"lesson": "a", "items": [{"n": 1, "key": "a"}]}\n',
        "a list as JSON": b'[{"a": 1},\n{"b": [2, 3]}]\n',
        "JSON over lines": b'{\n  "quiz": "a",\n  "answers": {\n    "1": "A"\n  }\n}\n',
    }.items()  # fmt: skip
    yield from {
        "billion laughs": b"<!DOCTYPE quiz [" + LAUGHS + b"]><quiz>&l9;</quiz>",
        "an external entity": b'<!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz>&x;</quiz>',
        "a parameter entity": b'<!DOCTYPE quiz [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]><quiz/>',
        "an external DTD": b'<!DOCTYPE quiz SYSTEM "http://127.0.0.1/x.dtd"><quiz/>',
        "an XInclude": b'<quiz xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd" parse="text"/></quiz>',
        "attributes": b"<quiz " + b"".join(b'a%d="" ' % at for at in range(200_000)) + b"/>",
        "a long attribute": b'<quiz a="' + b"a" * (2 * ten) + b'"/>',
        "a long text": b"<quiz>" + b"a" * (2 * ten) + b"</quiz>",
        "namespaces": b"<quiz>" + b"".join(b'<a xmlns="u%d"/>' % at for at in range(100_000)) + b"</quiz>",
        "deep": b"<quiz>" * 100_000 + b"</quiz>" * 100_000,
        "deep enough": b"<quiz>" + b"<a>" * 250 + b"</a>" * 250 + b"</quiz>",
        "Moodle questions": _xml("quiz", b'<question type="truefalse"><questiontext><text>a</text></questiontext><answer fraction="100"><text>true</text></answer></question>', 5_000),
        "Moodle categories": _xml("quiz", b'<question type="category"><category><text>a</text></category></question>', 70_000),
        "Moodle questions of no kind": _xml("quiz", b'<question type="x"/>', 100_000),
        "Moodle answers": b'<quiz><question type="multichoice"><questiontext><text>a</text></questiontext>' + b'<answer fraction="100"><text>a</text></answer>' * 60_000 + b"</question></quiz>",
        "Moodle pairs": b'<quiz><question type="matching"><questiontext><text>a</text></questiontext>' + b"<subquestion><text>a</text><answer><text>b</text></answer></subquestion>" * 40_000 + b"</question></quiz>",
        "a Moodle file": b'<quiz><question type="essay"><questiontext><text>a</text><file name="a.png" encoding="base64">' + b"AAAA" * (2 * MEGABYTE) + b"</file></questiontext></question></quiz>",
        "Moodle tags": b'<quiz><question type="essay"><questiontext><text>a</text></questiontext><tags>' + b"<tag><text>a</text></tag>" * 90_000 + b"</tags></question></quiz>",
        "QTI options": _item(_choices(60_000)),
        "a QTI choice of many": _item(_choices(60_000, b"1")),
        "QTI options with rules": _item(_choices(2_000), RULE * 2_000),
        "QTI choice with rules": _item(_choices(2_000, b"1"), RULE * 2_000),
        "QTI rules": _item(_choices(10), RULE * 9_000),
        "QTI mapping": _item(_choices(5_000), b"", b"<mapping>" + b"".join(b'<mapEntry mapKey="c%d" mappedValue="1"/>' % at for at in range(5_000)) + b"</mapping>"),
        "QTI gaps": _item(b'<textEntryInteraction responseIdentifier="RESPONSE"/>' * 50_000),
        "QTI nested rules": _item(_choices(10), b"<responseCondition><responseIf>" + b"<not>" * 200 + b'<isNull><variable identifier="RESPONSE"/></isNull>' + b"</not>" * 200 + b"</responseIf></responseCondition>"),
        "QTI order": _item(b'<orderInteraction responseIdentifier="RESPONSE">' + b"".join(b'<simpleChoice identifier="c%d">x</simpleChoice>' % at for at in range(20_000)) + b"</orderInteraction>"),
        "QTI match": _item(b'<matchInteraction responseIdentifier="RESPONSE">' + 2 * (b"<simpleMatchSet>" + b"".join(b'<simpleAssociableChoice identifier="c%d">x</simpleAssociableChoice>' % at for at in range(5_000)) + b"</simpleMatchSet>") + b"</matchInteraction>"),
        "QTI hotspots": _item(b'<hotspotInteraction responseIdentifier="RESPONSE" maxChoices="0">' + b"".join(b'<hotspotChoice identifier="c%d" shape="rect" coords="0,0,1,1"/>' % at for at in range(20_000)) + b"</hotspotInteraction>"),
        "QTI body": _item(b"<p><b>a</b></p>" * 60_000),
        "QTI tables": _item(b"<table><tr><td>" * 80 + b"</td></tr></table>" * 80),
        "QTI 1 items": _xml("questestinterop", b'<item ident="a"/>', 100_000),
        "QTI 1 labels": b'<questestinterop><item ident="a"><presentation><response_lid ident="r" rcardinality="Multiple"><render_choice>' + b"".join(b'<response_label ident="c%d"><material><mattext>x</mattext></material></response_label>' % at for at in range(30_000)) + b"</render_choice></response_lid></presentation></item></questestinterop>",
        "QTI 1 rules": b'<questestinterop><item ident="a"><presentation><response_lid ident="r" rcardinality="Single"><render_choice><response_label ident="c"/><response_label ident="d"/></render_choice></response_lid></presentation><resprocessing>' + b'<respcondition><conditionvar><varequal respident="r">c</varequal></conditionvar><setvar action="Add">1</setvar></respcondition>' * 30_000 + b"</resprocessing></item></questestinterop>",
        "QTI 1 text": b"<questestinterop><item ident='a'><presentation><material><mattext texttype='text/html'>" + b"&lt;div&gt;" * 500_000 + b"</mattext></material></presentation></item></questestinterop>",
    }.items()  # fmt: skip
    item = _item(_choices(2))
    yield from {
        "a package cut off": _zipped({"a.xml": b"<a/>"})[:-20],
        "zip slip": _zipped({"../a.md": b"## a", "../../imsmanifest.xml": b"<manifest/>"}),
        "an absolute path": _zipped({"/etc/a.md": b"## a"}),
        "a zip bomb": _zipped({"a.md": b"0" * (40 * MEGABYTE), "imsmanifest.xml": b"<manifest/>"}),
        "many small bombs": _zipped({f"{at}.xml": b" " * 1_000_000 for at in range(300)}),
        "many members": _zipped({f"{at}.xml": b"<assessmentItem/>" for at in range(9_000)}),
        "many items": _zipped({f"{at}.xml": item for at in range(1_000)}),
        "a bomb of Markdown": _zipped({"questions.md": b"## a\n" * 10_000_000}),
        "a package in a package": _zipped({"a.zip": _zipped({"a.md": b"## a"})}),
    }.items()  # fmt: skip
