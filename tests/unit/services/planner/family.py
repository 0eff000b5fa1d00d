"""What holds between a run and its child runs, said without the planner's own code."""

from collections.abc import Mapping

from services.planner.transitions import Decision
from shared.contracts.directive import SpawnRuns
from shared.contracts.run import NodeState, Run, child_id
from shared.contracts.version import PinnedGraph

FINISHED = ("succeeded", "failed", "cancelled")


def check_spawns(graph: PinnedGraph, before: Run, decision: Decision, runs: Mapping[str, Run]) -> None:
    """Children are begun once, by a run that goes on, and no more of them than may be."""
    assert not decision.spawns or decision.run.status == "running", "children begin though their parent rests"
    begun = [child_id(before.id, spawn.node, key) for spawn in decision.spawns for key in spawn.keys]
    assert len(begun) == len(set(begun)), f"{begun} begin twice"
    assert not set(begun) & set(runs), f"{set(begun) & set(runs)} begin again"
    for node_id, state in decision.run.nodes.items():
        if spawn := _spawning(state):
            _check_window(before.id, node_id, state, spawn, runs)
    for node_id in decision.gathers:
        _check_gathered(decision, before, node_id, runs)


def _check_window(
    run_id: str, node_id: str, state: NodeState, spawn: SpawnRuns, runs: Mapping[str, Run]
) -> None:
    children = state.suspended.children if state.suspended else None
    assert children is not None
    most = {"map": spawn.total, "loop": 1, "try": 2, "workflow": 1}[spawn.shape]
    assert children.released <= most, f"{node_id} began {children.released} of {most} children"
    assert len(children.open) <= min(most, spawn.concurrency), f"{node_id} has {children.open} open"
    assert len(children.open) == len(set(children.open)), f"{node_id} waits twice for one child"
    if spawn.shape == "map" and state.status == "suspended":
        keys = [_key(index, state.attempt) for index in range(children.released)]
        done = [runs.get(child_id(run_id, node_id, key)) for key in keys if key not in children.open]
        failed = [each for each in done if each and each.status in ("failed", "cancelled")]
        assert len(failed) == children.failed, f"{node_id} counted {children.failed} failed items"
        assert all(each.status in FINISHED for each in done if each), "an item counts before it has finished"


def _check_gathered(decision: Decision, before: Run, node_id: str, runs: Mapping[str, Run]) -> None:
    state = before.nodes[node_id]
    spawn = _spawning(state)
    assert spawn is not None
    items = [runs[child_id(before.id, node_id, _key(index, state.attempt))] for index in range(spawn.total)]
    assert all(each.status in FINISHED for each in items), "the map ends before its items"
    if spawn.on_item_failure == "stop":
        assert all(each.status == "succeeded" for each in items), "a failed item did not stop the map"
    assert decision.run.nodes[node_id].status == "succeeded" or decision.run.nodes[node_id].reset


def check_saved(graph: PinnedGraph, saved: Run, runs: Mapping[str, Run]) -> None:
    """A child run that has not finished is known to its parent, which sees to it unless it runs by itself;
    none is left when its parent is."""
    for child in runs.values():
        node_id = child.parent_node or ""
        if child.parent_id != saved.id or child.status in FINISHED:
            continue
        if not graph.nodes[node_id].config.get("wait", True):
            continue
        suspended = saved.nodes[node_id].suspended
        assert suspended, f"{child.id} is left alone"
        assert suspended.children, f"{child.id} is left alone"
        assert child.key in suspended.children.open, f"{child.id} is left alone"
        assert saved.status not in FINISHED or saved.wake_at is not None, f"nobody stops {child.id}"


def _spawning(state: NodeState) -> SpawnRuns | None:
    directive = state.suspended.directive if state.suspended else None
    return directive if isinstance(directive, SpawnRuns) else None


def _key(index: int, attempt: int) -> str:
    return str(index) if attempt == 1 else f"{index}-{attempt}"
