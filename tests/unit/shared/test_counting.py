"""Months, in UTC."""

from datetime import UTC, datetime

import pytest

from shared.counting import begin_of, end_of, month_of


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "month", "begin", "end"),
    [
        ((2026, 11, 1), "2026-11", (2026, 11, 1), (2026, 12, 1)),
        ((2026, 12, 31, 23, 59, 59), "2026-12", (2026, 12, 1), (2027, 1, 1)),
        ((2028, 2, 29, 12), "2028-02", (2028, 2, 1), (2028, 3, 1)),
    ],
)
def test_a_month_begins_and_ends(
    now: tuple[int, ...], month: str, begin: tuple[int, ...], end: tuple[int, ...]
) -> None:
    assert (month_of(at(*now)), begin_of(at(*now)), end_of(at(*now))) == (month, at(*begin), at(*end))
