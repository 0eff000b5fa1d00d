"""A re-run: results of nodes are taken over from another run, and the rest is run."""

from typing import Any

from shared.contracts.run import NodeState
from tests.builders import NOW, graph, version
from tests.unit.services.planner.play import Play


def taken(*node_ids: str, **changes: Any) -> dict[str, NodeState]:
    """Nodes whose results were taken over."""
    known = {"status": "succeeded", "attempt": 1, "port": "out", "head": "a", "source": "run_0", **changes}
    return {node_id: NodeState(**known, finished_at=NOW) for node_id in node_ids}


def test_a_rerun_goes_on_behind_what_it_has_taken_over() -> None:
    play = Play(version(graph("a > b > c > d"), side_effects={"c": "once"}), nodes=taken("a", "b"))
    assert play.recorded() == ["run.started", "node.ready c"]
    assert play.state("a").source == "run_0"
    play.finish("c")
    play.finish("d")
    assert play.run.status == "succeeded"


def test_a_start_that_was_not_taken_over_is_run() -> None:
    play = Play(version(graph("a > c", "b > c")), nodes=taken("a"))
    assert play.last.sends == ["b"]


def test_a_rerun_that_has_taken_over_everything_succeeds_at_once() -> None:
    play = Play(version(graph("a > b")), nodes=taken("a", "b"))
    assert play.recorded() == ["run.started", "run.succeeded"]
    assert play.last.sends == []


def test_what_was_skipped_stays_skipped_and_its_edges_dead() -> None:
    nodes = {**taken("a", port="true"), **taken("no", status="skipped", port=None, attempt=0)}
    play = Play(version(graph("a:true > yes > end", "a:false > no > end")), nodes=nodes)
    assert play.last.sends == ["yes"]
    play.finish("yes")
    assert play.last.sends == ["end"]


def test_the_port_that_was_taken_then_is_taken_again() -> None:
    play = Play(version(graph("a:true > yes", "a:false > no")), nodes=taken("a", port="false"))
    assert play.last.sends == ["no"]
    assert play.statuses()["yes"] == "skipped"


def test_a_retry_makes_an_attempt_of_its_own_of_what_was_taken_over() -> None:
    play = Play(version(graph("a > b")), nodes=taken("a", status="failed"))
    play.control("retry", "a")
    assert (play.state("a").status, play.state("a").attempt) == ("ready", 2)
    assert play.state("a").source is None
    assert play.statuses()["b"] == "pending"
