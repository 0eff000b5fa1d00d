"""Containers: which child runs begin when, and what a container makes of their answers. Pure."""

from dataclasses import dataclass

from services.planner.retry import may_retry
from services.planner.settling import conclude_suspended
from services.planner.transitions import FREE, Draft, Spawn
from shared.contracts.directive import SpawnRuns
from shared.contracts.failure import Failure, failure
from shared.contracts.run import NODE_FINISHED, Children, RunStatus, child_id
from shared.contracts.usage import Usage
from shared.contracts.value import NULL, Value, inline, to_json
from shared.contracts.version import PinnedGraph

LOOK_AGAIN_MS = 30_000
FINALLY = "finally"
BODY = "graph"


@dataclass(frozen=True)
class ChildFinished:
    """A child run has finished, or could not begin (`begun` is false)."""

    node: str
    attempt: int
    key: str
    status: RunStatus
    output: Value | None = None
    failure: Failure | None = None
    begun: bool = True
    usage: Usage = FREE


@dataclass(frozen=True)
class ChildBegun:
    """A child run that nobody waits for is there to stay."""

    node: str
    attempt: int
    run_id: str


@dataclass(frozen=True)
class Ungatherable:
    """What the children of this node have answered cannot be its output. Without a node: what the run's nodes
    have answered cannot be the run's."""

    node: str
    failure: Failure


def key_of(index: int | str, attempt: int) -> str:
    """A child's key among those of its node: its index, and the node's attempt after the first."""
    return str(index) if attempt == 1 else f"{index}-{attempt}"


def index_of(key: str) -> str:
    """The index in a child's key, whatever the attempt."""
    return key.partition("-")[0]


def begin(draft: Draft, graph: PinnedGraph, node_id: str) -> None:
    """Release the first children of a node that has just been suspended."""
    spawn, _ = _spawning(draft, node_id)
    if spawn.shape == "map":
        release(draft, graph, node_id)
        return
    index = spawn.turn if spawn.shape == "loop" else 0
    _release_one(draft, node_id, index, "" if spawn.shape == "workflow" else BODY)


def release(draft: Draft, graph: PinnedGraph, node_id: str) -> None:
    """Begin as many more items of a map as may run side by side; it ends when all have finished."""
    spawn, children = _spawning(draft, node_id)
    attempt = draft.state(node_id).attempt
    if children.failure is None and draft.status == "running":
        at_once = min(spawn.concurrency, draft.run.max_parallel or spawn.concurrency)
        room = min(at_once - len(children.open), spawn.total - children.released)
        if room > 0:
            first = children.released
            keys = [key_of(index, attempt) for index in range(first, first + room)]
            children = children.model_copy(update={"released": first + room, "open": [*children.open, *keys]})
            draft.spawns.append(Spawn(node_id, attempt, BODY, keys))
            _keep(draft, node_id, children)
    if children.open:
        return
    if children.failure is not None:
        conclude_suspended(draft, graph, node_id, failure=children.failure)
    elif children.released == spawn.total and node_id in draft.ungatherable:
        conclude_suspended(draft, graph, node_id, failure=draft.ungatherable[node_id])
    elif spawn.total == 0:  # there is nobody to ask
        conclude_suspended(draft, graph, node_id, output=inline("{}" if spawn.keyed else "[]"))
    elif children.released == spawn.total:
        draft.gathers.append(node_id)
        conclude_suspended(draft, graph, node_id, output=NULL)


