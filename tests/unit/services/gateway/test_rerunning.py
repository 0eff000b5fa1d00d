"""What a re-run takes over from the run before, and what it runs afresh."""

from collections.abc import Mapping
from typing import Any

import pytest

from services.gateway.errors import Refused
from services.gateway.rerunning import Again, taken_over
from shared.contracts.graph import Graph
from shared.contracts.run import NodeState, Run
from shared.contracts.version import FrozenNode
from tests.builders import graph, pinned, run

OUT = NodeState(status="succeeded", attempt=1, port="out", head="a", head_attempt=1)
SKIPPED = NodeState(status="skipped")
FAILED = NodeState(status="failed", attempt=1)
LINE = graph("a > b > c")


def old(status: str = "failed", /, **nodes: NodeState) -> Run:
    """A run that has finished."""
    return run(status=status, nodes=nodes)


def kept(
    of: Run,
    before: Graph,
    again: Again,
    after: Graph | None = None,
    roots: Mapping[str, list[str]] | None = None,
) -> dict[str, str]:
    """The statuses taken over, by node."""
    one = pinned(before)
    other = pinned(after, version_id="wf_1:2") if after else one
    for node_id, names in (roots or {}).items():
        frozen: FrozenNode = other.frozen[node_id]
        other.frozen[node_id] = frozen.model_copy(update={"roots": names})
    return {node_id: state.status for node_id, state in taken_over(of, one, other, again).items()}


def test_a_failed_run_goes_on_where_it_failed() -> None:
    cancelled = NodeState(status="cancelled")
    assert kept(old(a=OUT, b=FAILED, c=cancelled), LINE, Again()) == {"a": "succeeded"}
    assert kept(old("cancelled", a=OUT, b=OUT), LINE, Again()) == {"a": "succeeded", "b": "succeeded"}


def test_a_run_that_succeeded_runs_as_a_whole_unless_told_where_from() -> None:
    done = old("succeeded", a=OUT, b=OUT, c=OUT)
    assert kept(done, LINE, Again()) == {}
    assert kept(done, LINE, Again("b")) == {"a": "succeeded"}
    assert kept(done, LINE, Again("a")) == {}


def test_what_lies_beside_the_node_is_kept() -> None:
    fork = graph("a > b > d", "a > c > e")
    done = old("succeeded", **dict.fromkeys("abcde", OUT))
    assert set(kept(done, fork, Again("b"))) == {"a", "c", "e"}


def test_a_failure_that_the_graph_went_on_after_is_kept() -> None:
    went_on = NodeState(status="failed", attempt=1, port="out", head="a", head_attempt=1)
    assert kept(old(a=went_on, b=SKIPPED, c=FAILED), LINE, Again()) == {"a": "failed", "b": "skipped"}


def test_the_result_of_a_rerun_is_found_where_it_was_made() -> None:
    [state] = taken_over(
        old("succeeded", a=OUT.model_copy(update={"source": "run_0"}), b=OUT),
        pinned(graph("a > b")), pinned(graph("a > b")), Again("b"),
    ).values()  # fmt: skip
    assert (state.source, state.head, state.head_attempt, state.port) == ("run_0", "a", 1, "out")
    [state] = taken_over(
        old(a=OUT, b=FAILED), pinned(graph("a > b")), pinned(graph("a > b")), Again()
    ).values()
    assert state.source == "run_1"


def test_only_one_node_runs() -> None:
    fork = graph("a > b > d", "a > c")
    done = old("succeeded", **dict.fromkeys("abd", OUT))
    found = kept(done, fork, Again("b", only=True))
    assert found == {"a": "succeeded", "d": "skipped", "c": "skipped"}
    assert kept(old("cancelled"), fork, Again("b", only=True)) == {"d": "skipped", "c": "skipped"}, (
        "a is needed"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"a", "b"}),
        ({"b": {"config": {"x": 1}}}, {"a"}),
        ({"a": {"type": "set"}}, set()),
        ({"b": {"policy": {"timeout_s": 5}}}, {"a", "b"}),
        ({"b": {"credential_id": "cred_2"}}, {"a"}),
    ],
)
def test_on_another_version_what_has_changed_is_run(changes: dict[str, Any], expected: set[str]) -> None:
    before = graph("a > b > c")
    assert set(kept(old(a=OUT, b=OUT, c=FAILED), before, Again(), graph("a > b > c", **changes))) == expected


def test_on_another_version_what_is_fed_otherwise_is_run() -> None:
    done = old(a=OUT, b=OUT, c=OUT)
    assert set(kept(done, LINE, Again(), graph("a > b", "a > c"))) == {"a", "b"}
    assert set(kept(done, LINE, Again(), graph("new > a > b > c"))) == set()


def test_with_another_input_what_reads_it_is_run() -> None:
    done = old(a=OUT, b=OUT, c=FAILED)
    reads = {"b": ["trigger"]}
    assert set(kept(done, LINE, Again(new_input=True), roots=reads)) == {"a"}
    assert set(kept(done, LINE, Again("c", new_input=True), roots=reads)) == {"a", "b"}, "as it was told"


def test_a_node_that_did_not_wait_for_all_is_kept_with_one() -> None:
    race = graph("a > c", "b > c", "c > d", c={"join": "any"})
    slow = old("failed", a=OUT, b=NodeState(status="cancelled"), c=OUT, d=FAILED)
    assert set(kept(slow, race, Again())) == {"a", "c"}


@pytest.mark.parametrize(("start", "code"), [("zz", "unknown_node"), ("c", "not_reached")])
def test_where_to_begin_must_be_reachable(start: str, code: str) -> None:
    branch = graph("a:true > b", "a:false > c")
    done = old("succeeded", a=OUT.model_copy(update={"port": "true"}), b=OUT, c=SKIPPED)
    with pytest.raises(Refused) as refused:
        kept(done, branch, Again(start))
    assert refused.value.code == code
    assert start in refused.value.detail
