"""A run knows what its attempts and the child runs it has waited for have cost, each counted once."""

from dataclasses import replace

from shared.contracts.usage import Usage
from tests.builders import failed, graph, succeeded, version
from tests.unit.services.planner.play import Play, alone
from tests.unit.services.planner.test_decide_maps import items

COST = Usage(tokens=5, cost_usd=0.25)
RETRY = {"retry": {"max_attempts": 2, "initial_s": 0, "jitter": 0}}


def test_every_attempt_costs_also_one_that_fails() -> None:
    play = alone("a", a=RETRY)
    play.answer(failed("a").model_copy(update={"usage": COST}))
    play.answer(succeeded("a", attempt=2).model_copy(update={"usage": COST}))
    assert (play.run.status, play.run.usage) == ("succeeded", COST + COST)


def test_a_result_that_comes_twice_costs_once() -> None:
    play = Play(version(graph("a > b", b={"type": "noop"}), side_effects={"a": "once"}))
    result = succeeded("a").model_copy(update={"usage": COST})
    play.answer(result)
    play.answer(result)
    assert play.run.usage == COST


def test_child_runs_cost_their_parent_once() -> None:
    play = Play(version(graph("m > after")))
    play.ask("m", items(2))
    answer = replace(play.answered("m", "0"), usage=COST)
    play.tell(answer, answer)
    play.tell(replace(play.answered("m", "1"), usage=COST), answer)
    assert play.run.usage == COST + COST
