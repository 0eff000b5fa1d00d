from datetime import datetime
from typing import Any

import pytest

from tests.contract.nodes import Nodes

PARIS = {"zone": "Europe/Paris"}


@pytest.mark.parametrize(
    ("config", "output"),
    [
        ({"value": "2024-05-31"}, "2024-05-31T00:00:00+00:00"),
        ({"value": "2024-05-31T14:30:00Z"}, "2024-05-31T14:30:00+00:00"),
        ({"value": "2024-05-31T14:30:00+02:00"}, "2024-05-31T14:30:00+02:00"),
        ({"value": "2024-05-31T14:30", **PARIS}, "2024-05-31T14:30:00+02:00"),
        ({"value": "2024-03-31T02:30", **PARIS}, "2024-03-31T03:30:00+02:00"),
        ({"value": 0}, "1970-01-01T00:00:00+00:00"),
        ({"value": 1717165800}, "2024-05-31T14:30:00+00:00"),
        ({"value": 1717165800000}, "2024-05-31T14:30:00+00:00"),
        ({"value": "Fri, 31 May 2024 14:30:00 +0200"}, "2024-05-31T14:30:00+02:00"),
        ({"value": "31.05.2024 14h30", "format": "%d.%m.%Y %Hh%M"}, "2024-05-31T14:30:00+00:00"),
    ],
)
async def test_times_are_read(nodes: Nodes, config: Any, output: str) -> None:
    assert await nodes.output("datetime", config) == output


@pytest.mark.parametrize(
    ("config", "output"),
    [
        ({"operation": "format", "value": "2024-05-31", "format": "%d/%m/%y 100%%"}, "31/05/24 100%"),
        ({"operation": "format", "value": "2024-05-31"}, "2024-05-31T00:00:00+00:00"),
        ({"operation": "convert", "value": "2024-05-31T12:00Z", **PARIS}, "2024-05-31T14:00:00+02:00"),
    ],
)
async def test_times_are_written(nodes: Nodes, config: Any, output: str) -> None:
    assert await nodes.output("datetime", config) == output


@pytest.mark.parametrize(
    ("value", "amount", "unit", "output"),
    [
        ("2024-01-31", 1, "month", "2024-02-29T00:00:00+00:00"),
        ("2024-02-29", -1, "year", "2023-02-28T00:00:00+00:00"),
        ("2024-11-30", 1, "quarter", "2025-02-28T00:00:00+00:00"),
        ("2024-12-31", 1, "day", "2025-01-01T00:00:00+00:00"),
        ("2024-12-31", -2, "week", "2024-12-17T00:00:00+00:00"),
        ("2024-01-01", 1.5, "hour", "2024-01-01T01:30:00+00:00"),
        ("2024-01-01", -1, "second", "2023-12-31T23:59:59+00:00"),
    ],
)
async def test_times_are_moved(nodes: Nodes, value: str, amount: float, unit: str, output: str) -> None:
    config = {"operation": "add", "value": value, "amount": amount, "unit": unit}
    assert await nodes.output("datetime", config) == output


async def test_a_day_keeps_the_clock_where_24_hours_do_not(nodes: Nodes) -> None:
    config = {"operation": "add", "value": "2024-03-30T12:00", **PARIS}
    day = await nodes.output("datetime", {**config, "amount": 1, "unit": "day"})
    assert day == "2024-03-31T12:00:00+02:00"
    skipped = {**config, "value": "2024-03-30T02:30", "amount": 1, "unit": "day"}
    assert await nodes.output("datetime", skipped) == "2024-03-31T03:30:00+02:00"
    hours = await nodes.output("datetime", {**config, "amount": 24, "unit": "hour"})
    assert hours == "2024-03-31T13:00:00+02:00"


@pytest.mark.parametrize(
    ("value", "other", "unit", "output"),
    [
        ("2024-01-01", "2024-03-01", "day", 60),
        ("2024-03-01", "2024-01-01", "week", -60 / 7),
        ("2024-03-31", "2024-04-01", "hour", 23),
        ("2024-01-31", "2024-02-29", "month", 1),
        ("2024-01-15", "2024-03-14", "month", 1),
        ("2024-03-15", "2024-01-15", "month", -2),
        ("2024-01-01", "2024-12-31", "quarter", 3),
        ("2000-06-15", "2024-06-14", "year", 23),
    ],
)
async def test_times_are_compared(nodes: Nodes, value: str, other: str, unit: str, output: float) -> None:
    zone = "Europe/Paris" if unit == "hour" else "UTC"
    config = {"operation": "diff", "value": value, "other": other, "unit": unit, "zone": zone}
    assert await nodes.output("datetime", config) == output


