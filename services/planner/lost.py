"""What to make of a claim whose executor is gone."""

from shared.contracts.base import Millis
from shared.contracts.events import NodeFinished
from shared.contracts.failure import failure
from shared.contracts.node_run import NodeResult, NodeRun


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
