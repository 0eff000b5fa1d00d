"""Stored shapes as callers see them."""

import orjson

from services.gateway.pinned import Pinned
from services.gateway.present import iso, page, run_shown, value_shown
from shared.contracts.run import Cause, NodeState, Run
from shared.contracts.value import Value, inline

PINNED = Pinned("wf_1:3", "default", "wf_1", 3, ("a", "b"))


def run(**changes: object) -> Run:
    """A run of version 3."""
    known = {"id": "run_1", "workspace_id": "default", "workflow_id": "wf_1", "version": "wf_1:3"}
    state = {
        "status": "running",
        "trigger": Cause(kind="api"),
        "rev": 1,
        "input": inline("{}"),
        "created_at": 0,
    }
    return Run.model_validate({**known, **state, **changes})


def test_times_are_iso_in_utc_to_the_millisecond() -> None:
    assert iso(1_700_000_000_007) == "2023-11-14T22:13:20.007Z"
    assert iso(None) is None


def test_every_node_of_the_graph_is_shown() -> None:
    shown = run_shown(run(nodes={"b": NodeState(status="ready", attempt=1)}), PINNED, {})
    assert [(key, node["status"]) for key, node in shown["nodes"].items()] == [
        ("a", "pending"),
        ("b", "ready"),
    ]
    assert (shown["version"], shown["output"]) == (3, None)


def test_an_ad_hoc_run_has_no_version_number() -> None:
    assert run_shown(run(workflow_id=None, version="adhoc:123"), None, {})["version"] is None


def test_values_are_spliced_in_as_they_are() -> None:
    text = '{"big":12345678901234567,"keep":1.0}'
    assert orjson.dumps(value_shown(inline(text), {})) == text.encode()
    assert orjson.dumps(value_shown(Value(ref="x", size=1), {"x": text})) == text.encode()


def test_a_page_tells_where_the_next_begins() -> None:
    items = [{"id": str(number)} for number in range(4)]
    assert page(items, 3) == {"items": items[:3], "next": "2"}
    assert page(items, 4)["next"] is None
    assert page([], 4) == {"items": [], "next": None}
