"""HTML of other systems reads the same as our Markdown, and what is lost is named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content import rendering
from content.formats.markup import Converter, to_xhtml

DIGEST = "a" * 64


class Report(list[str]):
    """What was lost."""

    def __call__(self, what: str, why: str) -> None:
        assert why.endswith(".")
        self.append(what)


def markdown(html: str, lost: Report | None = None) -> str:
    def picture(address: str) -> str | None:
        return f"media:{DIGEST}" if address == "x.png" else None

    return Converter(picture, lost if lost is not None else Report()).convert(html)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("plain * text", r"plain \* text"),
        ("<p>One<br>two</p><p> three </p>", "One\\\ntwo\n\nthree"),
        ("<p>A <b>bold </b>word and <em>more</em></p>", "A **bold** word and *more*"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
        ("<blockquote><p>q</p></blockquote><hr><h2>T</h2>", "> q\n\n---\n\n## T"),
        ("<pre><code class='language-py'>a = 1\nb = `x`</code></pre>", "```py\na = 1\nb = `x`\n```"),
        ("Use <code>a`b</code> now", "Use ``a`b`` now"),
        (
            "<table><tr><th>A</th><th>B|C</th></tr><tr><td>1</td><td>2</td></tr></table>",
            "| A | B\\|C |\n| --- | --- |\n| 1 | 2 |",
        ),
        ('<img src="x.png" alt="A [dot]">', rf"![A \[dot\]](media:{DIGEST})"),
        ('<a href="https://example.org/a b">here</a>', "[here](<https://example.org/a%20b>)"),
        (r"<p>\(x^2\) and $$y$$ and \[z\]</p>", "$x^2$ and $$y$$ and $$z$$"),
        (
            r'<img class="equation_image" data-equation-content="\frac{1}{2}" src="/equation_images/x">',
            r"$\frac{1}{2}$",
        ),
        (r'<img class="equation_image" alt="LaTeX: \alpha" src="/equation_images/%255Calpha">', r"$\alpha$"),
        ('<img src="/equation_images/%255Cbeta?scale=1">', r"$\beta$"),
        (
            "<math><semantics><mi>x</mi><annotation encoding='application/x-tex'>x_1</annotation></semantics></math>",
            "$x_1$",
        ),
        ("<math><mfrac><mi>a</mi><msqrt><mn>2</mn></msqrt></mfrac></math>", r"$\frac{a}{\sqrt{2}}$"),
        ("10<sup>-3</sup> m, H<sub>2</sub>O", "10⁻³ m, H₂O"),
        ("<span>1</span>. not a list", r"1\. not a list"),
        ("<script>alert(1)</script><style>p{}</style>seen", "seen"),
        ("a &amp; b &lt;c&gt;", r"a \& b \<c\>"),
    ],
)
def test_html_becomes_markdown(html: str, expected: str) -> None:
    assert markdown(html) == expected


@pytest.mark.parametrize(
    ("html", "what", "kept"),
    [
        ('<img src="no.png" alt="A map">', "picture", "A map"),
        ('<a href="/courses/1">there</a>', "link", "there"),
        ("<video src='a.mp4'>A film</video>", "video", "A film"),
        ("<u>under</u>", "u", "under"),
        ("<math><mi>x</mi></math>", "mathematics", "$x$"),
        ("x<sup>a b</sup>", "sup", "x^(a b)"),
        ("a<b>(x)</b>y", "emphasis", "a(x)y"),
        ("<script>alert(1)</script>", "script", ""),
        ("<table><tr><td colspan=2>w</td></tr></table>", "table", "|  |\n| --- |\n| w |"),
        ("<div>" * 400 + "deep", "markup", "deep"),
    ],
)
def test_what_markdown_cannot_hold_becomes_text_and_is_named(html: str, what: str, kept: str) -> None:
    lost = Report()
    assert markdown(html, lost) == kept
    assert lost == [what]


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_reads_the_same_after_the_way_out_and_back(text: str) -> None:
    plain = " ".join("".join(character for character in text if character.isprintable()).split())
    there = to_xhtml(rendering.escaped(plain), address=str)
    assert "".join(rendering.plain(markdown(there)).split()) == "".join(plain.split())


WORDS = st.sampled_from(
    [
        "word",
        "**bold**",
        "*it*",
        "`a|b`",
        "$x_1$",
        "![p](media:" + DIGEST + ")",
        "1\\.",
        "~~no~~",
        "[l](<https://a.b/>)",
    ]
)
BLOCKS = st.one_of(
    st.lists(WORDS, min_size=1, max_size=5).map(" ".join),
    st.sampled_from(
        ["- a\n- b", "1. a\n2. b", "> q", "```py\nx\n```", "| a | b |\n| --- | ---: |\n| 1 | 2 |", "## h", "---"]
    ),
)


@given(st.lists(BLOCKS, min_size=1, max_size=4))
def test_markdown_shows_the_same_after_the_way_out_and_back(blocks: list[str]) -> None:
    text = "\n\n".join(blocks)
    there = to_xhtml(text, address=lambda digest: "x.png")
    assert to_xhtml(markdown(there), address=lambda digest: "x.png") == there


@settings(deadline=None)
@given(st.text(alphabet="<>/abp &;\"'=#[]()*_$\\\n\x00\ud800", max_size=80))
def test_no_html_raises(html: str) -> None:
    assert isinstance(markdown(html), str)
