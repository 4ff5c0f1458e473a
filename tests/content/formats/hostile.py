"""Files that nobody means well with."""

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
