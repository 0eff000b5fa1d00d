"""What starts, what waits for what, and what is left out: starts, joins, dead paths, ports, parallelism."""

import pytest

from services.planner.transitions import FLUSH_GRACE_MS
from tests.builders import NOW, finished, graph, succeeded, version
from tests.unit.services.planner.play import Play, alone


def test_a_requested_run_starts_with_every_node_that_has_no_input() -> None:
    play = alone("a > c", "b > c")
    assert play.run.status == "running"
    assert play.sent() == [["a"], ["b"]]
    assert play.recorded() == ["run.started", "node.ready a", "node.ready b"]
    assert play.run.started_at == NOW
    assert play.run.deadline_at == NOW + 1_800_000
    assert play.run.wake_at == NOW + FLUSH_GRACE_MS
    assert "c" not in play.run.nodes


def test_a_woken_run_starts_when_its_request_was_lost() -> None:
    play = Play(version(graph("a")), start=False)
    assert play.wake().sends == ["a"]
    assert play.recorded() == ["run.started", "node.ready a"]


def test_a_run_succeeds_when_its_last_node_has() -> None:
    play = alone("a > b")
    play.finish("a")
    play.finish("b")
    assert (play.run.status, play.run.finished_at) == ("succeeded", play.now)
    assert play.last.entered == ["succeeded"]
    assert play.recorded() == ["node.succeeded b", "run.succeeded"]
    assert list(play.run.outbox) == [str(seq) for seq in range(1, play.run.seq + 1)]


def test_a_node_that_joins_all_waits_for_its_last_input() -> None:
    play = alone("a > c", "b > c")
    assert play.finish("a").sends == []
    assert play.finish("b").sends == ["c"]


def test_a_node_that_joins_any_starts_once_with_its_first_input() -> None:
    play = alone("a > c", "b > c", c={"join": "any"})
    assert play.finish("b").sends == ["c"]
    assert play.finish("a").sends == []
    play.finish("c")
    assert play.run.status == "succeeded"


def test_a_run_waits_for_the_inputs_that_a_join_any_did_not_need() -> None:
    play = alone("a > c", "b > c", c={"join": "any"})
    play.finish("a")
    play.finish("c")
    assert play.run.status == "running"
    play.finish("b")
    assert play.run.status == "succeeded"


@pytest.mark.parametrize("join", ["all", "any"])
@pytest.mark.parametrize(("port", "skipped"), [("true", "no"), ("false", "yes")])
def test_a_diamond_runs_one_side_and_its_end(join: str, port: str, skipped: str) -> None:
    play = alone("check:true > yes > end", "check:false > no > end", end={"join": join})
    play.finish("check", port)
    taken = {"yes", "no"} - {skipped}
    assert set(play.last.sends) == taken
    assert play.recorded()[1] == f"node.skipped {skipped}"
    for node_id in taken:
        play.finish(node_id)
    assert play.sent() == [["end"]]
    play.finish("end")
    assert play.run.status == "succeeded"
    assert play.statuses()[skipped] == "skipped"


def test_death_goes_down_a_whole_path_at_once() -> None:
    play = alone("check:true > a > b > c", "check:false > d")
    play.finish("check", "false")
    assert play.recorded()[1:4] == ["node.skipped a", "node.skipped b", "node.skipped c"]
    play.finish("d")
    assert play.run.status == "succeeded"


def test_a_node_that_joins_any_is_skipped_when_its_last_input_dies() -> None:
    play = alone("p:x > c", "q:x > c", c={"join": "any"})
    assert play.finish("p").sends == []
    assert play.statuses()["c"] == "pending"
    play.finish("q")
    assert play.statuses()["c"] == "skipped"
    assert play.run.status == "succeeded"


def test_a_run_whose_every_way_on_is_dead_succeeds() -> None:
    play = alone("switch:a > x", "switch:b > y > z")
    play.finish("switch", "default")
    assert play.statuses() == {"switch": "succeeded", "x": "skipped", "y": "skipped", "z": "skipped"}
    assert play.run.status == "succeeded"


def test_a_port_may_lead_to_several_nodes_and_two_ports_to_one() -> None:
    play = alone("switch:a > x", "switch:a > y", "switch:b > y", "switch:c > z")
    play.finish("switch", "a")
    assert play.last.sends == ["x", "y"]
    assert play.statuses()["z"] == "skipped"


def test_no_more_than_max_parallel_nodes_are_in_flight_and_the_rest_follow_in_turn() -> None:
    play = alone("a", "b", "c", "d", settings={"max_parallel": 2})
    assert play.last.sends == ["a", "b"]
    assert play.run.eligible == ["c", "d"]
    assert play.finish("b").sends == ["c"]
    assert play.begin("a").sends == []
    assert play.answer(succeeded("a"), succeeded("b")).sends == ["d"]
    assert play.run.eligible == []


def test_every_branch_of_a_fan_out_runs_before_its_join() -> None:
    middle = [f"n{index}" for index in range(20)]
    play = alone(*(f"start > {node_id} > end" for node_id in middle))
    play.finish("start")
    assert play.last.sends == middle
    for node_id in reversed(middle):
        assert "end" not in play.last.sends
        play.finish(node_id)
    assert play.last.sends == ["end"]


def test_what_happened_to_several_nodes_is_decided_together() -> None:
    play = alone("a > c", "b > c")
    play.tell(finished(succeeded("a")), finished(succeeded("b")))
    assert play.sent() == [["c"]]
    assert play.recorded() == ["node.succeeded a", "node.succeeded b", "node.ready c"]
