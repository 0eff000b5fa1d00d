"""Output before state: what nodes answered is stored before the save that says so; and what a run answers
with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.planner.naming import Naming
from services.planner.outputs import Outputs
from services.planner.too_large import too_large
from services.planner.transitions import Decision
from shared.contracts.events import NodeFinished
from shared.contracts.node_run import NodeResult, NodeRun, node_run_id
from shared.contracts.run import NODE_FINISHED, Run
from shared.contracts.value import NULL, Value, from_json, to_json
from shared.contracts.version import PinnedGraph
from shared.expressions import ExpressionError, Path, lookup, path
from shared.storage.joining import Joining
from shared.storage.node_runs import NodeRuns
from shared.storage.payloads import Payloads

ATTACHED_BYTES = 262_144
ALL_ATTACHED_BYTES = 1_000_000
"""What the results in one run document may have in all."""
Messages = Mapping[tuple[str, int], NodeFinished]


@dataclass
class Storing:
    """`attached` results are saved along with their run, by run and `node_runs` id; `replaced` are messages
    whose attempt somebody else has answered first, by run."""

    attached: dict[str, dict[str, NodeRun]] = field(default_factory=dict)
    replaced: dict[str, dict[tuple[str, int], NodeFinished]] = field(default_factory=dict)


class Results:
    """Keeps what was accepted, and hands it out again."""

    def __init__(self, node_runs: NodeRuns, outputs: Outputs, payloads: Payloads, naming: Naming) -> None:
        self._node_runs = node_runs
        self._outputs = outputs
        self._payloads = payloads
        self._naming = naming

    async def store(self, decisions: Sequence[tuple[Run, Decision, PinnedGraph, Messages]]) -> Storing:
        """See to it that accepted results are durable no later than the save that says so.

        Small ones of nodes without side effects, and of nodes that no executor holds, travel in the run
        document itself: one write less to wait for. All others are inserted now. Whoever is first owns an
        attempt: results that are there already win."""
        storing = Storing()
        fresh: dict[str, tuple[NodeRun, NodeFinished]] = {}
        room: dict[str, int] = {}
        for before, decision, graph, messages in decisions:
            for (head, attempt), results in decision.results.items():
                message = messages.get((head, attempt))
                if message and message.stored:
                    continue
                node_run = _node_run(decision.run, head, attempt, results, message)
                unclaimed = (
                    graph.frozen[head].side_effects == "none" if message else _untaken(before, head, attempt)
                )
                size = _bytes(results)
                room[decision.run.id] = room.get(decision.run.id, ALL_ATTACHED_BYTES) - size
                if unclaimed and size <= ATTACHED_BYTES and room[decision.run.id] >= 0:
                    storing.attached.setdefault(decision.run.id, {})[node_run.id] = node_run
                else:
                    message = message or _unheard(decision.run, head, attempt, results)
                    fresh[node_run.id] = (node_run, message)
        there = await self._node_runs.insert([node_run for node_run, _ in fresh.values()])
        if there:
            storing.replaced = await self._settle({each: fresh[each] for each in there})
        return storing

    async def _settle(
        self, contested: Mapping[str, tuple[NodeRun, NodeFinished]]
    ) -> dict[str, dict[tuple[str, int], NodeFinished]]:
        """Close claims whose executor was found dead; give way to results that were there first."""
        replaced: dict[str, dict[tuple[str, int], NodeFinished]] = {}
        stored = await self._node_runs.load(list(contested))
        for each, (node_run, message) in contested.items():
            ours = node_run.model_copy(update={"executor": stored[each].executor})
            if stored[each].open and await self._node_runs.finish([ours]):
                continue
            first = (await self._node_runs.load([each]))[each]
            if first.results != node_run.results:
                winner = message.model_copy(update={"results": first.results, "stored": True})
                replaced.setdefault(node_run.run_id, {})[message.head, message.attempt] = winner
        return replaced

    def remember(self, decision: Decision) -> None:
        """Keep accepted outputs at hand for the messages to come."""
        for results in decision.results.values():
            self._outputs.remember(decision.run.id, results)

    def forget(self, run_id: str) -> None:
        """Nothing more will be sent for this run."""
        self._outputs.forget(run_id)

    async def output(self, run: Run, graph: PinnedGraph) -> Value:
        """What the run answers with: the value at `settings.output`, or the outputs of its end nodes by
        id. Raises OutputTooLarge."""
        if graph.settings.output:
            return await self._at_path(run, graph.settings.output)
        ends = [end for end in graph.ends if run.nodes[end].status in NODE_FINISHED]
        values = await self._outputs.of(run, ends)
        joining = Joining(self._payloads)
        with too_large("its end nodes answered with"):
            for index, end in enumerate(ends):
                await joining.add(f"{',' if index else '{'}{to_json(end)}:", values[end])
            await joining.add("}" if ends else "{}")
        return await joining.value()

    async def _at_path(self, run: Run, text: str) -> Value:
        """The value that one path leads to; null where it leads nowhere, as through a skipped node."""
        found = path(text)
        named = [str(found.keys[0])] if found.root == "nodes" and found.keys else []
        values = {each: run.outer[each] for each in named if each in run.outer and each not in run.nodes}
        values.update(await self._outputs.of(run, [node_id for node_id in named if node_id in run.nodes]))
        values.update({"trigger": run.input, "item": run.item or NULL} if found.root != "nodes" else {})
        whole = {("nodes", 1): named[0] if named else "", ("trigger", 0): "trigger", ("item", 0): "item"}
        if wanted := whole.get((found.root, len(found.keys))):
            return values.get(wanted, NULL)  # what is only carried is not loaded
        texts = {each: from_json(await self._payloads.text(value)) for each, value in values.items()}
        bindings = {
            "nodes": texts,
            "trigger": texts.get("trigger"),
            "item": texts.get("item"),
            "index": run.index,
            "run": {"id": run.id, "workspace_id": run.workspace_id, "workflow_id": run.workflow_id},
            "vars": await self._variable(run, found),
        }
        try:
            return await self._payloads.put(to_json(lookup(found, bindings)))
        except ExpressionError:
            return NULL

    async def _variable(self, run: Run, found: Path) -> dict[str, Any]:
        """The one variable that a path names; secret ones are not told."""
        name = str(found.keys[0]) if found.root == "vars" and found.keys else ""
        text = await self._naming.one(run.workspace_id, name) if name else None
        return {} if text is None else {name: from_json(text)}


def _unheard(run: Run, head: str, attempt: int, results: list[NodeResult]) -> NodeFinished:
    """The message that should have come: the planner gave up waiting for it."""
    return NodeFinished(
        run_id=run.id, workspace_id=run.workspace_id, head=head, attempt=attempt, executor="", results=results
    )


def _untaken(before: Run, head: str, attempt: int) -> bool:
    """Whether no executor has ever had this attempt: the node was suspended, or is answered for by a
    person."""
    state = before.nodes.get(head)
    return state is None or state.attempt < attempt or state.status == "suspended"


def _node_run(
    run: Run, head: str, attempt: int, results: list[NodeResult], message: NodeFinished | None
) -> NodeRun:
    return NodeRun(
        id=node_run_id(run.id, head, attempt),
        run_id=run.id,
        workspace_id=run.workspace_id,
        executor=message.executor if message else None,
        results=results,
        created_at=results[0].started_at,
    )


def _bytes(results: Sequence[NodeResult]) -> int:
    values = [value for each in results for value in (each.input, each.output) if value and value.json_text]
    return sum(value.size for value in values) + sum(len(line) for each in results for line in each.logs)