@pytest.mark.parametrize(
    ("value", "unit", "output"),
    [
        ("2024-05-31T14:35:46.5", "second", "2024-05-31T14:35:46+00:00"),
        ("2024-05-31T14:35:46", "minute", "2024-05-31T14:35:00+00:00"),
        ("2024-05-31T14:35:46", "hour", "2024-05-31T14:00:00+00:00"),
        ("2024-05-31T14:35:46", "day", "2024-05-31T00:00:00+00:00"),
        ("2024-05-31", "week", "2024-05-27T00:00:00+00:00"),
        ("2024-05-31", "month", "2024-05-01T00:00:00+00:00"),
        ("2024-05-31", "quarter", "2024-04-01T00:00:00+00:00"),
        ("2024-05-31", "year", "2024-01-01T00:00:00+00:00"),
        ("0001-01-01T05:00", "day", "0001-01-01T00:00:00+00:00"),
    ],
)
async def test_starts_are_found(nodes: Nodes, value: str, unit: str, output: str) -> None:
    assert await nodes.output("datetime", {"operation": "start_of", "value": value, "unit": unit}) == output


async def test_a_start_knows_its_season(nodes: Nodes) -> None:
    config = {"operation": "start_of", "value": "2024-05-31", "unit": "year", **PARIS}
    assert await nodes.output("datetime", config) == "2024-01-01T00:00:00+01:00"


async def test_now_is_a_time(nodes: Nodes) -> None:
    now = await nodes.output("datetime", {"operation": "now", **PARIS})
    assert datetime.fromisoformat(now).utcoffset() is not None
    assert await nodes.output("datetime", {"operation": "diff", "value": now, "other": now}) == 0


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"value": "yesterday"}, "text 'yesterday' is not a time in ISO 8601"),
        ({"value": ""}, "text '' is not a time"),
        ({"value": 1e300}, "is not a time"),
        ({"value": "2024-13-01"}, "is not a time"),
        ({"value": "31.05.2024", "format": "%d/%m/%Y"}, "the format '%d/%m/%Y'"),
        ({"value": "1 1", "format": "%d %d"}, "is not a time in the format"),
        ({"value": "x", "format": "%99999999d"}, "%9 in"),
        ({"value": "x", "format": "%"}, "is not a code"),
        ({"operation": "format", "value": 0, "format": "%-d"}, "%- in"),
        ({"value": "2024-01-01", "zone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        ({"value": "2024-01-01", "zone": "../../etc/passwd"}, "no time zone"),
        ({"value": "2024-01-01", "zone": "Europe"}, "no time zone"),
        ({"operation": "parse"}, "no time in value"),
        ({"operation": "diff", "value": 0}, "no time in other"),
        ({"operation": "convert", "value": 0}, "set zone"),
        ({"operation": "add", "value": 0, "amount": 1.5, "unit": "month"}, "whole number of months"),
        ({"operation": "add", "value": 0, "amount": 9e99, "unit": "second"}, "outside the years"),
        ({"operation": "add", "value": 0, "amount": 9e99, "unit": "day"}, "outside the years"),
        ({"operation": "add", "value": 0, "amount": 10**9, "unit": "year"}, "outside the years"),
        ({"operation": "add", "value": 0, "amount": -3000, "unit": "year"}, "outside the years"),
        (
            {"operation": "add", "value": "9999-12-31T23:00-05:00", "amount": 1, "unit": "hour"},
            "outside the years",
        ),
    ],
)
async def test_what_is_no_time_is_told(nodes: Nodes, config: Any, said: str) -> None:
    assert said in (await nodes.failure("datetime", config)).message


@pytest.mark.parametrize(
    "config",
    [{"value": [1]}, {"value": True}, {"value": "x" * 201}, {"unit": "fortnight"}, {"operation": "tell"}],
)
async def test_a_config_of_another_kind_is_refused(nodes: Nodes, config: Any) -> None:
    assert (await nodes.failure("datetime", config)).code in ("invalid_config", "invalid_input")
