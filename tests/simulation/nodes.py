"""What the nodes of a world do: whatever the seed says, after a while; something else each time."""

import asyncio
from collections.abc import Callable
from typing import Any

from pydantic import ConfigDict

from shared.context import Context
from shared.contracts.catalog import NodeType
from shared.contracts.directive import AwaitDecision, AwaitSignal, Directive, SleepUntil, SpawnRuns
from shared.contracts.events import NodeReady
from shared.contracts.node_run import NodeResult
from shared.contracts.value import inline
from shared.ids import now_ms
from shared.nodes import NodeConfig, NodeFailed, Registered, Routed
from shared.tree import TreeRunner
from tests.simulation.luck import Luck
from tests.simulation.virtual import Process

KINDS = ("act", "wait", "review", "signal", "map", "loop", "try", "workflow")
REVIEW = ["approve", "reject"]
OTHER_WORKFLOW = "wf_other"


class Config(NodeConfig):
    """Anything."""

    model_config = ConfigDict(extra="allow")


class Trees(TreeRunner):
    """The real one; it says when it begins."""

    begun: Callable[[NodeReady], None]
    process: Process

    async def run(self, ready: NodeReady) -> list[NodeResult]:
        await self.process.gate()
        self.begun(ready)
        return await super().run(ready)


def node_types(luck: Luck, process: Process) -> dict[str, Registered]:
    """All types, as this executor knows them."""

    async def run(config: Config, context: Context) -> Any:
        given = config.model_extra or {}
        await asyncio.sleep(_seconds(luck))
        await process.gate()
        drawn = luck.chance.randrange(1_000)
        if drawn % 5 == 0:
            raise NodeFailed(("unavailable", "broken")[drawn // 5 % 2], "as the seed says")
        if directive := _directive(given, context.turn):
            return directive
        port = given["ports"][drawn // 8 % len(given["ports"])]
        return Routed(port, {"node": context.node_id, "attempt": context.attempt, "by": process.name})

    found: dict[str, Registered] = {}
    for kind in KINDS:
        node_type = NodeType(
            type=kind, title=kind, description=kind, category="test", pool="core", config_schema={},
            bodies=["graph", "finally"], waits=True,
        )  # fmt: skip
        found[kind] = Registered(node_type, Config, _of_kind(kind, run))
    return found


def _of_kind(kind: str, run: Any) -> Any:
    def asked(config: Config, context: Context) -> Any:
        return run(Config(**{**(config.model_extra or {}), "kind": kind}), context)

    return asked


def _seconds(luck: Luck) -> float:
    drawn = luck.chance.random()
    if drawn < 0.8:
        return luck.chance.choice((0, 0.001, 0.03))
    return luck.chance.uniform(0.05, 1) if drawn < 0.97 or luck.calm else luck.chance.uniform(2, 25)


def _directive(given: dict[str, Any], turn: int) -> Directive | None:
    until = now_ms() + given["ms"] if given.get("ms") else None
    match given["kind"]:
        case "wait":
            return SleepUntil(at=until or now_ms())
        case "review":
            return AwaitDecision(decisions=REVIEW, timeout_at=until)
        case "signal":
            return AwaitSignal(timeout_at=until)
        case "map":
            total = given["total"]
            items = inline(str(list(range(total))))
            more = {"concurrency": given["concurrency"], "on_item_failure": given["failing"]}
            return SpawnRuns(shape="map", items=items, total=total, **more)
        case "loop" if turn < given["total"]:
            return SpawnRuns(shape="loop", turn=turn, item=inline(str(turn)))
        case "try":
            return SpawnRuns.model_validate({"shape": "try", "finally": "finally" in given})
        case "workflow":
            return SpawnRuns(shape="workflow", workflow_id=OTHER_WORKFLOW, wait=given["wait"])
        case _:
            return None
