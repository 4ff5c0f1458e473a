"""Authors' texts: Markdown within bounds, and never a script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content import rendering


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[click](javascript:alert(1))",
        '<img src=x onerror="alert(1)">',
        "![x](data:text/html;base64,PHNjcmlwdD4=)",
        "<style>*{display:none}</style>",
        "$\\text{<script>alert(1)</script>}$",
        "```html\n<script>alert(1)</script>\n```",
    ],
)
def test_nothing_of_an_author_runs(text: str) -> None:
    made = rendering.html(text).lower()
    assert "<script" not in made
    assert "javascript:" not in made.replace("](javascript:", "")
    assert "<style" not in made
    assert "<img src=x" not in made


@given(st.text(max_size=200))
def test_every_text_can_be_rendered_and_read(text: str) -> None:
    assert "<script" not in rendering.html(text)
    rendering.inline(text)
    rendering.plain(text)
    rendering.lead(text)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), min_size=1, max_size=60))
def test_escaped_text_reads_as_it_was(text: str) -> None:
    assert rendering.plain(rendering.escaped(text)) == text


def test_mathematics_becomes_mathml_and_is_read_as_tex() -> None:
    assert "<math" in rendering.html("Let $a^2 + b^2$ be.")
    assert rendering.plain("Let $a^2$ be.") == "Let a^2 be."
    assert "<math" not in rendering.html("It costs $5 and $6.")


def test_code_is_highlighted_by_classes_only() -> None:
    made = rendering.html("```python\nprint(1)\n```")
    assert '<span class="nb">print</span>' in made
    assert "style=" not in made


def test_a_heading_takes_the_first_paragraph_and_the_rest_follows() -> None:
    text = "Which line **fails**?\n\n```python\n1/0\n```"
    assert rendering.lead(text) == "Which line <strong>fails</strong>?"
    assert "<pre" in rendering.rest(text)
    assert "fails" not in rendering.rest(text)


def test_pictures_are_served_by_their_digest_with_their_text() -> None:
    digest = "ab" * 32
    made = rendering.html(f"![A cat](media:{digest})")
    assert f'src="/learn/media/{digest}"' in made
    assert 'alt="A cat"' in made
    assert rendering.pictures(f"![A cat](media:{digest})") == [(f"media:{digest}", "A cat")]
    assert rendering.plain(f"![A cat](media:{digest})") == "A cat"
