from typing import Any

import pytest

from services.runner.nodes import map as module
from shared.contracts.directive import SpawnRuns
from shared.contracts.value import from_json
from tests.contract.nodes import TYPES, Nodes


def asked(items: Any, **config: Any) -> dict[str, Any]:
    return {"items": items, "graph": {}, **config}


def given(directive: SpawnRuns) -> Any:
    assert directive.items
    return from_json(directive.items.json_text or "")


async def test_every_element_of_a_list_is_an_item(nodes: Nodes) -> None:
    directive = await nodes.directive("map", asked("{{ trigger }}"), trigger=[3, None, {"a": 1}])
    assert given(directive) == [3, None, {"a": 1}]
    assert (directive.shape, directive.total, directive.keyed) == ("map", 3, False)
    assert (directive.concurrency, directive.on_item_failure) == (10, "stop")


async def test_every_entry_of_an_object_is_an_item_with_its_key(nodes: Nodes) -> None:
    directive = await nodes.directive("map", asked({"b": 1, "a": "{{ trigger }}"}), trigger=[2])
    assert given(directive) == [{"key": "b", "value": 1}, {"key": "a", "value": [2]}]
    assert (directive.total, directive.keyed) == (2, True)


async def test_how_it_goes_about_it_can_be_chosen(nodes: Nodes) -> None:
    directive = await nodes.directive("map", asked([1], concurrency=100, on_item_failure="drop"))
    assert (directive.concurrency, directive.on_item_failure) == (100, "drop")


@pytest.mark.parametrize("items", [[], {}])
async def test_where_there_is_nothing_nothing_is_run(nodes: Nodes, items: Any) -> None:
    assert await nodes.output("map", asked("{{ trigger }}"), trigger=items) == items


@pytest.mark.parametrize(
    ("items", "said"), [("text", "text 'text'"), (None, "null"), (7, "the number 7"), (True, "true")]
)
async def test_anything_else_is_told_for_what_it_is(nodes: Nodes, items: Any, said: str) -> None:
    failure = await nodes.failure("map", asked("{{ trigger }}"), trigger=items)
    assert failure.code == "invalid_input"
    assert said in failure.message


async def test_there_is_an_end_to_the_items(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ITEMS", 3)
    assert (await nodes.directive("map", asked([1, 2, 3]))).total == 3
    failure = await nodes.failure("map", asked([1, 2, 3, 4]))
    assert failure.code == "too_large"
    assert "4 items; 3 may be" in failure.message


@pytest.mark.parametrize("config", [{"concurrency": 0}, {"concurrency": 101}, {"on_item_failure": "panic"}])
async def test_bad_settings_are_refused(nodes: Nodes, config: dict[str, Any]) -> None:
    assert (await nodes.failure("map", asked([1], **config))).code == "invalid_config"


async def test_the_body_is_not_evaluated_here(nodes: Nodes) -> None:
    config = {"items": [1], "graph": {"nodes": [{"config": {"a": "{{ item.nowhere }}"}}]}}
    assert (await nodes.directive("map", config)).total == 1
    assert TYPES["map"].node_type.bodies == ["graph"]
