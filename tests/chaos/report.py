"""What came of it, as a table."""

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.chaos.facts import Violation

KINDS = ("lost", "doubled", "gap", "life", "executed twice", "unfinished", "outcome", "dead letter", "fault")
SHOWN = 40


def table(
    counts: Mapping[str, object], done: Mapping[str, int], took: Mapping[str, Sequence[float]],
    found: Sequence[Violation],
) -> str:  # fmt: skip
    """Lines for people: what there was, what was done, how long it took to get over it, what is wrong."""
    return "\n".join([*_told(counts, done, took), *_judged(found)])


def _told(
    counts: Mapping[str, object], done: Mapping[str, int], took: Mapping[str, Sequence[float]]
) -> Iterator[str]:
    for name, value in counts.items():
        yield f"  {name:32} {value}"
    yield "mischief"
    for name, count in sorted(done.items()):
        yield f"  {name:32} {count}"
    yield "recovery, seconds                    p50      max    count"
    for name, seconds in sorted(took.items()):
        yield f"  {name:32} {statistics.median(seconds):6.2f}   {max(seconds):6.2f}   {len(seconds):6}"


def _judged(found: Sequence[Violation]) -> Iterator[str]:
    counted = Counter(each.kind for each in found)
    yield "violations"
    for kind in KINDS:
        yield f"  {kind:32} {counted[kind]}"
    for each in found[:SHOWN]:
        yield f"    {each}"
    if len(found) > SHOWN:
        yield f"    ... and {len(found) - SHOWN} more"
