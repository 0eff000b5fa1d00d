"""Durations counted in buckets that grow by 4 %: any percentile can be told to within 2 %, and histograms of
parts add up to that of the whole. Pure.

Kept as a flat list `[bucket, count, bucket, count, ...]` in the order of the buckets."""

from collections import Counter
from collections.abc import Iterable
from math import ceil, log

ERROR = 0.02
"""The largest relative error of a percentile (and half a millisecond for the rounding)."""
GROWTH = (1 + ERROR) / (1 - ERROR)
NOTHING = -1
"""The bucket of durations of 0 ms."""

Histogram = list[int]


def counted(durations_ms: Iterable[int]) -> Histogram:
    """The histogram of these."""
    return _flat(Counter(bucket_of(each) for each in durations_ms))


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """The histogram of all that these were made of."""
    found: Counter[int] = Counter()
    for each in histograms:
        for at in range(0, len(each), 2):
            found[each[at]] += each[at + 1]
    return _flat(found)


def percentile(histogram: Histogram, share: float) -> int | None:
    """The least duration in ms that this share of all do not exceed; None when there are none."""
    rank = max(1, ceil(share * sum(histogram[1::2])))
    for at in range(0, len(histogram), 2):
        rank -= histogram[at + 1]
        if rank <= 0:
            return middle_of(histogram[at])
    return None


def bucket_of(duration_ms: int) -> int:
    """Bucket `n` holds what is over `GROWTH ** (n - 1)` and at most `GROWTH ** n` milliseconds."""
    return ceil(log(duration_ms) / log(GROWTH)) if duration_ms > 0 else NOTHING


def middle_of(bucket: int) -> int:
    """The duration that all in the bucket differ from by `ERROR` at most."""
    return 0 if bucket == NOTHING else round(2 * GROWTH**bucket / (GROWTH + 1))


def _flat(counts: Counter[int]) -> Histogram:
    flat: list[int] = []
    for bucket in sorted(counts):
        flat += (bucket, counts[bucket])
    return flat
