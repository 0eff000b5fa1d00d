"""What is to be counted of a run that has finished. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from shared.analytics.histogram import counted
from shared.contracts.figures import NANOS, NodeFigures, RunFact
from shared.contracts.run import NodeState, Run
from shared.contracts.version import PinnedGraph
from shared.storage.run_facts import counted_by

CALLS = "workflow.run"


def fact_of(run: Run, graph: PinnedGraph | None) -> RunFact:
    """The fact of a finished run; without its graph nothing can be said of its nodes."""
    finished_at = run.finished_at or run.created_at
    started_at = run.started_at
    return RunFact(
        id=run.id,
        open=counted_by(run.workspace_id),
        workspace_id=run.workspace_id,
        workflow_id=run.workflow_id or "",
        status=run.status,
        finished_at=finished_at,
        duration_ms=None if started_at is None else max(0, finished_at - started_at),
        wait_ms=None if started_at is None else max(0, started_at - run.created_at),
        code=run.failure.code if run.failure and run.status == "failed" else None,
        tokens=run.usage.tokens,
        cost_nanos=round(run.usage.cost_usd * NANOS),
        nodes=nodes_of(run.nodes, graph) if graph else [],
        deep=bool(graph) and any(_has_children(graph, each) for each in run.nodes),
    )


def nodes_of(nodes: Mapping[str, NodeState], graph: PinnedGraph) -> list[NodeFigures]:
    """By type, those that have succeeded or failed in this run itself, and not in one it goes on from."""
    by_type: defaultdict[str, list[NodeState]] = defaultdict(list)
    for node_id, state in nodes.items():
        if state.status in ("succeeded", "failed") and not state.source and node_id in graph.nodes:
            by_type[graph.nodes[node_id].type].append(state)
    return [_figures(node_type, states) for node_type, states in sorted(by_type.items())]


def _figures(node_type: str, states: Sequence[NodeState]) -> NodeFigures:
    took = [_took(state) for state in states]
    return NodeFigures(
        type=node_type,
        count=len(states),
        failures=sum(state.status == "failed" for state in states),
        retries=sum(max(0, state.attempt - 1) for state in states),
        total_ms=sum(took),
        longest_ms=max(took),
        durations=counted(took),
    )


def _took(state: NodeState) -> int:
    """In ms; nothing where a node was decided without being begun."""
    began, ended = state.started_at, state.finished_at
    return 0 if began is None or ended is None else max(0, ended - began)


def _has_children(graph: PinnedGraph, node_id: str) -> bool:
    return node_id in graph.nodes and (
        graph.nodes[node_id].type == CALLS or bool(graph.frozen[node_id].bodies)
    )
