"""`python -m bench gift`: reading a bank of GIFT questions, without a database or any other process.

Every question goes through the reader as in a dry run of an import. Seconds are CPU time of this process; memory is
the most that it took over what it took before the file was made.
"""

import resource
import time

TYPES = (
    "[html]<p>Which is a <b>prime</b>, number {n}?</p>{{\n\t=7#Yes.\n\t~8#No\\: it is even.\n\t~%50%9#Nearly.\n}}",
    "Which of these belong to {n}?{{\n\t~%50%one\n\t~%50%two\n\t~%-100%three\n####Look again.}}",
    "Statement {n} is true.{{T#No#Yes}}",
    "Who was number {n}?{{=Grant =%50%Grand*}}",
    "How much is {n}?{{#{n}:0.5 =%50%1..{n}}}",
    "Match {n}.{{=a -> b =c -> d =e -> f}}",
    "[markdown]Write about **{n}**.{{}}",
    "The number {n} {{=comes ~goes}} first.",
)


def bank(count: int) -> bytes:
    parts = (f"// [id:q{n}] [tag:made]\n::Question {n}::{TYPES[n % len(TYPES)].format(n=n)}" for n in range(count))
    return "\n\n".join(parts).encode()


def measure(count: int) -> str:
    """What reading `count` questions takes. Django must be set up."""
    from content.formats import gift_parsing, table
    from content.formats.reading import Source

    data = bank(count)
    before, began = _peak(), time.process_time()
    parsed = sum(1 for _ in gift_parsing.questions(data.decode()))
    parsing = f"parsed in {time.process_time() - began:.1f} s of CPU, {_peak() - before:.0f} MB more"
    began = time.process_time()
    draft = table.named("gift").read(Source("bank.gift", data))
    reading = f"read in {time.process_time() - began:.1f} s of CPU, {_peak() - before:.0f} MB more"
    assert parsed == len(draft.items) == count
    return f"{count} GIFT questions, {len(data) / 1e6:.1f} MB: {parsing}; {reading}, {len(draft.losses)} losses"


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
