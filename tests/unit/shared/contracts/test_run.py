"""A run document, as the store and the bus carry it."""

from shared.contracts.node_run import NodeRun, node_run_id
from shared.contracts.run import IN_FLIGHT, NODE_FINISHED, Event, NodeState, Run
from shared.contracts.usage import Usage
from tests.builders import NOW, failed, run, succeeded


def test_a_run_survives_its_journey_without_what_is_usual() -> None:
    busy = run(
        status="running",
        nodes={"a": NodeState(status="running", attempt=2, head="a", head_attempt=2)},
        outbox={"7": Event(type="node.started", at=NOW, node="a", attempt=2)},
        eligible=["b"],
        usage=Usage(tokens=3, cost_usd=0.5),
    )
    document = busy.model_dump(by_alias=True, exclude_defaults=True)
    assert document["_id"] == busy.id
    assert document["nodes"]["a"] == {"status": "running", "attempt": 2, "head": "a", "head_attempt": 2}
    assert Run.model_validate(document) == busy


def test_a_node_run_is_found_by_run_head_and_attempt() -> None:
    stored = NodeRun(
        id=node_run_id("run_1", "a", 2),
        run_id="run_1",
        workspace_id="w",
        results=[succeeded("a"), failed("b")],
        created_at=NOW,
    )
    document = stored.model_dump(by_alias=True, exclude_defaults=True)
    assert document["_id"] == "run_1:a:2"
    assert NodeRun.model_validate(document) == stored


def test_a_node_is_in_flight_or_finished_but_not_both() -> None:
    assert not IN_FLIGHT & NODE_FINISHED
