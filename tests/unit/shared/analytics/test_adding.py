"""However facts come, a roll-up says what counting them one by one says."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.analytics.adding import MOST_CODES, OTHER, errors_by_code, nodes_by_type, with_facts
from shared.analytics.histogram import counted
from shared.contracts.figures import NodeFigures, RollUp, RunFact

EMPTY = RollUp(id="default:0", workspace_id="default", hour=0)


@st.composite
def facts(draw: st.DrawFn) -> list[RunFact]:
    """Runs of three workflows in an hour."""
    return [draw(_fact(f"run_{number}")) for number in range(draw(st.integers(0, 25)))]


@st.composite
def _fact(draw: st.DrawFn, run_id: str) -> RunFact:
    status = draw(st.sampled_from(["succeeded", "failed", "cancelled"]))
    took = draw(st.none() | st.integers(0, 100_000))
    return RunFact(
        id=run_id,
        open="00",
        workspace_id="default",
        workflow_id=draw(st.sampled_from(["", "wf_1", "wf_2"])),
        status=status,  # type: ignore[arg-type]
        finished_at=draw(st.integers(0, 3_599_999)),
        duration_ms=took,
        wait_ms=took,
        code=draw(st.sampled_from(["timeout", "http_404"])) if status == "failed" else None,
        tokens=draw(st.integers(0, 10_000)),
        cost_nanos=draw(st.integers(0, 10**9)),
        nodes=[
            NodeFigures(type=each, count=2, failures=1, total_ms=7, longest_ms=5, durations=counted([2, 5]))
            for each in draw(st.sets(st.sampled_from(["set", "http.request"])))
        ],
    )


@given(facts(), st.randoms(use_true_random=False), st.integers(1, 7))
def test_order_and_grouping_do_not_matter(found: list[RunFact], luck: Any, size: int) -> None:
    at_once = with_facts(EMPTY, found)
    shuffled = luck.sample(found, len(found))
    rollup = EMPTY
    for start in range(0, len(shuffled), size):
        rollup = with_facts(rollup, shuffled[start : start + size])
    assert rollup.model_copy(update={"taken": []}) == at_once.model_copy(update={"taken": []})


@given(facts())
def test_a_rollup_says_what_counting_says(found: list[RunFact]) -> None:
    rollup = with_facts(EMPTY, found)
    for figures in rollup.runs:
        mine = [fact for fact in found if fact.workflow_id == figures.workflow_id]
        statuses = Counter(fact.status for fact in mine)
        assert (figures.succeeded, figures.failed, figures.cancelled) == (
            statuses["succeeded"],
            statuses["failed"],
            statuses["cancelled"],
        )
        assert figures.tokens == sum(fact.tokens for fact in mine)
        assert figures.cost_nanos == sum(fact.cost_nanos for fact in mine)
        assert figures.durations == counted(f.duration_ms for f in mine if f.duration_ms is not None)
    assert {each.workflow_id for each in rollup.runs} == {fact.workflow_id for fact in found}
    codes = Counter(fact.code for fact in found if fact.code)
    assert {each.code: each.count for each in errors_by_code(rollup.errors)} == codes
    for error in errors_by_code(rollup.errors):
        last = max((f.finished_at, f.id) for f in found if f.code == error.code)
        assert (error.last_at, error.run_id) == last
    types = Counter(node.type for fact in found for node in fact.nodes)
    assert {each.type: each.count for each in nodes_by_type(rollup.nodes)} == {
        each: 2 * count for each, count in types.items()
    }


def test_codes_without_end_do_not_make_a_rollup_without_end() -> None:
    rollup = EMPTY
    for number in range(3):
        named = [_failed(f"run_{number}_{each}", f"order_{number}_{each}") for each in range(MOST_CODES)]
        rollup = with_facts(rollup, named)
    assert len(rollup.errors) == MOST_CODES + 1
    assert sum(each.count for each in rollup.errors) == 3 * MOST_CODES
    assert max(rollup.errors, key=lambda each: each.count).code == OTHER


def _failed(run_id: str, code: str) -> RunFact:
    return RunFact(id=run_id, open="00", workspace_id="default", status="failed", finished_at=1, code=code)
