"""`python bench/read_gift.py [QUESTIONS]`: reading a bank of GIFT questions, without a database.

Every question goes through the reader as in a dry run of an import. Seconds are CPU time of this process; memory is
the most that it took over what it took before the file was made.
"""

import os
import resource
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("SECRET_KEY", "only-for-the-benchmark")

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


def main() -> None:
    import django

    django.setup()
    from content.formats import gift_parsing, table
    from content.formats.reading import Source

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    data = bank(count)
    before, began = _peak(), time.process_time()
    parsed = sum(1 for _ in gift_parsing.questions(data.decode()))
    print(
        f"{parsed} questions, {len(data) / 1e6:.1f} MB: parsed in {time.process_time() - began:.1f} s of CPU,"
        f" {_peak() - before:.0f} MB more"
    )
    began = time.process_time()
    draft = table.named("gift").read(Source("bank.gift", data))
    print(
        f"{len(draft.items)} items, {len(draft.losses)} losses: read in {time.process_time() - began:.1f} s of CPU,"
        f" {_peak() - before:.0f} MB more"
    )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
