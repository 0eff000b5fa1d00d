"""What a remembered answer depends on: all that could make it another one, and nothing else."""

from typing import Any

import pytest

from services.runner.nodes.filter import filter_items
from services.runner.nodes.set import set_values
from shared.contracts.catalog import NodeType
from shared.remembered import key_of

FILTER: NodeType = filter_items.registered.node_type  # type: ignore[attr-defined]
SET: NodeType = set_values.registered.node_type  # type: ignore[attr-defined]
BINDINGS: dict[str, Any] = {
    "nodes": {"a": {"least": 1}, "b": 2},
    "trigger": {"n": 1},
    "run": {"id": "run_1"},
    "vars": {},
}


def key(where: str = "item > 1", node_type: NodeType = FILTER, workspace: str = "w", **changes: Any) -> str:
    config = {"items": changes.pop("items", [1, 2]), "where": where}
    return key_of(workspace, node_type, config, {**BINDINGS, **changes})


def test_the_same_again_has_the_same_key() -> None:
    assert key() == key(trigger={"n": 2}, run={"id": "run_2"}, nodes={}, vars={"a": 1})


def test_another_workspace_type_or_config_has_another_key() -> None:
    changed = FILTER.model_copy(update={"description": "Since today it does something else."})
    keys = [key(), key(workspace="x"), key(items=[1, 3]), key("item > 2"), key(node_type=changed)]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("where", "changes"),
    [
        ("item > trigger.n", {"trigger": {"n": 2}}),
        ("item > nodes.a.least", {"nodes": {"a": {"least": 2}, "b": 2}}),
        ("item > nodes['a']['least']", {"nodes": {"a": {"least": 2}, "b": 2}}),
        ("item in nodes", {"nodes": {"a": {"least": 1}, "b": 3}}),
        ("item != run.id", {"run": {"id": "run_2"}}),
        ("{{ item > vars.least }}", {"vars": {"least": 2}}),
    ],
)
def test_what_an_expression_names_per_item_counts(where: str, changes: dict[str, Any]) -> None:
    assert key(where) != key(where, **changes)


def test_what_it_does_not_name_does_not() -> None:
    assert key("item > nodes.a.least") == key(
        "item > nodes.a.least", nodes={"a": {"least": 1}, "b": 3}, trigger=None
    )


def test_values_that_look_like_expressions_are_values() -> None:
    written = {"values": {"a": "{{ trigger.n }}"}}
    assert key_of("w", SET, written, BINDINGS) == key_of("w", SET, written, {**BINDINGS, "trigger": 5})


def test_kinds_of_numbers_and_the_order_of_keys_count() -> None:
    found = [{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1.0, "b": 2}, {"a": True, "b": 2}]
    assert len({key(items=[each]) for each in found}) == 4
