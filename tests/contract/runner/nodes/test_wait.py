from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.ids import now_ms
from tests.contract.nodes import TYPES, Nodes

DAY_S = 86_400


async def test_it_sleeps_for_so_many_seconds(nodes: Nodes) -> None:
    before = now_ms()
    directive = await nodes.directive("wait", {"seconds": "{{ trigger * 2 }}"}, trigger=DAY_S)
    assert before <= directive.at - 2 * DAY_S * 1000 <= now_ms()


@pytest.mark.parametrize("zone", ["+00:00", "Z", "+05:30", ""])
async def test_it_sleeps_until_a_time(nodes: Nodes, zone: str) -> None:
    then = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    offset = timedelta(hours=5, minutes=30) if zone == "+05:30" else timedelta()
    written = (then + offset).replace(tzinfo=None).isoformat() + zone
    directive = await nodes.directive("wait", {"until": "{{ trigger }}"}, trigger=written)
    assert directive.at == then.timestamp() * 1000


@pytest.mark.parametrize("unit", [1, 1000])
async def test_it_sleeps_until_a_number_of_seconds_or_milliseconds(nodes: Nodes, unit: int) -> None:
    then = now_ms() // 1000 + DAY_S
    assert (await nodes.directive("wait", {"until": then * unit})).at == then * 1000


@pytest.mark.parametrize("config", [{"seconds": 0}, {"until": "2001-01-01T00:00:00Z"}, {"until": 0}])
async def test_what_is_past_is_not_waited_for(nodes: Nodes, config: dict[str, Any]) -> None:
    assert await nodes.output("wait", config) is None


@pytest.mark.parametrize("config", [{"seconds": 9 * DAY_S}, {"until": "2001-01-01T00:00:00Z"}])
async def test_a_dry_run_does_not_wait(nodes: Nodes, config: dict[str, Any]) -> None:
    assert await nodes.output("wait", config, dry=True) is None


@pytest.mark.parametrize(
    ("config", "code", "said"),
    [
        ({}, "invalid_input", "Neither"),
        ({"seconds": 1, "until": 1}, "invalid_input", "Both"),
        ({"until": "tomorrow"}, "invalid_input", "tomorrow"),
        ({"until": "9999-12-31T00:00:00Z"}, "invalid_input", "more than a year"),
        ({"until": 1e300}, "invalid_input", "1e+300"),
        ({"until": True}, "invalid_config", "config.until"),
        ({"seconds": -1}, "invalid_config", "config.seconds"),
        ({"seconds": 366 * DAY_S}, "invalid_config", "config.seconds"),
        ({"seconds": "soon"}, "invalid_config", "config.seconds"),
    ],
)
async def test_times_that_are_none_are_told(
    nodes: Nodes, config: dict[str, Any], code: str, said: str
) -> None:
    for dry in (False, True):
        failure = await nodes.failure("wait", config, dry=dry)
        assert failure.code == code
        assert said in failure.message


async def test_it_may_take_long() -> None:
    assert TYPES["wait"].node_type.waits
