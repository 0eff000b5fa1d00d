"""Adds facts up into roll-ups, each exactly once, whatever crashes and however many do it at once.

A roll-up is saved over the revision that was read before the facts were: a fact that is open then and not
among its `taken` is not in it. Only when all that were taken are closed may the next save name others. So a
fact is counted by one save, and whoever comes next closes what a crash has left open."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping

from services.planner.figures import nodes_of
from services.planner.memory import Memory
from shared.analytics.adding import nodes_by_type, with_facts
from shared.contracts.figures import RollUp, RunFact, rollup_id
from shared.messaging.topology import PARTITIONS
from shared.patience import heed_cancel
from shared.storage.mongo import Store
from shared.storage.rollups import RollUps
from shared.storage.run_facts import RunFacts
from shared.storage.runs import Runs
from shared.storage.versions import Versions
from shared.telemetry import logger

EVERY_S = 2.0
FACTS = 200
MOST_KNOWN = 2 * FACTS
CHILDREN = 200


class Folding:
    """Sees to the workspaces of the partitions that this planner `leads`."""

    def __init__(self, store: Store, leads: Callable[[int], bool]) -> None:
        self._facts = RunFacts(store)
        self._rollups = RollUps(store)
        self._runs = Runs(store)
        self._memory = Memory(self._runs, Versions(store))
        self._leads = leads
        self._known: OrderedDict[str, RollUp] = OrderedDict()

    async def run(self) -> None:
        """Go on until cancelled; what fails is tried again in the next round."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                while await self.fold() >= FACTS:
                    pass
            except Exception as error:
                heed_cancel()
                logger.warning("folding.failed", error=f"{type(error).__name__}: {error}"[:300])

    async def fold(self) -> int:
        """Add up some of the open facts; how many were seen. Fewer than `FACTS` were all."""
        facts = await self._open()
        if unknown := {_id_of(fact): fact for fact in facts if _id_of(fact) not in self._known}:
            await self._learn(unknown)
            facts = await self._open()  # anew: what others have added up meanwhile is closed
        groups: defaultdict[str, list[RunFact]] = defaultdict(list)
        for fact in facts:
            if _id_of(fact) in self._known:
                groups[_id_of(fact)].append(await self._whole(fact))
        changed = [with_facts(self._known.pop(each), group) for each, group in groups.items()]
        saved = await self._rollups.save(changed)
        for rollup in saved:
            await self._facts.close(rollup.workspace_id, rollup.taken)
            self._keep(rollup)
        return len(facts) if saved else 0

    async def _open(self) -> list[RunFact]:
        led = [each for each in range(PARTITIONS) if self._leads(each)]
        return await self._facts.open(led, FACTS) if led else []

    async def _learn(self, unknown: Mapping[str, RunFact]) -> None:
        """Know these roll-ups as they are stored, and close what they have taken."""
        stored = {each.id: each for each in await self._rollups.load(list(unknown))}
        for each, fact in unknown.items():
            rollup = stored.get(each) or RollUp(id=each, workspace_id=fact.workspace_id, hour=fact.hour)
            await self._facts.close(rollup.workspace_id, rollup.taken)
            self._keep(rollup)

    def _keep(self, rollup: RollUp) -> None:
        self._known[rollup.id] = rollup
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    async def _whole(self, fact: RunFact) -> RunFact:
        """The fact with the nodes of its child runs, as far as they have come by now."""
        if not fact.deep:
            return fact
        nodes, after = list(fact.nodes), ""
        while page := await self._runs.nodes_below(fact.id, after=after, limit=CHILDREN):
            graphs = await self._memory.graphs({each.version for each in page})
            for each in page:
                if graph := graphs.get(each.version):
                    nodes += nodes_of(each.nodes, graph)
            nodes, after = nodes_by_type(nodes), page[-1].id
        return fact.model_copy(update={"nodes": nodes})


def _id_of(fact: RunFact) -> str:
    return rollup_id(fact.workspace_id, fact.hour)
