"""Chains: nodes without side effects that follow one another go in one message and come back in one."""

from services.planner.readiness import MAX_TREE
from tests.builders import failed, finished, graph, succeeded, version
from tests.unit.services.planner.play import Play

RETRY = {"retry": {"max_attempts": 2, "initial_s": 0, "jitter": 0}}


def test_a_line_of_nodes_without_side_effects_goes_in_one_message() -> None:
    play = Play(version(graph("a > b > c")))
    assert play.sent() == [["a", "b", "c"]]
    assert play.statuses() == {"a": "ready", "b": "pending", "c": "pending"}
    play.answer(succeeded("a"), succeeded("b"), succeeded("c"))
    assert play.run.status == "succeeded"
    assert play.recorded() == [
        "node.succeeded a", "node.ready b", "node.succeeded b", "node.ready c", "node.succeeded c",
        "run.succeeded",
    ]  # fmt: skip
    assert [result.node for result in play.last.results["a", 1]] == ["a", "b", "c"]


def test_side_effects_pools_forks_and_joins_end_a_chain() -> None:
    drawn = graph("a > b > c > d > e", "x > y > z", "y > w", "p > r > s", "q > r")
    play = Play(version(drawn, side_effects={"c": "repeatable"}, pools={"e": "code"}))
    assert play.sent() == [["a", "b"], ["x", "y"], ["p"], ["q"]]
    play.answer(succeeded("a"), succeeded("b"))
    assert play.sent() == [["c"]]
    play.finish("c")
    assert play.sent() == [["d"]]
    play.finish("d")
    assert play.sent() == [["e"]]
    play.answer(succeeded("x"), succeeded("y"))
    assert play.sent() == [["z"], ["w"]]
    play.finish("p")
    play.finish("q")
    assert play.sent() == [["r", "s"]]


def test_a_chain_counts_as_one_towards_max_parallel() -> None:
    play = Play(version(graph("a > b", "c > d", "e", settings={"max_parallel": 2})))
    assert play.sent() == [["a", "b"], ["c", "d"]]
    play.answer(succeeded("a"), succeeded("b"))
    assert play.sent() == [["e"]]


def test_a_very_long_line_goes_in_several_chains() -> None:
    names = [f"n{index}" for index in range(MAX_TREE + 5)]
    play = Play(version(graph(" > ".join(names))))
    assert [len(chain) for chain in play.sent()] == [MAX_TREE]
    play.answer(*(succeeded(name) for name in names[:MAX_TREE]))
    assert play.sent() == [names[MAX_TREE:]]


def test_a_member_that_fails_for_good_ends_the_run() -> None:
    play = Play(version(graph("a > b > c")))
    play.answer(succeeded("a"), failed("b", "broken"))
    assert play.run.status == "failed"
    assert play.run.failure is not None
    assert (play.run.failure.node, play.run.failure.code) == ("b", "broken")
    assert play.statuses() == {"a": "succeeded", "b": "failed", "c": "cancelled"}
    assert [*play.last.cancels] == []


def test_a_member_that_fails_and_goes_on_sends_the_rest_anew() -> None:
    play = Play(version(graph("a > b > c > d", b={"on_failure": "continue"})))
    play.answer(succeeded("a"), failed("b"))
    assert play.sent() == [["c", "d"]]
    assert (play.state("c").attempt, play.state("c").head, play.state("d").head) == (1, "c", "c")
    play.answer(succeeded("c"), succeeded("d"))
    assert play.run.status == "succeeded"


def test_a_port_not_taken_cuts_the_chain_and_kills_the_rest() -> None:
    play = Play(version(graph("a > check:true > b > c")))
    assert play.sent() == [["a", "check", "b", "c"]]
    play.answer(succeeded("a"), succeeded("check", "false"))
    assert play.run.status == "succeeded"
    assert play.statuses() == {"a": "succeeded", "check": "succeeded", "b": "skipped", "c": "skipped"}


