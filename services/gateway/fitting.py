"""Whether a control fits a run as it is now. Pure.

Each function makes a check: True when the effect is there already, False when it is still to come. It raises
Refused, saying why, when there can be none."""

from collections.abc import Callable, Collection

from services.gateway.errors import Refused
from shared.contracts.directive import AwaitDecision, AwaitSignal
from shared.contracts.graph import OUT
from shared.contracts.run import NODE_FINISHED, RUN_FINISHED, NodeState, Run
from shared.contracts.value import Value

Fits = Callable[[Run], bool]
TIMEOUT = "timeout"

_UNTOUCHED = NodeState()


def paused(run: Run) -> bool:
    """No further node is begun."""
    _unfinished(run)
    return run.status == "paused"


def resumed(run: Run) -> bool:
    """Nodes are begun (again)."""
    _unfinished(run)
    return run.status != "paused"


def cancelled(run: Run) -> bool:
    """Nothing of it is carried any further."""
    if run.status != "cancelled":
        _unfinished(run)
    return run.status == "cancelled"


def retried(node_id: str, attempt: int, behind: Collection[str] = ()) -> Fits:
    """The node is in a later attempt than `attempt`. `behind` are the nodes to be undone with it."""

    def fits(run: Run) -> bool:
        state = run.nodes.get(node_id, _UNTOUCHED)
        if state.attempt > attempt:
            return True  # whatever has come of it since
        _unfinished(run, f"; to run it again from there, POST /runs/{run.id}/rerun with from={node_id!r}")
        if node_id in run.eligible:
            return True
        if state.status == "pending" and state.wake_at is None:
            raise Refused("not_started", f"Node {node_id!r} has not been tried yet")
        if state.status != "failed":
            _node_unfinished(run, node_id)
        _check_children(run, [node_id, *behind])
        return False

    return fits


def skipped(node_id: str, port: str) -> Fits:
    """The node has been left through the port without being run."""

    def fits(run: Run) -> bool:
        state = run.nodes.get(node_id, _UNTOUCHED)
        if state.status == "skipped" and state.port == port:
            return True
        _unfinished(run)
        _node_unfinished(run, node_id)
        return False

    return fits


def decided(node_id: str, decision: str) -> Fits:
    """The review has been decided this way."""

    def fits(run: Run) -> bool:
        state = run.nodes.get(node_id, _UNTOUCHED)
        asked = state.suspended.directive if state.suspended else None
        if state.status == "suspended" and isinstance(asked, AwaitDecision):
            if decision not in asked.decisions:
                raise Refused(
                    "unknown_decision", f"{decision!r} is none of its decisions: {', '.join(asked.decisions)}"
                )
            return False
        if state.status == "succeeded" and state.port == decision:
            return True
        if state.status == "succeeded" and state.port != TIMEOUT:
            said = f"Review {node_id!r} has been decided already: {state.port}"
            raise Refused("already_decided", said)
        _node_unfinished(run, node_id)
        _unfinished(run)
        raise Refused("not_suspended", f"Node {node_id!r} is {state.status}; it does not wait for a decision")

    return fits


def signalled(node_id: str, body: Value) -> Fits:
    """This body is what the node goes on with. It may come before the node waits for it."""

    def fits(run: Run) -> bool:
        state = run.nodes.get(node_id, _UNTOUCHED)
        if state.status == "succeeded" and state.port == OUT:
            raise already_signalled(node_id)
        _node_unfinished(run, node_id)
        _unfinished(run)
        if kept := run.signals.get(node_id):
            if kept != body:
                raise already_signalled(node_id)
            return True
        asked = state.suspended.directive if state.suspended else None
        if asked and not isinstance(asked, AwaitSignal):
            raise Refused("not_suspended", f"Node {node_id!r} does not wait for a signal")
        return False

    return fits


def already_signalled(node_id: str) -> Refused:
    """The refusal of every signal after the first."""
    return Refused("already_signalled", f"Node {node_id!r} has had its signal already")


def _check_children(run: Run, node_ids: Collection[str]) -> None:
    for node_id in node_ids:
        suspended = run.nodes.get(node_id, _UNTOUCHED).suspended
        if suspended and suspended.children and suspended.children.open:
            raise Refused(
                "has_children",
                f"Node {node_id!r} has child runs that have not finished: retry a node in them, "
                "or cancel them first",
            )


def _unfinished(run: Run, more: str = "") -> None:
    if run.status in RUN_FINISHED:
        raise Refused("run_finished", f"Run {run.id!r} has {_past(run.status)} already{more}")


def _node_unfinished(run: Run, node_id: str) -> None:
    state = run.nodes.get(node_id, _UNTOUCHED)
    if state.status in NODE_FINISHED:
        late = " (it waited too long)" if state.port == TIMEOUT else ""
        raise Refused("too_late", f"Node {node_id!r} has {_past(state.status)} already{late}")


def _past(status: str) -> str:
    return f"been {status}" if status in ("cancelled", "skipped") else status
