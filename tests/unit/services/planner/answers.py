"""What nodes answer in the random world, the same whenever they are asked; and how a run must end because of
it when nothing goes wrong."""

from zlib import crc32

from services.planner.children import key_of
from shared.contracts.directive import AwaitDecision, AwaitSignal, Directive, SleepUntil, SpawnRuns
from shared.contracts.graph import FAILURE
from shared.contracts.node_run import NodeResult
from shared.contracts.run import child_id
from shared.contracts.value import inline
from shared.contracts.version import PinnedGraph
from tests.builders import failed, succeeded
from tests.unit.services.planner.law import evaluate

BODIES = {"map": "graph", "loop": "graph", "try": "graph", "workflow": "graph"}
REVIEW = ["approve", "reject"]
End = tuple[str, str | None]


def answer(
    seed: int,
    graph: PinnedGraph,
    run_id: str,
    node_id: str,
    attempt: int,
    turn: int,
    now: int,
    *,
    plain: bool,
) -> NodeResult:
    """One attempt's result. In a `plain` world all failures are alike."""
    drawn = crc32(f"{seed}:{run_id}:{node_id}:{attempt}:{turn}".encode()) // 7
    if drawn % 5 == 0:
        code = "unavailable" if plain else ("unavailable", "broken")[drawn // 5 % 2]
        result = failed(node_id, code, attempt=attempt, at=now)
    elif directive := _directive(graph, node_id, turn, now):
        result = succeeded(node_id, attempt=attempt, at=now)
        result = result.model_copy(
            update={"status": "suspended", "port": None, "output": None, "directive": directive}
        )
    else:
        ports = [port for port in graph.frozen[node_id].ports if port != FAILURE]
        result = succeeded(node_id, ports[drawn // 8 % len(ports)], attempt=attempt, at=now)
    return result.model_copy(update={"turn": turn})


def _directive(graph: PinnedGraph, node_id: str, turn: int, now: int) -> Directive | None:
    config = graph.nodes[node_id].config
    until = now + config["ms"] if config.get("ms") else None
    match graph.nodes[node_id].type:
        case "wait":
            return SleepUntil(at=until or now)
        case "review":
            return AwaitDecision(decisions=REVIEW, timeout_at=until)
        case "signal":
            return AwaitSignal(timeout_at=until)
        case "map":
            more = {"total": config["total"], "concurrency": config["concurrency"]}
            return SpawnRuns(shape="map", items=inline("[]"), on_item_failure=config["failing"], **more)
        case "loop" if turn < config["total"]:
            return SpawnRuns(shape="loop", turn=turn)
        case "try":
            return SpawnRuns.model_validate({"shape": "try", "finally": "finally" in config})
        case "workflow":
            return SpawnRuns(shape="workflow", workflow_id="wf_2", wait=config["wait"])
        case _:
            return None


def body_of(graph: PinnedGraph, node_id: str, field: str) -> PinnedGraph:
    """The graph of a node's child runs; that of another workflow stands in its config, too."""
    return graph.body(node_id, field or "graph")


def foresee(seed: int, graph: PinnedGraph, run_id: str) -> tuple[str, dict[str, str]]:
    """How a run ends, and its nodes if it succeeds, when no attempt is lost and nobody interferes."""
    statuses = evaluate(graph, lambda node_id: _end(seed, graph, run_id, node_id))
    stops = [each for each, status in statuses.items() if status == "failed" and stopping(graph, each)]
    return "failed" if stops else "succeeded", statuses


def stopping(graph: PinnedGraph, node_id: str) -> bool:
    """Whether a failure of this node ends its run."""
    return graph.nodes[node_id].policy.on_failure == "stop" and FAILURE not in graph.frozen[node_id].ports


def _end(seed: int, graph: PinnedGraph, run_id: str, node_id: str) -> End:
    most = graph.nodes[node_id].policy.retry.max_attempts
    for attempt in range(1, most + 1):
        end = _attempt(seed, graph, run_id, node_id, attempt)
        if graph.nodes[node_id].config.get("finally") and end and end[1] != "unasked":
            if end[0] == "failed" and attempt < most:
                continue
            final = body_of(graph, node_id, "finally")
            key = child_id(run_id, node_id, key_of("finally", attempt))
            if foresee(seed, final, key)[0] == "failed":
                break
        if end[0] == "succeeded":
            return end
    mode = graph.nodes[node_id].policy.on_failure
    return "failed", "out" if mode == "continue" else FAILURE if FAILURE in graph.frozen[
        node_id
    ].ports else None


def _attempt(seed: int, graph: PinnedGraph, run_id: str, node_id: str, attempt: int) -> End:
    """How an attempt ends; `unasked` when it fails before anything else begins."""
    turn = 0
    while True:
        result = answer(seed, graph, run_id, node_id, attempt, turn, 0, plain=True)
        if result.failure:
            return "failed", "unasked"
        spawn = result.directive
        if not isinstance(spawn, SpawnRuns):
            waited = spawn and not isinstance(spawn, SleepUntil)
            return "succeeded", "timeout" if waited else result.port or "out"
        first, count = (turn, 1) if spawn.shape == "loop" else (0, spawn.total)
        keys = [child_id(run_id, node_id, key_of(first + each, attempt)) for each in range(count)]
        body = body_of(graph, node_id, "graph")
        fails = any(foresee(seed, body, key)[0] == "failed" for key in keys)
        if fails and spawn.on_item_failure == "stop" and spawn.wait:
            return "failed", None
        if spawn.shape != "loop":
            return "succeeded", "out"
        turn += 1
