"""Percentiles from histograms are true to within two percent, and histograms add up."""

from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from shared.analytics.histogram import ERROR, counted, merged, percentile

DURATIONS = st.lists(st.integers(0, 30 * 86_400_000), max_size=60)


@given(DURATIONS.filter(bool), st.sampled_from([0.01, 0.5, 0.95, 1.0]))
def test_a_percentile_differs_by_two_percent_at_most(durations: list[int], share: float) -> None:
    exact = sorted(durations)[max(1, ceil(share * len(durations))) - 1]
    told = percentile(counted(durations), share)
    assert told is not None
    assert abs(told - exact) <= exact * ERROR + 0.5


@given(st.lists(DURATIONS, max_size=5))
def test_histograms_of_parts_add_up_to_that_of_the_whole(parts: list[list[int]]) -> None:
    assert merged(map(counted, parts)) == counted(each for part in parts for each in part)


def test_nothing_has_no_percentile_and_no_time_has_the_percentile_zero() -> None:
    assert percentile([], 0.5) is None
    assert percentile(counted([0, 0, 0]), 0.95) == 0
    assert percentile(counted([1]), 0.5) == 1
