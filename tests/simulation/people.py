"""The people of a world, and the gateway through which they begin runs and control them."""

import asyncio
from typing import Any

from services.gateway.errors import Refused
from services.gateway.rerunning import Again, taken_over
from shared.contracts.events import RunControl, RunRequested
from shared.contracts.run import RUN_FINISHED, NodeState, Run
from shared.contracts.value import inline
from shared.ids import now_ms
from shared.messaging.topology import planner_key
from shared.patience import patiently
from shared.starting import RECOVERY_MS
from shared.storage.mongo import Document
from shared.storage.node_runs import NodeRuns
from shared.storage.runs import Runs
from shared.storage.versions import Versions
from shared.storage.workflows import Workflow, Workflows
from tests.builders import NOW, WORKSPACE, run
from tests.simulation import drawing
from tests.simulation.broker import MemoryBus
from tests.simulation.nodes import OTHER_WORKFLOW, REVIEW
from tests.simulation.parties import Around
from tests.simulation.store import MemoryStore
from tests.simulation.virtual import Process

WAITED_FOR = "somebody waits for it"
OF_RUNS = ("pause", "resume", "pause", "cancel")
OF_NODES = ("retry", "retry", "skip", "decide", "signal")


class People:
    """They do as they like for a while; then they look after what waits for them."""

    def __init__(self, world: Around) -> None:
        self._world = world
        self.process = Process("gateway", world.loop)
        store: Any = MemoryStore(world.documents, self.process, mortal=False)
        self._runs, self._node_runs = Runs(store), NodeRuns(store)
        self._versions, self._workflows = Versions(store), Workflows(store)
        self._bus = MemoryBus(world.broker, self.process, mortal=False)
        chance = world.luck.chance
        self._to_begin = chance.choice((1, 1, 2, 3))
        self._controls = chance.choice((0, 0, 2, 5))
        self._reruns = chance.choice((0, 0, 1))
        self._count = 0

    @property
    def busy(self) -> bool:
        """Whether runs are still to be begun."""
        return self._to_begin > 0

    async def live(self) -> None:
        """Begin runs, interfere, attend."""
        chance = self._world.luck.chance
        await self._publish_versions()
        while True:
            if self._to_begin:
                many = chance.choice((1, self._to_begin))
                names = [f"run_{self._count + 1 + each}" for each in range(many)]
                fresh = {"version": "wf_1:1", "rev": 0, "wake_at": now_ms() + RECOVERY_MS}
                await asyncio.gather(*(self._begin(run(name, **fresh)) for name in names))
                self._to_begin -= many
            await asyncio.sleep(chance.choice((0.05, 0.3, 2)) if not self._world.luck.calm else 2)
            if self._controls > 0 and not self._world.luck.calm and chance.random() < 0.5:
                self._controls -= 1
                await self._interfere()
            if self._world.luck.calm or chance.random() < 0.3:
                await self._attend()
            if self._reruns > 0 and not self._world.luck.calm:
                await self._run_again()

    async def _publish_versions(self) -> None:
        chance = self._world.luck.chance
        other = drawing.version(chance, f"{OTHER_WORKFLOW}:1", plain=True)
        for version in (drawing.version(chance, "wf_1:1"), other):
            await patiently(lambda version=version: self._versions.insert(version), "version")
        workflow = Workflow(
            id=OTHER_WORKFLOW, workspace_id=WORKSPACE, name="other", graph="{}", rev=1, latest=1,
            created_at=NOW, updated_at=NOW,
        )  # fmt: skip
        await patiently(lambda: self._workflows.insert(workflow), "workflow")

    async def _begin(self, fresh: Run) -> None:
        """As the gateway does: durable first, then announced, which may fail."""
        self._count += 1
        await patiently(lambda: self._runs.insert(fresh), "run")
        try:
            await self._bus.publish(
                RunRequested(run_id=fresh.id, run=fresh), planner_key(RunRequested.event, fresh.id)
            )
        except ConnectionError:
            self._world.note(f"{fresh.id} is announced later")

    async def _run_again(self) -> None:
        """As the gateway does: a run that takes over results of one that has finished."""
        chance = self._world.luck.chance
        done = [
            each for each in self._stored() if each["status"] in RUN_FINISHED and not each.get("parent_id")
        ]
        if not done:
            return
        self._reruns -= 1
        old = Run.model_validate(chance.choice(done))
        graph = self._world.graph_of(old.version)
        start = chance.choice([None, *graph.nodes])
        try:
            nodes = taken_over(old, graph, graph, Again(start, only=chance.random() < 0.2))
        except Refused:
            return
        await patiently(lambda: self._node_runs.insert(list(old.results.values())), "results")
        fresh = run(f"run_{self._count + 1}", version=old.version, rev=0, nodes=nodes, rerun_of=old.id)
        await self._begin(fresh.model_copy(update={"wake_at": now_ms() + RECOVERY_MS}))

    async def _interfere(self) -> None:
        """Ask for something; it may not fit."""
        pick, stored = self._world.luck.chance.choice, self._stored()
        if not stored:
            return
        document = pick([pick([each for each in stored if not each.get("parent_id")]), *stored])
        if pick([True, False]):
            action = pick(OF_RUNS)
            root = document["_id"].partition(".")[0]
            await self._ask(document["_id"] if action == "cancel" else root, action)
            return
        nodes = document.get("nodes", {})
        graph = self._world.graph_of(document["version"])
        node_id = pick(list(nodes or graph.nodes))
        attempt = nodes.get(node_id, {}).get("attempt", 0)
        port = pick([*graph.frozen[node_id].ports, "elsewhere"])
        await self._ask(document["_id"], pick(OF_NODES), node_id, pick([attempt, None]), port)

    async def _attend(self) -> None:
        """Go on with what was paused, and answer what waits for an answer."""
        chance = self._world.luck.chance
        for document in self._stored():
            if document["status"] in RUN_FINISHED:
                continue
            if document["status"] == "paused":
                await self._ask(document["_id"].partition(".")[0], "resume")
            for node_id, each in document.get("nodes", {}).items():
                state = NodeState.model_validate(each) if each.get("status") == "suspended" else NodeState()
                kind = state.suspended.directive.kind if state.suspended else ""
                if kind == "await_decision" and chance.random() < 0.5:
                    await self._ask(
                        document["_id"], "decide", node_id, state.attempt, chance.choice(REVIEW), WAITED_FOR
                    )
                elif kind == "await_signal" and chance.random() < 0.5:
                    await self._ask(document["_id"], "signal", node_id)

    async def _ask(
        self,
        run_id: str,
        action: str,
        node: str | None = None,
        attempt: int | None = None,
        port: str = "",
        reason: str = "",
    ) -> None:
        """Until the broker has it: what people ask for is not lost."""
        self._count += 1
        self._world.note(f"somebody asks for {action} {run_id} {node or ''} {attempt or ''} {port}")
        message = RunControl.model_validate({
            "run_id": run_id, "id": f"ctl_{self._count}", "action": action, "node": node, "attempt": attempt,
            "port": port or None, "output": inline("1"), "by": "somebody", "reason": reason,
        })  # fmt: skip
        key = planner_key(RunControl.event, run_id)
        await patiently(lambda: self._bus.publish(message, key, sure=True), "control")

    def _stored(self) -> list[Document]:
        return [document for _, document in self._world.documents.all("runs").values()]
