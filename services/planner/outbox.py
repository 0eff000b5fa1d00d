"""Publishes what a save left behind: events into `run_events`, ready nodes to executors, changes to whoever
watches.

Everything here may happen twice: events are recorded under their number, ready nodes are claimed or
repeatable."""

import asyncio
from collections.abc import Sequence

from services.planner.asking import Asking
from services.planner.naming import Named, Naming
from services.planner.news import News
from services.planner.outputs import Outputs
from services.planner.readiness import sent_with
from services.planner.saved import Saved
from services.planner.transitions import Decision
from shared import signals
from shared.contracts.base import Json, Millis
from shared.contracts.events import NodeReady, NodeTask
from shared.contracts.graph import NODE_TIMEOUT_S, OUT, Node
from shared.contracts.run import RUN_FINISHED, Run
from shared.contracts.value import Value, to_json
from shared.contracts.version import FrozenNode, PinnedGraph
from shared.ids import now_ms
from shared.messaging import topology
from shared.messaging.broker import Bus
from shared.storage.node_runs import NodeRuns
from shared.storage.payloads import Payloads
from shared.storage.run_events import RunEvents

INLINE_TOTAL_BYTES = 65_536


class Outbox:
    """Flushes saved runs."""

    def __init__(
        self,
        bus: Bus,
        run_events: RunEvents,
        node_runs: NodeRuns,
        outputs: Outputs,
        payloads: Payloads,
        naming: Naming,
        *,
        public_url: str = "",
        asking: Asking | None = None,
    ) -> None:
        self._bus = bus
        self._news = News(bus)
        self._run_events = run_events
        self._node_runs = node_runs
        self._outputs = outputs
        self._payloads = payloads
        self._naming = naming
        self._public_url = public_url
        self._asking = asking
        self._configs: dict[tuple[str, str], str] = {}
        self._oldest: Millis | None = None

    def age_s(self) -> float:
        """Seconds since the oldest saved event that is not published yet; 0 when there is none."""
        return 0.0 if self._oldest is None else max(0, now_ms() - self._oldest) / 1000

    async def flush(self, saves: Sequence[Saved], now: Millis) -> list[Run]:
        """Publish, and record what is due; the runs without what is in its place once that is confirmed.
        Whoever reads events or results before they are recorded finds them in the run itself."""
        self._oldest = min((event.at for saved in saves for event in saved.fresh.values()), default=now)
        sends = [asyncio.create_task(self._send(each, head, now)) for each in saves for head in each.sends]
        await self._news.tell([saved for saved in saves if saved.fresh], now)
        due = [saved.run for saved in saves if saved.to_record(now)]
        unfinished = [saved.run for saved in saves if saved.run.status not in RUN_FINISHED]
        asked = [self._asking.ask(saves, now)] if self._asking else []
        await asyncio.gather(*sends, *asked, self._record(due, unfinished))
        self._oldest = None
        recorded = {run.id for run in due}
        return [
            saved.run
            if saved.run.status in RUN_FINISHED
            else saved.run.model_copy(
                update={"results": {}, "outbox": {} if saved.run.id in recorded else saved.run.outbox}
            )
            for saved in saves
        ]

    async def record(self, runs: Sequence[Run]) -> list[Run]:
        """Put events and results of these runs where they stay; the runs without them."""
        await self._record(runs, runs)
        return [run.model_copy(update={"outbox": {}, "results": {}}) for run in runs]

    async def _record(self, with_events: Sequence[Run], with_results: Sequence[Run]) -> None:
        events = [(run.id, run.outbox) for run in with_events if run.outbox]
        results = [node_run for run in with_results for node_run in run.results.values()]
        await asyncio.gather(
            *([self._run_events.insert(events)] if events else []),
            *([self._node_runs.insert(results)] if results else []),
        )

    async def _send(self, saved: Saved, head: str, now: Millis) -> None:
        await self.publish(await self.ready(saved.run, saved.graph, head, now), saved.trace)

    async def publish(self, message: NodeReady, trace: str) -> None:
        """Send work to the executors of its pool."""
        await self._bus.ensure_executor_queues(message.pool)
        await self._bus.publish(message, topology.ready_key(message.pool, message.lane), trace=trace)

    async def ready(self, run: Run, graph: PinnedGraph, head: str, now: Millis) -> NodeReady:
        """The message that has a node run, and those that were sent with it."""
        sent = sent_with(graph, run.nodes, head)
        frozen = [graph.frozen[node_id] for node_id in sent]
        named = {node_id for each in frozen for node_id in each.references} - set(sent)
        uses_trigger = any("trigger" in each.roots for each in frozen)
        variables = await self._naming.of(run.workspace_id, frozen)
        return NodeReady(
            run_id=run.id,
            workspace_id=run.workspace_id,
            workflow_id=run.workflow_id,
            pool=frozen[0].pool,
            lane=run.lane,
            side_effects=frozen[0].side_effects,
            nodes=[self._node_task(run, graph, node_id, is_head=node_id == head) for node_id in sent],
            outputs=await self._fit(await self._named(run, graph, named)),
            trigger=run.input if uses_trigger else None,
            item=run.item,
            index=run.index,
            signals=self._signals(run, graph) if any("run" in each.roots for each in frozen) else {},
            vars=await self._carried(variables),
            secrets=_sealed(variables, frozen),
            dry=run.dry,
            sent_at=now,
        )

    async def _named(self, run: Run, graph: PinnedGraph, named: set[str]) -> dict[str, Value]:
        """Outputs by node: of this graph's nodes, and of those around it where this graph is a body."""
        own = sorted(each for each in named if each in graph.nodes)
        return {
            **{each: value for each, value in run.outer.items() if each in named},
            **await self._outputs.of(run, own),
        }

    async def _carried(self, variables: Named) -> Value | None:
        """Plain variables as one object, by reference where it is large."""
        if not variables.plain:
            return None
        pairs = (f"{to_json(name)}:{text}" for name, text in variables.plain.items())
        return await self._payloads.put("{" + ",".join(pairs) + "}")

    def _signals(self, run: Run, graph: PinnedGraph) -> dict[str, str]:
        """The resume URLs of the nodes that wait for a signal."""
        waiting = [node.id for node in graph.nodes.values() if node.type == signals.NODE_TYPE]
        return {node_id: self._public_url + signals.url_path(run, node_id) for node_id in waiting}

    def _node_task(self, run: Run, graph: PinnedGraph, node_id: str, *, is_head: bool) -> NodeTask:
        node, frozen, state = graph.nodes[node_id], graph.frozen[node_id], run.nodes[node_id]
        config = self._configs.get((graph.version_id, node_id))
        if config is None:
            if len(self._configs) > 5_000:
                self._configs.clear()
            emptied = {field: {} for field in frozen.bodies}
            config = self._configs[graph.version_id, node_id] = to_json({**node.config, **emptied})
        children = state.suspended.children if state.suspended else None
        return NodeTask(
            node=node_id,
            type=node.type,
            attempt=state.attempt,
            config=config,
            timeout_s=NODE_TIMEOUT_S if frozen.bodies else node.policy.timeout_s or NODE_TIMEOUT_S,
            mock=mock_of(run, node, frozen),
            cache_ttl_s=node.policy.cache_ttl_s,
            turn=state.turn,
            state=children.answer if children else None,
            after=None if is_head else graph.incoming[node_id][0].source,
            after_port=None if is_head else graph.incoming[node_id][0].port,
            references=frozen.references,
            variables=frozen.variables if "vars" in frozen.roots else None,
            credential_id=node.credential_id,
        )

    async def _fit(self, outputs: dict[str, Value]) -> dict[str, Value]:
        """The outputs, the largest of them by reference where together they are too large for a message."""
        total = sum(value.size for value in outputs.values() if value.json_text is not None)
        fitted = dict(outputs)
        for node_id, value in sorted(outputs.items(), key=lambda item: -item[1].size):
            if total <= INLINE_TOTAL_BYTES:
                break
            if value.json_text is not None:
                fitted[node_id] = await self._payloads.refer(value.json_text)
                total -= value.size
        return fitted


