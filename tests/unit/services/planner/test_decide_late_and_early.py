"""Controls and signals that come sooner or later than they were meant."""

from shared.contracts.directive import AwaitSignal
from shared.contracts.events import NodeFinished, RunControl
from shared.contracts.node_run import NodeResult
from shared.contracts.value import Value, inline
from tests.builders import NOW, finished
from tests.unit.services.planner.play import Play, alone


def signal(node_id: str, body: str, control: str = "ctl_1") -> RunControl:
    """Somebody calls a node."""
    return RunControl(run_id="run_1", id=control, action="signal", node=node_id, output=inline(body), by="x")


def waits(node_id: str) -> NodeFinished:
    """The node answers that it waits for a signal."""
    return finished(
        NodeResult(
            node=node_id,
            attempt=1,
            status="suspended",
            directive=AwaitSignal(),
            started_at=NOW,
            finished_at=NOW,
        )
    )


def output(play: Play, node_id: str) -> Value | None:
    """What the last decision stores as the node's output."""
    [result] = play.last.results[node_id, 1]
    return result.output


def test_a_signal_that_comes_early_is_recorded_and_found_by_its_node() -> None:
    play = alone("a > b")
    play.tell(signal("b", "1"))
    assert play.recorded() == ["node.signalled b"]
    event = play.run.outbox[str(play.run.seq)]
    assert (event.by, event.cause) == ("x", "ctl_1")
    play.tell(signal("b", "2", "ctl_2"))
    assert not play.last.changed, "the first one counts"
    play.finish("a")
    play.tell(waits("b"))
    assert (play.run.status, output(play, "b")) == ("succeeded", inline("1"))


def test_signals_that_come_together_with_their_nodes_are_not_lost() -> None:
    play = alone("a", "b")
    play.tell(signal("a", "1"), signal("b", "2"), waits("a"), waits("b"))
    assert play.run.status == "succeeded"
    assert (output(play, "a"), output(play, "b")) == (inline("1"), inline("2"))


def test_a_control_of_an_attempt_that_is_over_decides_nothing() -> None:
    play = alone("a")
    retry = RunControl(run_id="run_1", action="retry", node="a", attempt=1)
    play.tell(retry)
    assert play.state("a").attempt == 2
    assert play.sent() == [["a"]]
    play.tell(retry)
    assert not play.last.changed
    assert play.state("a").attempt == 2
