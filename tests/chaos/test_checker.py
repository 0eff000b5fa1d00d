"""The judge is shown each crime, and has to name it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.contracts.failure import failure
from shared.contracts.node_run import NodeRun
from shared.contracts.run import Event, NodeState
from shared.contracts.value import Value
from tests.builders import failed, run, succeeded
from tests.chaos.checker import violations
from tests.chaos.facts import Begun, Control, Expected, Letter, Story, World

Recorded = dict[int, Event]
RUN = "run_1"
LOST = failure("lost", "gone", node="post")


def events(*told: str, first: int = 1) -> Recorded:
    """`events("run.started", "node.ready post 1", ...)`, numbered."""
    found: Recorded = {}
    for seq, text in enumerate(told, first):
        kind, *about = text.split()
        named = {"node": about[0], "attempt": int(about[1])} if about else {}
        found[seq] = Event.model_validate({"type": kind, "at": 1, **named})
    return found


LIFE = ("run.started", "node.ready post 1", "node.started post 1", "node.succeeded post 1", "run.succeeded")


def ended(*documents: Mapping[int, Event], results: Any = None, **changes: Any) -> Story:
    """A run of one node that went well, unless something is said otherwise."""
    recorded = documents or (events(*LIFE),)
    node_runs = [kept(succeeded("post", output=1))] if results is None else results
    told = {
        "status": "succeeded",
        "seq": 5,
        "nodes": {"post": NodeState(status="succeeded", attempt=1)},
        **changes,
    }
    return Story(run(RUN, **told), list(recorded), node_runs)


def kept(*results: Any) -> NodeRun:
    return NodeRun(id=f"{RUN}:post:1", run_id=RUN, workspace_id="w", results=list(results), created_at=1)


def world(*stories: Story, **changes: Any) -> World:
    """One acknowledged run, and one request."""
    expected = Expected(output=1, codes=frozenset({"lost"}))
    begun = Begun("key", "posts", expected, [RUN], shown="succeeded", shown_output=1)
    told = {each.run.id: each for each in stories or (ended(),)}
    return replace(World([begun], [], told, {f"{RUN}:post": 1}), **changes)


def named(found: World) -> set[str]:
    return {each.kind for each in violations(found)}


def test_a_run_that_went_well_is_left_alone() -> None:
    assert violations(world()) == []


def test_events_that_are_still_with_the_run_count() -> None:
    parted = events(*LIFE)
    outbox = {str(seq): parted.pop(seq) for seq in (4, 5)}
    assert violations(world(ended(parted, outbox=outbox))) == []


def without(seq: int) -> Recorded:
    return {each: event for each, event in events(*LIFE).items() if each != seq}


TWICE = (*LIFE[:4], "node.succeeded post 1", "run.succeeded")
AFTER = (*LIFE, "node.ready post 2")
ENDS = (*LIFE, "run.failed")
AGAIN = (*LIFE[:2], "node.retrying post 1", "node.ready post 2", "node.succeeded post 2", "run.succeeded")


def repeated() -> Recorded:
    """The first attempt was lost, and there was another."""
    found = events(*AGAIN)
    return {**found, 3: found[3].model_copy(update={"failure": LOST})}


def paused_twice() -> Recorded:
    found = events(LIFE[0], "run.paused", "run.resumed", "run.paused", "run.resumed", *LIFE[1:])
    return {seq: each.model_copy(update={"cause": f"ctl_{seq % 2}"}) if seq in (2, 3, 4, 5) else each
            for seq, each in found.items()}  # fmt: skip


def tried(attempt: int) -> dict[str, NodeState]:
    return {"post": NodeState(status="succeeded", attempt=attempt)}


LOST_AGAIN = [kept(failed("post", "lost"), succeeded("post", attempt=2, output=1))]
LARGE = succeeded("post").model_copy(update={"output": Value(ref="f" * 64, size=1)})

STORIES: dict[str, tuple[str, Callable[[], Story]]] = {
    "an event is missing": ("gap", lambda: ended(without(3))),
    "an event is recorded twice": ("doubled", lambda: ended(events(*LIFE), events(LIFE[2], first=3))),
    "a number stands for two events": (
        "doubled", lambda: ended(outbox={"3": Event(type="node.failed", at=1, node="post", attempt=1)})),
    "a pause had its effect twice": ("doubled", lambda: ended(paused_twice(), seq=9)),
    "there are events beyond the last": ("doubled", lambda: ended(seq=4)),
    "it ended twice": ("doubled", lambda: ended(events(*ENDS), seq=6)),
    "something came after its end": ("doubled", lambda: ended(events(*AFTER), seq=6, nodes=tried(2))),
    "its end is not told": ("gap", lambda: ended(events(*LIFE[:4]), seq=4)),
    "its end is not the one told": ("gap", lambda: ended(status="failed", failure=LOST)),
    "it has not finished": ("unfinished", lambda: ended(events(*LIFE[:4]), seq=4, status="running")),
    "a node succeeded twice": ("doubled", lambda: ended(events(*TWICE), seq=6)),
    "a node never began": ("life", lambda: ended(events(LIFE[0], *LIFE[3:]), seq=3)),
    "a node is not what was told": (
        "life", lambda: ended(nodes={"post": NodeState(status="failed", attempt=1)})),
    "no result is stored": ("lost", lambda: ended(results=[])),
    "an open claim is no result": ("lost", lambda: ended(results=[kept()])),
    "another result is stored": ("lost", lambda: ended(results=[kept(failed("post", "x"))])),
    "its output is gone": ("lost", lambda: ended(results=[kept(LARGE)])),
    "it was tried again after it was lost": (
        "executed twice", lambda: ended(repeated(), results=LOST_AGAIN, seq=6, nodes=tried(2))),
}  # fmt: skip


@pytest.mark.parametrize("crime", STORIES)
def test_what_is_wrong_with_a_run_is_named(crime: str) -> None:
    kind, story = STORIES[crime]
    assert kind in named(world(story()))


def begun(**changes: Any) -> list[Begun]:
    return [replace(world().begun[0], **changes)]


def stranger(run_id: str) -> dict[str, Story]:
    found = ended()
    return {RUN: found, run_id: replace(found, run=found.run.model_copy(update={"id": run_id}))}


def cancelled(**changes: Any) -> World:
    """It was cancelled before anything began."""
    story = ended(events("run.started", "run.cancelled"), status="cancelled", seq=2, nodes={}, results=[])
    return world(story, begun=begun(shown="cancelled", **changes), ledger={})


WORLDS: dict[str, tuple[str, Callable[[], World]]] = {
    "an acknowledged run is not there": ("lost", lambda: world(stories={})),
    "two runs for one key": ("doubled", lambda: world(begun=begun(run_ids=[RUN, "run_2"]))),
    "a run that nobody was told of": ("doubled", lambda: world(stories=stranger("run_2"))),
    "two requests in one attempt": ("executed twice", lambda: world(ledger={f"{RUN}:post": 2})),
    "a success that the target has not seen": ("lost", lambda: world(ledger={})),
    "another output": ("outcome", lambda: world(begun=begun(shown_output=2))),
    "another end than the one shown": ("outcome", lambda: world(begun=begun(shown="failed"))),
    "it had to fail": ("outcome", lambda: world(begun=begun(expected=Expected("failed")))),
    "nobody has cancelled it": ("outcome", cancelled),
    "a cancellation without effect": ("lost", lambda: world(controls=[Control(RUN, "cancel", "effect")])),
    "a pause without effect": ("lost", lambda: world(controls=[Control(RUN, "pause", "effect")])),
    "a decision without effect": (
        "lost", lambda: world(controls=[Control(RUN, "decide", "effect", node="check")])),
    "an innocent dead letter": (
        "dead letter", lambda: world(letters=[Letter("dead_1", "planner.v1.01", poison=False)])),
    "the gateway's own fault": ("fault", lambda: world(faults=["GET /runs: 500"])),
}  # fmt: skip


@pytest.mark.parametrize("crime", WORLDS)
def test_what_is_wrong_with_the_whole_is_named(crime: str) -> None:
    kind, found = WORLDS[crime]
    assert kind in named(found())


def test_a_failure_that_nothing_explains_is_named() -> None:
    told = events(*LIFE[:3], "node.failed post 1", "run.failed")
    state = {"post": NodeState(status="failed", attempt=1)}
    for code, explained in (("lost", True), ("internal", False)):
        said = failure(code, "no", node="post")
        story = ended(told, results=[kept(failed("post", code))], nodes=state, status="failed", failure=said)
        assert (violations(world(story, begun=begun(shown="failed"))) == []) is explained


@pytest.mark.parametrize(
    "innocent",
    [
        cancelled(cancelled=True),
        world(controls=[Control(RUN, "cancel", "asked")]),
        world(controls=[Control(RUN, "decide", "effect", node="post")]),
        world(letters=[Letter("dead_1", "planner.v1.01", poison=True)]),
    ],
)
def test_what_is_as_it_should_be_is_left_alone(innocent: World) -> None:
    assert violations(innocent) == []


def test_a_pause_that_had_its_effect_is_left_alone() -> None:
    story = ended(events("run.started", "run.paused", "run.resumed", *LIFE[1:]), seq=7)
    controls = [Control(RUN, "pause", "effect"), Control(RUN, "resume", "effect")]
    assert violations(world(story, controls=controls)) == []


def test_a_run_taken_over_from_another_has_no_events_of_its_nodes() -> None:
    taken = {"post": NodeState(status="succeeded", attempt=1, source="run_0")}
    story = ended(events("run.started", "run.succeeded"), nodes=taken, seq=2, results=[])
    assert violations(world(story, ledger={})) == []
