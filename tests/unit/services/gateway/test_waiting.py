"""What suspended nodes wait for, as callers see it."""

from typing import Any

import orjson

from services.gateway.waiting import waiting_shown
from shared.contracts.directive import AwaitDecision, AwaitSignal, SleepUntil, SpawnRuns
from shared.contracts.run import Children, NodeState, Suspension
from shared.contracts.value import Value, inline
from shared.signals import token
from tests.builders import run

ROOT = "http://weft.example"


def shown(directive: Any, texts: dict[str, str] | None = None, **suspension: Any) -> Any:
    """How node `a`, suspended by that directive, is shown."""
    state = NodeState(
        status="suspended",
        attempt=1,
        turn=4,
        suspended=Suspension(directive=directive, started_at=0, **suspension),
    )
    of = run(status="running", secret="s3cret", nodes={"a": state})
    return orjson.loads(orjson.dumps(waiting_shown(of, "a", texts or {}, ROOT)))


def test_a_review_is_shown_with_all_that_is_needed_to_decide_it() -> None:
    asked = AwaitDecision(
        decisions=["yes", "no"], assignees=["ada"], form='{"type":"object"}', timeout_at=1000
    )
    given = inline('{"title":"Pay?","instructions":"Look closely","context":{"amount":42},"form":{}}')
    assert shown(asked, input=given) == {
        "kind": "review",
        "since": "1970-01-01T00:00:00.000Z",
        "title": "Pay?",
        "instructions": "Look closely",
        "context": {"amount": 42},
        "form": {"type": "object"},
        "assignees": ["ada"],
        "decisions": ["yes", "no"],
        "timeout_at": "1970-01-01T00:00:01.000Z",
    }


def test_a_long_review_is_fetched() -> None:
    found = shown(
        AwaitDecision(decisions=["ok"]), {"ref": '{"title":"Long"}'}, input=Value(ref="ref", size=1)
    )
    assert found["title"] == "Long"


def test_a_signal_is_shown_with_its_url() -> None:
    found = shown(AwaitSignal(form="true"))
    assert found["url"] == f"{ROOT}/api/v1/signals/run_1/a/{token('s3cret', 'a')}"
    assert found["schema"] is True


def test_a_wait_is_shown_with_its_end() -> None:
    assert shown(SleepUntil(at=5000))["until"] == "1970-01-01T00:00:05.000Z"


def test_a_container_is_shown_with_the_count_of_its_children() -> None:
    children = Children(released=7, open=["5", "6"], failed=1)
    each = shown(SpawnRuns(shape="map", total=20), children=children)["children"]
    assert each == {"shape": "map", "total": 20, "running": 2, "done": 5, "failed": 1}
    turns = shown(SpawnRuns(shape="loop"), children=children)["children"]
    assert (turns["total"], turns["turn"]) == (None, 4)


def test_a_node_that_is_not_suspended_waits_for_nothing() -> None:
    assert waiting_shown(run(), "a", {}, ROOT) is None
