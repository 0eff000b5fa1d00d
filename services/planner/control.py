"""What the owner of a run may do to it and to its nodes. Pure; a control that no longer fits decides
nothing."""

from services.planner import children
from services.planner.readiness import sent_with
from services.planner.settling import follow
from services.planner.suspending import decided, signalled
from services.planner.transitions import Draft
from shared.contracts.events import RunControl
from shared.contracts.graph import OUT
from shared.contracts.node_run import NodeResult
from shared.contracts.run import IN_FLIGHT, NODE_FINISHED, NodeState
from shared.contracts.value import NULL
from shared.contracts.version import PinnedGraph


def control(draft: Draft, graph: PinnedGraph, wanted: RunControl) -> None:
    """Do what the control asks for, and note who asked in the events it leads to."""
    if wanted.attempt is not None and draft.state(wanted.node or "").attempt != wanted.attempt:
        return
    draft.by, draft.cause = wanted.by or None, wanted.id or None
    match wanted.action:
        case "cancel":
            draft.stop("run.cancelled", None, list(graph.nodes))
            draft.changes["cancel_reason"] = wanted.reason or None
        case "pause":
            _pause(draft, graph)
        case "resume":
            _resume(draft, graph)
        case "retry" if wanted.node in graph.nodes:
            _retry(draft, graph, wanted.node)
        case "skip" if wanted.node in graph.nodes:
            _skip(draft, graph, wanted.node, wanted)
        case "decide":
            decided(draft, graph, wanted)
        case "signal":
            signalled(draft, graph, wanted)
        case _:
            pass
    draft.by = draft.cause = None


def _pause(draft: Draft, graph: PinnedGraph) -> None:
    """Nothing new is begun; what is under way is finished and recorded."""
    if draft.move_run("run.paused", paused_at=draft.now) or draft.status == "paused":
        for node_id in graph.nodes:
            draft.tell_children(node_id, "pause")


def _resume(draft: Draft, graph: PinnedGraph) -> None:
    """Go on; the time of the pause does not count against the run's limit. A crash may have kept it from the
    child runs, so that they are told even if this run has gone on already."""
    paused_at = draft.changes.get("paused_at", draft.run.paused_at)
    paused_ms = draft.now - paused_at if isinstance(paused_at, int) else 0
    deadline = None if draft.deadline_at is None else draft.deadline_at + paused_ms
    resumed = draft.move_run("run.resumed", paused_at=None, deadline_at=deadline)
    for node_id in graph.nodes if draft.status == "running" else ():
        draft.tell_children(node_id, "resume")
        if resumed and draft.state(node_id).status == "suspended":
            children.go_on(draft, node_id)


def _retry(draft: Draft, graph: PinnedGraph, node_id: str) -> None:
    """Another attempt now, whatever the policy says; what came after the last one is undone."""
    state = draft.state(node_id)
    behind = graph.downstream(node_id)
    if any(_has_children(draft.state(each)) for each in [node_id, *behind]):
        return
    if state.status == "pending" and state.wake_at is not None:
        draft.set(node_id, wake_at=None)
    elif state.status in (*IN_FLIGHT, "suspended", "failed"):
        if state.status in IN_FLIGHT:
            if state.head != node_id:
                return
            draft.cancel(node_id)
        for each in behind:
            _reset(draft, each)
        left = {
            "wake_at": None,
            "head": None,
            "resends": 0,
            "suspended": None,
            "deadline_at": None,
            "port": None,
            "source": None,
            "turn": 0,
        }
        draft.move("node.retrying", node_id, failure=state.failure, **left)
    else:
        return
    draft.eligible = [*(each for each in draft.eligible if each != node_id), node_id]


def _skip(draft: Draft, graph: PinnedGraph, node_id: str, wanted: RunControl) -> None:
    """The node leaves through a port with an output that somebody has given; nothing runs for it."""
    state = draft.state(node_id)
    if state.status in NODE_FINISHED:
        return
    if state.status in IN_FLIGHT:
        draft.cancel(node_id)
    if state.head and state.status in (*IN_FLIGHT, "pending"):
        sent = sent_with(graph, draft.nodes, state.head)
        for each in graph.downstream(node_id):
            if each in sent:
                _reset(draft, each)
    draft.tell_children(node_id, "cancel")
    draft.eligible = [each for each in draft.eligible if each != node_id]
    attempt = state.attempt + 1
    port = wanted.port or OUT
    draft.results[node_id, attempt] = [
        NodeResult(
            node=node_id,
            attempt=attempt,
            status="succeeded",
            port=port,
            output=wanted.output or NULL,
            started_at=state.started_at or draft.now,
            finished_at=draft.now,
        )
    ]
    sent = {"attempt": attempt, "head": node_id, "head_attempt": attempt, "port": port}
    times = {"started_at": state.started_at, "finished_at": draft.now, "deadline_at": None}
    left: dict[str, object] = {} if _has_children(state) else {"wake_at": None, "suspended": None}
    draft.move("node.skipped", node_id, failure=None, **left, **sent, **times)
    follow(draft, graph, [node_id])


def _reset(draft: Draft, node_id: str) -> None:
    """Make a node as good as untouched; its attempts go on counting."""
    state = draft.state(node_id)
    draft.eligible = [each for each in draft.eligible if each != node_id]
    if node_id not in draft.nodes:
        return
    if state.status in IN_FLIGHT:
        draft.cancel(node_id)
    draft.move("node.reset", node_id)
    draft.nodes[node_id] = NodeState(attempt=state.attempt, reset=True)


def _has_children(state: NodeState) -> bool:
    return bool(state.suspended and state.suspended.children and state.suspended.children.open)
