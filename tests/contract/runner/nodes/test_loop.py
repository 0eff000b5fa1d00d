from typing import Any

import pytest

from shared.contracts.value import from_json
from tests.contract.nodes import TYPES, Nodes


def looping(while_: str, **config: Any) -> dict[str, Any]:
    return {"state": "{{ trigger }}", "while": while_, "graph": {}, **config}


async def test_the_first_turn_begins_with_the_state_it_is_given(nodes: Nodes) -> None:
    directive = await nodes.directive("loop", looping("item.n < 3"), trigger={"n": 0})
    assert (directive.shape, directive.turn) == ("loop", 0)
    assert from_json(directive.item.json_text) == {"n": 0}


async def test_a_later_turn_begins_with_what_the_last_one_left(nodes: Nodes) -> None:
    given = {"trigger": {"n": 0}, "turn": 2, "state": {"n": 2}}
    directive = await nodes.directive("loop", looping("item.n < 3"), **given)
    assert directive.turn == 2
    assert from_json(directive.item.json_text) == {"n": 2}


async def test_it_ends_with_the_state_for_which_it_no_longer_holds(nodes: Nodes) -> None:
    given = {"trigger": {"n": 0}, "turn": 3, "state": {"n": 3}}
    assert await nodes.output("loop", looping("item.n < 3"), **given) == {"n": 3}


async def test_what_no_longer_holds_at_once_runs_nothing(nodes: Nodes) -> None:
    assert await nodes.output("loop", looping("item"), trigger=[]) == []


async def test_a_state_that_a_turn_has_left_empty_is_not_the_first_one_again(nodes: Nodes) -> None:
    assert await nodes.output("loop", looping("item is not None"), trigger=5, turn=1, state=None) is None


@pytest.mark.parametrize(("while_", "turn", "more"), [("index < 2", 1, True), ("{{ index < 2 }}", 2, False)])
async def test_the_turns_can_be_counted(nodes: Nodes, while_: str, turn: int, more: bool) -> None:
    result = await nodes.result("loop", looping(while_), turn=turn, state="x")
    assert (result.directive is not None) is more
    assert result.turn == turn


async def test_it_may_name_nodes_and_the_trigger(nodes: Nodes) -> None:
    config = looping("item < nodes.limit.n + trigger")
    assert await nodes.directive("loop", config, trigger=1, limit={"n": 2}, turn=1, state=2)
    assert await nodes.output("loop", config, trigger=1, limit={"n": 2}, turn=1, state=3) == 3


async def test_too_many_turns_are_a_failure(nodes: Nodes) -> None:
    config = looping("item > 0", max=3)
    assert (await nodes.directive("loop", config, turn=2, state=9)).turn == 2
    failure = await nodes.failure("loop", config, turn=3, state=9)
    assert (failure.code, failure.details) == ("loop_limit", {"turns": 3})
    assert "'item > 0' still holds" in failure.message
    assert await nodes.output("loop", config, turn=3, state=0) == 0


@pytest.mark.parametrize(
    ("while_", "code"),
    [("item.x", "expression_missing"), ("item +", "expression_error"), ("item + 'a'", "expression_error")],
)
async def test_an_expression_that_fails_is_a_failure(nodes: Nodes, while_: str, code: str) -> None:
    assert (await nodes.failure("loop", looping(while_), trigger={"n": 1})).code == code


async def test_its_body_and_its_expression_are_kept_as_they_are() -> None:
    found = TYPES["loop"].node_type
    assert (found.bodies, found.per_item) == (["graph"], ["while"])
