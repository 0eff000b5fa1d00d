"""What a node's attempts have received and answered."""

from services.gateway.parts import Gateway
from shared.contracts.node_run import NodeResult, NodeRun, node_run_id
from shared.contracts.run import NodeState, Run


async def attempts_of(gateway: Gateway, run: Run, node_id: str) -> list[NodeResult]:
    """Results of the attempts that have ended, in order. A node whose result was taken over from another run
    has that one."""
    state = run.nodes.get(node_id, NodeState())
    documents = [*run.results.values(), *await _stored(gateway, run, state)]
    ended = [each for document in documents for each in document.results if each.node == node_id]
    by_attempt = {each.attempt: each for each in ended}
    return [by_attempt[attempt] for attempt in sorted(by_attempt)]


async def _stored(gateway: Gateway, run: Run, state: NodeState) -> list[NodeRun]:
    """The documents with its results. The usual node has one, whose id is known."""
    if state.head and (state.source or state.attempt <= 1):
        of = node_run_id(state.source or run.id, state.head, state.head_attempt)
        return list((await gateway.node_runs.load([of])).values())
    return [] if state.source else await gateway.node_runs.of_run(run.id)