def child_finished(draft: Draft, graph: PinnedGraph, fact: ChildFinished) -> None:
    """Take one child's answer; one that is not open (any more) says nothing new."""
    state = draft.state(fact.node)
    children = state.suspended.children if state.suspended else None
    if children is None or fact.key not in children.open:
        return
    children = children.model_copy(update={"open": [key for key in children.open if key != fact.key]})
    spawn, _ = _spawning(draft, fact.node)
    if spawn.wait:
        draft.spend(fact.usage)
    if state.status in NODE_FINISHED:
        left = LOOK_AGAIN_MS + draft.now if children.open else None
        _keep(draft, fact.node, children, wake_at=left)
        return
    if fact.begun and not spawn.wait:
        begun = child_id(draft.run.id, fact.node, fact.key)
        child_begun(draft, graph, ChildBegun(fact.node, fact.attempt, begun))
        return
    match spawn.shape:
        case "map":
            _item_finished(draft, graph, fact, children, spawn)
        case "loop":
            _turn_finished(draft, graph, fact, children)
        case "try" | "workflow":
            _body_finished(draft, graph, fact, children, spawn)


def child_begun(draft: Draft, graph: PinnedGraph, fact: ChildBegun) -> None:
    """The other workflow runs by itself: this node need not wait."""
    state = draft.state(fact.node)
    if state.status == "suspended" and state.attempt == fact.attempt:
        _gone_on(draft, graph, fact.node, fact.run_id)


def _gone_on(draft: Draft, graph: PinnedGraph, node_id: str, run_id: str) -> None:
    conclude_suspended(draft, graph, node_id, output=inline(to_json({"run_id": run_id})))


def look_again(draft: Draft, graph: PinnedGraph, node_id: str, begun: frozenset[str], *, late: bool) -> None:
    """Begin children that a crash has kept from it; when the node's time is over, stop them all."""
    spawn, children = _spawning(draft, node_id)
    if late:
        limit_s = graph.nodes[node_id].policy.timeout_s
        said = failure("timeout", f"its child runs did not finish within {limit_s:g} s", node=node_id)
        children = children.model_copy(update={"failure": children.failure or said})
        draft.set(node_id, deadline_at=None)
    missing = [key for key in children.open if child_id(draft.run.id, node_id, key) not in begun]
    if not spawn.wait and children.open and not missing:
        _gone_on(draft, graph, node_id, child_id(draft.run.id, node_id, children.open[0]))
        return
    if children.failure is not None and not _in_finally(children):
        children = children.model_copy(update={"open": [key for key in children.open if key not in missing]})
        draft.spawns = [each for each in draft.spawns if each.node != node_id]
        _keep(draft, node_id, children)
        draft.tell_children(node_id, "cancel")
        if not children.open:
            _body_ended(draft, graph, node_id, NULL, children.failure)
        return
    _keep(draft, node_id, children)
    if missing:
        field = FINALLY if _in_finally(children) else "" if spawn.shape == "workflow" else BODY
        draft.spawns.append(Spawn(node_id, draft.state(node_id).attempt, field, missing))


def drain(draft: Draft, node_id: str, begun: frozenset[str]) -> None:
    """Stop the child runs that a node which was skipped has left; a crash may have kept it from them."""
    _, children = _spawning(draft, node_id)
    left = [key for key in children.open if child_id(draft.run.id, node_id, key) in begun]
    wake_at = draft.now + LOOK_AGAIN_MS if left else None
    _keep(draft, node_id, children.model_copy(update={"open": left}), wake_at=wake_at)
    draft.tell_children(node_id, "cancel")


def go_on(draft: Draft, node_id: str) -> None:
    """The run's pause is over: begin what it has kept from beginning."""
    suspended = draft.state(node_id).suspended
    if suspended is None or not isinstance(suspended.directive, SpawnRuns):
        return
    if suspended.children and suspended.children.open:
        draft.set(node_id, wake_at=draft.now + 1)  # who wakes the run just now has not looked for them
    if suspended.directive.shape == "map":
        draft.windows[node_id] = None


def _item_finished(
    draft: Draft, graph: PinnedGraph, fact: ChildFinished, children: Children, spawn: SpawnRuns
) -> None:
    if fact.status != "succeeded":
        children = children.model_copy(update={"failed": children.failed + 1})
        if spawn.on_item_failure == "stop" and children.failure is None:
            children = children.model_copy(update={"failure": failure_of_item(fact)})
            _keep(draft, fact.node, children)
            draft.tell_children(fact.node, "cancel")
    _keep(draft, fact.node, children)
    draft.windows[fact.node] = None