def mock_of(run: Run, node: Node, frozen: FrozenNode) -> Json | None:
    """What the node answers instead of being run: one mock after another, by attempt and by what the mock has
    answered before this child run; or the output that is pinned to it, in runs that heed pins."""
    if frozen.mocks:
        turn = run.nodes[node.id].attempt - 1 + run.answered.get(node.id, 0)
        return frozen.mocks[min(turn, len(frozen.mocks) - 1)]
    if run.pins and node.policy.pinned_output is not None and OUT in frozen.ports:
        return to_json({"output": node.policy.pinned_output})
    return None


def _sealed(variables: Named, nodes: Sequence[FrozenNode]) -> dict[str, str]:
    """Secret variables; without what is sealed, unless these nodes' executors can open it."""
    opens = all(each.vault for each in nodes)
    return {name: text if opens else "" for name, text in variables.secret.items()}


def unsent(before: Run, decision: Decision, sent: int) -> list[str]:
    """The heads to publish: those just decided on, and those that a save made before a crash has left behind.
    Events up to `sent` have been published by this very planner."""
    nodes = decision.run.nodes
    left = [
        event.node
        for seq, event in before.outbox.items()
        if int(seq) > sent
        and event.type == "node.ready"
        and event.node
        and nodes[event.node].status == "ready"
        and nodes[event.node].head == event.node
        and nodes[event.node].attempt == event.attempt
    ]
    return list(dict.fromkeys([*left, *decision.sends]))
