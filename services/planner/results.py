"""Output before state: what nodes answered is stored before the save that says so; and what a run answers
with."""

from collections.abc import Mapping, Sequence

from services.planner.outputs import Outputs
from services.planner.transitions import Decision
from shared.contracts.events import NodeFinished
from shared.contracts.node_run import NodeResult, NodeRun, node_run_id
from shared.contracts.run import NODE_FINISHED, Run
from shared.contracts.value import Value, from_json, inline, to_json
from shared.contracts.version import PinnedGraph
from shared.expressions import ExpressionError, lookup, path
from shared.storage.node_runs import NodeRuns
from shared.storage.payloads import Payloads

Replaced = dict[str, dict[tuple[str, int], NodeFinished]]


class Results:
    """Keeps what was accepted, and hands it out again."""

    def __init__(self, node_runs: NodeRuns, outputs: Outputs, payloads: Payloads) -> None:
        self._node_runs = node_runs
        self._outputs = outputs
        self._payloads = payloads

    async def store(
        self, decisions: Sequence[tuple[Decision, Mapping[tuple[str, int], NodeFinished]]]
    ) -> Replaced:
        """Insert the accepted results that their executor has not stored itself.

        Whoever is first owns the attempt: where other results are stored already, they are returned, by
        run."""
        fresh: dict[str, tuple[NodeRun, NodeFinished]] = {}
        for decision, messages in decisions:
            for (head, attempt), results in decision.results.items():
                message = messages.get((head, attempt)) or _unheard(decision.run, head, attempt, results)
                if message.stored:
                    continue
                node_run = NodeRun(
                    id=node_run_id(decision.run.id, head, attempt),
                    run_id=decision.run.id,
                    workspace_id=decision.run.workspace_id,
                    executor=message.executor,
                    results=results,
                    created_at=results[0].started_at,
                )
                fresh[node_run.id] = (node_run, message)
        there = await self._node_runs.insert([node_run for node_run, _ in fresh.values()])
        return await self._settle({each: fresh[each] for each in there}) if there else {}

    async def _settle(self, contested: Mapping[str, tuple[NodeRun, NodeFinished]]) -> Replaced:
        """Close claims whose executor was found dead; give way to results that were there first."""
        replaced: Replaced = {}
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
        id."""
        if graph.settings.output:
            return await self._at_path(run, graph.settings.output)
        ends = [end for end in graph.ends if run.nodes[end].status in NODE_FINISHED]
        values = await self._outputs.of(run, ends)
        texts = [f"{to_json(end)}:{await self._payloads.text(values[end])}" for end in ends]
        return await self._payloads.put("{" + ",".join(texts) + "}")

    async def _at_path(self, run: Run, text: str) -> Value:
        """The value that one path leads to; null where it leads nowhere, as through a skipped node."""
        found = path(text)
        named = [str(found.keys[0])] if found.root == "nodes" and found.keys else []
        values = await self._outputs.of(run, [node_id for node_id in named if node_id in run.nodes])
        bindings = {
            "nodes": {each: from_json(await self._payloads.text(value)) for each, value in values.items()},
            "trigger": from_json(await self._payloads.text(run.input)) if found.root == "trigger" else None,
        }
        try:
            return await self._payloads.put(to_json(lookup(found, bindings)))
        except ExpressionError:
            return inline("null")


def _unheard(run: Run, head: str, attempt: int, results: list[NodeResult]) -> NodeFinished:
    """The message that should have come: the planner gave up waiting for it."""
    return NodeFinished(
        run_id=run.id, workspace_id=run.workspace_id, head=head, attempt=attempt, executor="", results=results
    )
