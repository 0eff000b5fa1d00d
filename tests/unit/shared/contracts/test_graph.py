"""What a graph may look like, before anyone asks what it means."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.contracts.graph import MOST_NODES, Graph, Node, Retry, Settings
from tests.builders import graph


def node(node_id: str) -> dict[str, Any]:
    return {"id": node_id, "type": "noop"}


@pytest.mark.parametrize("node_id", ["a", "A-1_b", "x" * 64, "0"])
def test_an_id_is_plain(node_id: str) -> None:
    assert Graph.model_validate({"nodes": [node(node_id)]}).nodes[0].id == node_id


@pytest.mark.parametrize(
    "node_id", ["", "a.b", "$a", "a b", "x" * 65, "ä", "a\n", "a\x00", "{{a}}", 1, None, ["a"]]
)
def test_an_id_that_could_mean_something_to_a_store_is_refused(node_id: object) -> None:
    with pytest.raises(ValidationError):
        Node.model_validate({"id": node_id, "type": "noop"})


def test_ids_that_repeat_are_named() -> None:
    with pytest.raises(ValidationError, match="repeated: a, b"):
        Graph.model_validate({"nodes": [node(each) for each in "abcab"]})


@pytest.mark.parametrize("count", [0, MOST_NODES + 1])
def test_a_graph_has_one_to_a_thousand_nodes(count: int) -> None:
    with pytest.raises(ValidationError):
        Graph.model_validate({"nodes": [node(f"n{index}") for index in range(count)]})


@pytest.mark.parametrize(
    ("place", "extra"),
    [
        ((), {"flow": 1}),
        (("nodes", 0), {"colour": "red"}),
        (("nodes", 0, "policy"), {"retries": 3}),
        (("nodes", 0, "policy", "retry"), {"attempts": 3}),
        (("edges", 0), {"label": "x"}),
        (("settings",), {"timeout": 3}),
    ],
)
def test_unknown_keys_are_refused_wherever_they_are(place: tuple[Any, ...], extra: dict[str, Any]) -> None:
    drawn = graph("a > b").model_dump()
    found: Any = drawn
    for key in place:
        found = found[key]
    found.update(extra)
    with pytest.raises(ValidationError, match=next(iter(extra))):
        Graph.model_validate(drawn)


@pytest.mark.parametrize(
    "changes",
    [{"max_attempts": 0}, {"max_attempts": 101}, {"initial_s": -1}, {"multiplier": 0.5}, {"jitter": 1.1},
     {"max_s": 1e9}, {"initial_s": float("nan")}, {"multiplier": float("inf")}],
)  # fmt: skip
def test_a_retry_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Retry.model_validate(changes)


@pytest.mark.parametrize(
    "changes", [{"timeout_s": 0}, {"timeout_s": 1e12}, {"max_parallel": 0}, {"timeout_s": float("nan")}]
)
def test_settings_have_bounds(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(changes)


def test_a_graph_survives_its_journey() -> None:
    drawn = graph("a:true > b", a={"join": "any", "config": {"x": ["{{ trigger }}", 1.5, None]}})
    assert Graph.model_validate_json(drawn.model_dump_json()) == drawn
