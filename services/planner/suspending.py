"""Nodes that wait: for a time, a person, a call from outside, or their child runs. Pure."""

from services.planner import children
from services.planner.settling import conclude_suspended
from services.planner.transitions import Draft
from shared.contracts.base import Millis
from shared.contracts.directive import AwaitDecision, AwaitSignal, Directive, SleepUntil, SpawnRuns
from shared.contracts.events import RunControl
from shared.contracts.failure import failure
from shared.contracts.node_run import NodeResult
from shared.contracts.run import Children, Suspension
from shared.contracts.value import NULL, inline, to_json
from shared.contracts.version import PinnedGraph

TIMEOUT = "timeout"
UNDECIDED = inline(to_json({"decision": TIMEOUT, "data": None, "by": None, "at": None}))


def suspend(draft: Draft, graph: PinnedGraph, result: NodeResult) -> None:
    """Do what the node's directive asks for. Its result is kept when the wait is over."""
    directive = result.directive
    assert directive is not None
    state = draft.state(result.node)
    spawns = isinstance(directive, SpawnRuns)
    limit_s = graph.nodes[result.node].policy.timeout_s
    deadline_at = state.deadline_at
    if deadline_at is None and limit_s is not None:
        deadline_at = result.started_at + int(limit_s * 1000)
    draft.spend(result.usage)
    started_at = state.suspended.started_at if state.suspended else result.started_at
    draft.move(
        "node.suspended",
        result.node,
        head=result.node,
        head_attempt=result.attempt,
        started_at=started_at,
        deadline_at=deadline_at,
        suspended=Suspension(
            directive=directive,
            children=Children() if spawns else None,
            input=result.input,
            logs=result.logs,
            started_at=started_at,
        ),
        wake_at=_earliest(_until(directive), deadline_at),
        resends=0,
    )
    if spawns:
        children.begin(draft, graph, result.node)
    elif isinstance(directive, AwaitSignal) and (kept := draft.take_signal(result.node)):
        conclude_suspended(draft, graph, result.node, output=kept)


def decided(draft: Draft, graph: PinnedGraph, control: RunControl) -> None:
    """A person has decided; only what was asked for counts, and only once."""
    state = draft.state(control.node or "")
    asked = state.suspended.directive if state.suspended else None
    if control.node and isinstance(asked, AwaitDecision) and control.port in asked.decisions:
        conclude_suspended(draft, graph, control.node, port=control.port or "", output=control.output or NULL)


def signalled(draft: Draft, graph: PinnedGraph, control: RunControl) -> None:
    """Somebody has called from outside; a call that comes early is kept for the node."""
    node_id, body = control.node or "", control.output or NULL
    state = draft.state(node_id)
    if node_id not in graph.nodes:
        return
    if state.suspended and isinstance(state.suspended.directive, AwaitSignal):
        conclude_suspended(draft, graph, node_id, output=body)
    elif state.status in ("pending", "ready", "running") and node_id not in draft.signals:
        draft.keep_signal(node_id, body)


def wake_suspended(draft: Draft, graph: PinnedGraph, node_id: str, begun: frozenset[str]) -> None:
    """The time of a suspended node has come: it goes on, has timed out, or looks for its children."""
    state = draft.state(node_id)
    suspended = state.suspended
    assert suspended is not None
    directive = suspended.directive
    until, deadline = _until(directive), state.deadline_at
    # Where both have passed before the planner could look, the first one counts.
    late = deadline is not None and deadline <= draft.now and (until is None or deadline < until)
    if isinstance(directive, SpawnRuns):
        children.look_again(draft, graph, node_id, begun, late=late)
    elif late:
        limit_s = graph.nodes[node_id].policy.timeout_s
        said = failure("timeout", f"the node did not come to an end within {limit_s:g} s", node=node_id)
        conclude_suspended(draft, graph, node_id, failure=said)
    elif isinstance(directive, SleepUntil):
        conclude_suspended(draft, graph, node_id, output=NULL)
    else:
        output = UNDECIDED if isinstance(directive, AwaitDecision) else NULL
        conclude_suspended(draft, graph, node_id, port=TIMEOUT, output=output)


def _until(directive: Directive) -> Millis | None:
    match directive:
        case SleepUntil():
            return directive.at
        case AwaitDecision() | AwaitSignal():
            return directive.timeout_at
        case SpawnRuns():
            return None


def _earliest(*times: Millis | None) -> Millis | None:
    known = [each for each in times if each is not None]
    return min(known) if known else None