def test_results_beyond_a_port_not_taken_are_not_believed() -> None:
    play = Play(version(graph("check:true > b")))
    play.answer(succeeded("check", "false"), succeeded("b"))
    assert play.statuses() == {"check": "succeeded", "b": "skipped"}
    assert [result.node for result in play.last.results["check", 1]] == ["check"]


def test_a_failure_port_inside_a_line_is_taken_only_after_the_failure() -> None:
    drawn = graph("a:failure > b > c", a={"on_failure": "port"})
    play = Play(version(drawn))
    play.answer(failed("a"))
    assert play.sent() == [["b", "c"]]
    play = Play(version(drawn))
    play.answer(succeeded("a"))
    assert play.statuses() == {"a": "succeeded", "b": "skipped", "c": "skipped"}


def test_a_member_is_tried_again_with_the_rest_of_its_chain_behind_it() -> None:
    play = Play(version(graph("a > b > c > d", b=RETRY)))
    play.answer(succeeded("a"), failed("b"))
    assert play.sent() == [["b", "c", "d"]]
    assert (play.state("b").attempt, play.state("b").head_attempt) == (2, 2)
    assert (play.state("c").attempt, play.state("c").head_attempt) == (1, 2)
    play.answer(succeeded("b", attempt=2), succeeded("c"), succeeded("d"))
    assert play.run.status == "succeeded"
    assert [result.node for result in play.last.results["b", 2]] == ["b", "c", "d"]


def test_a_member_waits_for_its_next_attempt_while_nobody_holds_the_chain() -> None:
    retry = {"retry": {"max_attempts": 2, "initial_s": 30, "jitter": 0}}
    play = Play(version(graph("a > b > c", b=retry)))
    play.answer(succeeded("a"), failed("b"))
    assert play.sent() == []
    assert play.statuses() == {"a": "succeeded", "b": "pending", "c": "pending"}
    assert "c" not in play.run.nodes
    play.wake_for("b")
    assert play.sent() == [["b", "c"]]


def test_a_head_is_tried_again_with_its_whole_chain() -> None:
    play = Play(version(graph("a > b > c", a=RETRY)))
    play.answer(failed("a"))
    assert play.sent() == [["a", "b", "c"]]
    assert (play.state("b").attempt, play.state("b").head_attempt) == (1, 2)


def test_a_branch_follows_a_chain() -> None:
    play = Play(version(graph("a > check:true > yes > end", "check:false > no > end")))
    assert play.sent() == [["a", "check"]]
    play.answer(succeeded("a"), succeeded("check", "true"))
    assert play.sent() == [["yes"]]
    play.finish("yes")
    assert play.sent() == [["end"]]


def test_a_chain_is_timed_by_all_of_its_nodes() -> None:
    play = Play(version(graph("a > b > c", a={"timeout_s": 10}, b={"timeout_s": 20}, c={"timeout_s": 30})))
    play.begin("a")
    wait = (play.state("a").wake_at or 0) - play.now
    assert wait >= 60_000
    play.wake_for("a")
    assert play.run.status == "failed"


def test_an_empty_or_foreign_answer_leaves_the_chain_as_it_is() -> None:
    play = Play(version(graph("a > b > c")))
    answer = finished(succeeded("a"))
    for results in ([], [succeeded("b")], [succeeded("c"), succeeded("nobody")]):
        assert not play.tell(answer.model_copy(update={"results": results})).changed
    play.answer(succeeded("a"), succeeded("b"), succeeded("c"))
    assert play.run.status == "succeeded"


def test_only_the_first_of_two_results_of_a_node_counts() -> None:
    play = Play(version(graph("a > b > c", b=RETRY)))
    play.answer(succeeded("a"), failed("a"), failed("b"), succeeded("b"), succeeded("c"))
    assert play.statuses() == {"a": "succeeded", "b": "ready", "c": "pending"}
    assert play.sent() == [["b", "c"]]
    assert [result.status for result in play.last.results["a", 1]] == ["succeeded", "failed"]
