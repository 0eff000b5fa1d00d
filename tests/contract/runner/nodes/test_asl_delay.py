from typing import Any

import pytest

from tests.contract.nodes import Nodes

TOKEN = {"data": {"s": 5, "t": "2020-01-01T00:00:00Z", "in": {"s": 1}}, "next": "W"}


def config(**state: Any) -> dict[str, Any]:
    return {"from": ["{{ nodes.before }}"], "at": "W", "name": "W", "state": state}


@pytest.mark.parametrize(
    ("state", "until"),
    [
        ({"SecondsPath": "$.s"}, 5),
        ({"TimestampPath": "$.t"}, "2020-01-01T00:00:00Z"),
        ({"InputPath": "$.in", "SecondsPath": "$.s"}, 1),
        ({"InputPath": "$.in", "Seconds": 9}, 9),
    ],
)
async def test_it_reads_how_long_to_wait(nodes: Nodes, state: dict[str, Any], until: Any) -> None:
    found = await nodes.output("asl.delay", config(**state), before=TOKEN)
    data = TOKEN["data"]["in"] if "InputPath" in state else TOKEN["data"]
    assert found == {"input": data, "until": until}


@pytest.mark.parametrize("state", [{"Seconds": 99_999_999}, {"Timestamp": "2999-01-01T00:00:00Z"}])
async def test_no_run_waits_longer_than_a_year(nodes: Nodes, state: dict[str, Any]) -> None:
    found = await nodes.output("asl.delay", config(**state), before=TOKEN)
    kind = "seconds" if "Seconds" in state else "until"
    assert await nodes.directive("wait", {kind: found["until"]})


@pytest.mark.parametrize("state", [{"SecondsPath": "$.t"}, {"TimestampPath": "$.s"}, {"SecondsPath": "$.x"}])
async def test_what_is_no_time_fails(nodes: Nodes, state: dict[str, Any]) -> None:
    assert (await nodes.failure("asl.delay", config(**state), before=TOKEN)).code == "States.Runtime"
