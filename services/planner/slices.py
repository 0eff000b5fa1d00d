"""Many child runs in one message: bodies so light that a message, and a write to begin with, would cost more
than they do. Such a child run is stored once, when it has finished; what is lost before is run again."""

from collections.abc import Sequence

from services.planner.children import BODY
from services.planner.outbox import Outbox
from services.planner.readiness import tree_from
from services.planner.transitions import Spawn
from services.planner.work import Work
from shared.contracts.directive import SpawnRuns
from shared.contracts.events import Slice, SliceItem
from shared.contracts.run import Run
from shared.contracts.version import PinnedGraph
from shared.ids import now_ms

MOST_ITEMS = 25


class Slices:
    """Sends slices."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def send(self, run: Run, spawn: Spawn, children: Sequence[Run], first: Work) -> None:
        """Have these child runs of a run executed, some at a time one after the other. `first` is what the
        first of them begins with, as all do."""
        ready = await self._outbox.ready(first.decision.run, first.graph, first.decision.sends[0], now_ms())
        for start in range(0, len(children), MOST_ITEMS):
            items = [
                SliceItem(key=child.key or "", item=child.item, index=child.index)
                for child in children[start : start + MOST_ITEMS]
            ]
            part = Slice(node=spawn.node, attempt=spawn.attempt, field=spawn.field, items=items)
            message = ready.model_copy(update={"run_id": run.id, "slice": part, "item": None, "index": None})
            await self._outbox.publish(message, first.trace)


def in_slices(run: Run, spawn: Spawn, body: PinnedGraph) -> bool:
    """Whether these child runs can go in slices: those of a map, several at once, whose body is one message
    of light nodes that touch nothing."""
    suspended = run.nodes[spawn.node].suspended
    directive = suspended.directive if suspended else None
    if not isinstance(directive, SpawnRuns) or directive.shape != "map" or spawn.field != BODY:
        return False
    if directive.concurrency == 1 or len(body.starts) != 1 or (run.pins and _pinned(body)):
        return False
    plain = all(
        each.light and each.side_effects == "none" and not (each.waits or each.bodies or each.mocks)
        for each in body.frozen.values()
    )
    return plain and len(tree_from(body, {}, body.starts[0])) == len(body.nodes)


def _pinned(body: PinnedGraph) -> bool:
    return any(node.policy.pinned_output is not None for node in body.nodes.values())
