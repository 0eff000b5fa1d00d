"""The judge: pure functions over what was read. Each yields a violation for whatever must not be."""

from collections import Counter
from collections.abc import Iterator

from shared.contracts.run import RUN_FINISHED, Event
from tests.chaos.facts import ANYTHING, ONCE, Begun, Control, Story, Violation, World
from tests.unit.services.planner.law import LIFE

SETTLED = {"node.succeeded": "succeeded", "node.failed": "failed", "node.retrying": "failed"}
LOST = "lost"
EFFECTS = {"pause": "run.paused", "resume": "run.resumed", "cancel": "run.cancelled"}


def violations(world: World) -> list[Violation]:
    """All there are; none is what is wanted."""
    found: list[Violation] = []
    for story in world.stories.values():
        found += _numbers(story)
        found += _ends(story)
        found += _causes(story)
        found += _lives(story)
        found += _results(story, world.payloads)
        found += _once(story, world)
    found += _begun(world)
    found += _controls(world)
    found += (
        Violation("dead letter", each.id, f"{each.about} died in {each.queue}")
        for each in world.letters
        if not each.poison
    )
    found += (Violation("fault", "gateway", each) for each in world.faults)
    return found


def _numbers(story: Story) -> Iterator[Violation]:
    """Numbered from 1 to `seq`, each once."""
    run_id = story.run.id
    counted = Counter(seq for document in story.recorded for seq in document)
    for seq, times in counted.items():
        if times > 1:
            yield Violation("doubled", run_id, f"event {seq} is recorded {times} times")
    for document in story.recorded:
        for seq, event in document.items():
            kept = story.run.outbox.get(str(seq))
            if kept is not None and kept != event:
                yield Violation("doubled", run_id, f"event {seq} is {event.type} and {kept.type}")
    if missing := set(range(1, story.run.seq + 1)) - set(story.events):
        yield Violation("gap", run_id, f"of {story.run.seq} events {sorted(missing)} are missing")
    if beyond := [seq for seq in story.events if not 1 <= seq <= story.run.seq]:
        yield Violation("doubled", run_id, f"events {beyond} are none of its {story.run.seq}")


def _ends(story: Story) -> Iterator[Violation]:
    """Every run has finished, and says so once, at the end."""
    run, events = story.run, list(story.events.values())
    if run.status not in RUN_FINISHED:
        yield Violation("unfinished", run.id, f"it is {run.status}, to be woken at {run.wake_at}")
        return
    ends = [event.type for event in events if event.type.removeprefix("run.") in RUN_FINISHED]
    if len(ends) > 1:
        yield Violation("doubled", run.id, f"it ended with {ends}")
    elif ends != [f"run.{run.status}"]:
        yield Violation("gap", run.id, f"it is {run.status}, but ended with {ends}")
    elif events[-1].type != ends[0]:
        yield Violation("doubled", run.id, f"{events[-1].type} came after {ends[0]}")


def _causes(story: Story) -> Iterator[Violation]:
    """No pause and no resumption has its effect twice."""
    events = (each for each in story.events.values() if each.cause and each.node is None)
    for (event, cause), times in Counter((each.type, each.cause) for each in events).items():
        if times > 1:
            yield Violation("doubled", story.run.id, f"{event} {times} times because of {cause}")


def _lives(story: Story) -> Iterator[Violation]:
    """Every node's events make one life with one end."""
    run = story.run
    if run.status not in RUN_FINISHED:
        return
    events = list(story.events.values())
    made = Counter((each.type, each.node, each.attempt) for each in events if each.type in SETTLED)
    for (event, node_id, attempt), times in made.items():
        if times > 1:
            yield Violation("doubled", f"{run.id}:{node_id}", f"{event} of attempt {attempt} {times} times")
    for node_id, state in run.nodes.items():
        told = [each.type.removeprefix("node.") for each in events if each.node == node_id]
        life = "".join(f"{each} " for each in told if each != "signalled")
        if state.source and not life:
            continue
        if not LIFE.fullmatch(life):
            yield Violation("life", f"{run.id}:{node_id}", f"it cannot have lived like this: {life}")
        elif life.split()[-1] != state.status:
            yield Violation("life", f"{run.id}:{node_id}", f"it is {state.status}, but ended {life}")


