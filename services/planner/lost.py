"""What to make of work that nobody answers for."""

from shared.contracts.base import Millis
from shared.contracts.events import NodeFinished
from shared.contracts.failure import failure
from shared.contracts.node_run import NodeResult, NodeRun, node_run_id
from shared.contracts.run import Run
from shared.contracts.version import PinnedGraph


def lost(claim: NodeRun, now: Millis) -> NodeFinished:
    """The message that a dead executor would have sent, had it known: its attempt failed with `lost`."""
    run_id, head, attempt = claim.id.rsplit(":", 2)
    result = NodeResult(
        node=head,
        attempt=int(attempt),
        status="failed",
        failure=failure("lost", f"executor {claim.executor} stopped while it ran this node", node=head),
        started_at=claim.created_at,
        finished_at=now,
    )
    return NodeFinished(
        run_id=run_id,
        workspace_id=claim.workspace_id,
        head=head,
        attempt=int(attempt),
        executor=claim.executor or "",
        results=[result],
    )


def unheard(run: Run, graph: PinnedGraph, head: str, now: Millis) -> list[NodeFinished]:
    """What is to be told of a node without side effects that has begun and should have ended: its executor
    keeps its time limit, so it is the answer that was lost, and it can be done again."""
    state = run.nodes[head]
    if state.status != "running" or state.wake_at is None or state.wake_at > now:
        return []
    if graph.frozen[head].side_effects != "none":
        return []
    claim = NodeRun(
        id=node_run_id(run.id, head, state.head_attempt),
        run_id=run.id,
        workspace_id=run.workspace_id,
        executor="unknown",
        created_at=state.started_at or now,
    )
    return [lost(claim, now)]