def _turn_finished(draft: Draft, graph: PinnedGraph, fact: ChildFinished, children: Children) -> None:
    """The loop is asked again, with the state that this turn has left."""
    found = children.failure or (failure_of_item(fact) if fact.status != "succeeded" else None)
    if found is not None:
        conclude_suspended(draft, graph, fact.node, failure=found)
        return
    state = draft.state(fact.node)
    children = children.model_copy(update={"answer": fact.output})
    _keep(draft, fact.node, children, wake_at=state.deadline_at)
    draft.set(fact.node, turn=state.turn + 1)
    draft.eligible.append(fact.node)


def _body_finished(
    draft: Draft, graph: PinnedGraph, fact: ChildFinished, children: Children, spawn: SpawnRuns
) -> None:
    failed = None if fact.status == "succeeded" else _told(fact, fact.node)
    _keep(draft, fact.node, children)
    if fact.key == key_of(FINALLY, draft.state(fact.node).attempt):
        found, output = failed or children.failure, children.answer or NULL
        conclude_suspended(draft, graph, fact.node, output=output, failure=found, final=True)
    elif failed is None and not spawn.wait:
        _gone_on(draft, graph, fact.node, child_id(draft.run.id, fact.node, fact.key))
    else:
        _body_ended(draft, graph, fact.node, fact.output or NULL, children.failure or failed)


def _body_ended(draft: Draft, graph: PinnedGraph, node_id: str, output: Value, found: Failure | None) -> None:
    """What is to run in the end is run unless the body gets another attempt."""
    spawn, children = _spawning(draft, node_id)
    policy, attempt = graph.nodes[node_id].policy.retry, draft.state(node_id).attempt
    if spawn.finally_ and not (found and may_retry(policy, found, attempt, "once")):
        _keep(draft, node_id, children.model_copy(update={"answer": output, "failure": found}))
        _release_one(draft, node_id, FINALLY, FINALLY)
    else:
        conclude_suspended(draft, graph, node_id, output=output, failure=found)


def _release_one(draft: Draft, node_id: str, index: int | str, field: str) -> None:
    _, children = _spawning(draft, node_id)
    attempt = draft.state(node_id).attempt
    key = key_of(index, attempt)
    draft.spawns.append(Spawn(node_id, attempt, field, [key]))
    _keep(draft, node_id, children.model_copy(update={"released": children.released + 1, "open": [key]}))


def _spawning(draft: Draft, node_id: str) -> tuple[SpawnRuns, Children]:
    suspended = draft.state(node_id).suspended
    assert suspended is not None
    assert isinstance(suspended.directive, SpawnRuns)
    assert suspended.children is not None
    return suspended.directive, suspended.children


def _keep(draft: Draft, node_id: str, children: Children, **changes: object) -> None:
    state = draft.state(node_id)
    assert state.suspended is not None
    look_at = draft.now + LOOK_AGAIN_MS
    wake_at = look_at if state.deadline_at is None else min(look_at, state.deadline_at)
    suspended = state.suspended.model_copy(update={"children": children})
    draft.set(node_id, **{"suspended": suspended, "wake_at": wake_at, **changes})


def _in_finally(children: Children) -> bool:
    return any(key.startswith(FINALLY) for key in children.open)


def failure_of_item(fact: ChildFinished) -> Failure:
    """What has gone wrong with one item of a map or one turn of a loop, as the failure of that node."""
    return _told(fact, f"{fact.node}[{index_of(fact.key)}]")


def _told(fact: ChildFinished, place: str) -> Failure:
    """The child's failure as the node's own, with the way down to where it happened."""
    found = fact.failure or failure(fact.status, f"its child run was {fact.status}")
    inner = found.path or found.node
    return found.model_copy(update={"node": fact.node, "path": f"{place}.{inner}" if inner else place})