def _results(story: Story, payloads: frozenset[str]) -> Iterator[Violation]:
    """What was accepted of an attempt is stored."""
    kept = {(each.node, each.attempt): each for stored in story.results for each in stored.results}
    for event in story.events.values():
        if event.type not in SETTLED or (event.type == "node.retrying" and event.cause):
            continue
        where, result = f"{story.run.id}:{event.node}:{event.attempt}", kept.get(_attempt(event))
        if result is None:
            yield Violation("lost", where, f"{event.type}, but no result is stored")
        elif result.status != SETTLED[event.type]:
            yield Violation("lost", where, f"{event.type}, but its stored result {result.status}")
        elif result.output and result.output.ref and result.output.ref not in payloads:
            yield Violation("lost", where, "its output is gone")


def _attempt(event: Event) -> tuple[str, int]:
    return event.node or "", event.attempt or 0


def _once(story: Story, world: World) -> Iterator[Violation]:
    """What must not be repeated is executed once an attempt at most, and not again after it was lost."""
    for node_id, state in story.run.nodes.items():
        if not node_id.startswith(ONCE) or state.source:
            continue
        where = f"{story.run.id}:{node_id}"
        events = [each for each in story.events.values() if each.node == node_id]
        attempts = {each.attempt for each in events if each.type == "node.ready"}
        sent = world.ledger.get(where, 0)
        if sent > len(attempts):
            yield Violation("executed twice", where, f"{sent} requests in {len(attempts)} attempts")
        if sent == 0 and any(each.type == "node.succeeded" for each in events):
            yield Violation("lost", where, "it has succeeded, but the target has seen nothing of it")
        if any(
            each.type == "node.retrying" and each.failure and each.failure.code == LOST for each in events
        ):
            yield Violation("executed twice", where, "it had another attempt after it was lost")


def _begun(world: World) -> Iterator[Violation]:
    """Every acknowledged start is one run, and came to what it must."""
    named = {run_id for each in world.begun for run_id in each.run_ids}
    for each in world.begun:
        if len(set(each.run_ids)) > 1:
            yield Violation("doubled", each.key, f"one key, several runs: {sorted(set(each.run_ids))}")
        for run_id in each.run_ids[:1]:
            if run_id not in world.stories:
                yield Violation("lost", run_id, f"its start ({each.shape}) was acknowledged")
            else:
                yield from _outcome(each, world.stories[run_id])
    for run_id, story in world.stories.items():
        if story.run.level == "top" and run_id not in named:
            yield Violation("doubled", run_id, "nobody was told of this run")


def _outcome(begun: Begun, story: Story) -> Iterator[Violation]:
    run, expected = story.run, begun.expected
    if run.status not in RUN_FINISHED:
        return
    where = f"{run.id} ({begun.shape})"
    if begun.shown in RUN_FINISHED and begun.shown != run.status:
        yield Violation("outcome", where, f"it was shown {begun.shown}, but is {run.status}")
    if run.status == "cancelled":
        if not begun.cancelled:
            yield Violation("outcome", where, "nobody has cancelled it")
    elif run.status == "failed" and (expected.codes or expected.status != "failed"):
        code = run.failure.code if run.failure else ""
        if code not in expected.codes:
            yield Violation("outcome", where, f"it failed with {run.failure}")
    elif run.status != expected.status:
        yield Violation("outcome", where, f"it is {run.status}, not {expected.status}")
    elif begun.shown in RUN_FINISHED and expected.output not in (ANYTHING, begun.shown_output):
        said = f"its output is {begun.shown_output!r:.200}, not {expected.output!r:.200}"
        yield Violation("outcome", where, said)


def _controls(world: World) -> Iterator[Violation]:
    """What was acknowledged had its effect, or came when the run had finished."""
    for each in world.controls:
        story = world.stories.get(each.run_id)
        if story is None or (each.answer == "asked" and each.purged):
            continue
        if not _had_effect(each, story):
            yield Violation("lost", each.run_id, f"{each.action} {each.node} ({each.answer}) had no effect")


def _had_effect(control: Control, story: Story) -> bool:
    events = list(story.events.values())
    if control.node:
        mine = [each for each in events if each.node == control.node]
        if any(each.type == "node.succeeded" for each in mine):
            return True
        return control.answer == "asked" and story.run.status in RUN_FINISHED
    if any(each.type == EFFECTS[control.action] for each in events):
        return True
    return control.action == "resume" or (control.answer == "asked" and story.run.status in RUN_FINISHED)
