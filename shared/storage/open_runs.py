"""The runs that have not finished, a page at a time, and those among them that would not go on by
themselves."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from shared.contracts.base import Millis
from shared.contracts.run import RUN_FINISHED, Run
from shared.messaging.topology import PARTITIONS
from shared.storage.executors import Executors
from shared.storage.mongo import Store
from shared.storage.node_runs import NodeRuns
from shared.storage.runs import Runs
from shared.stuck import Known, Reason, children_in_doubt, claims_in_doubt, why_stuck

PAGE = 100
PARTS: tuple[int, ...] = tuple(range(PARTITIONS + 1))
"""All that is to be looked at: the partitions, and last the runs from before runs were marked as open."""


@dataclass(frozen=True)
class StuckRun:
    """A run that would not go on, as it was at revision `rev`."""

    id: str
    workspace_id: str
    rev: int
    reasons: tuple[Reason, ...]


class OpenRuns:
    """Unfinished runs by their partition."""

    def __init__(self, store: Store) -> None:
        self._documents = store["runs"]
        self._runs = Runs(store)
        self._node_runs = NodeRuns(store)
        self._executors = Executors(store)

    async def stuck(self, part: int, now: Millis) -> list[StuckRun]:
        """Those of one of `PARTS` that seem stuck. They were not all read at the same instant: only one that
        still is as it was when it is looked at again (`unmoved`) is stuck for certain."""
        found: list[StuckRun] = []
        async for page in self._pages(part):
            runs = [run for run in (await self._runs.load(page)).values() if run.status not in RUN_FINISHED]
            known = await self._known(runs, now)
            for run in runs:
                if reasons := why_stuck(run, now, known):
                    found.append(StuckRun(run.id, run.workspace_id, run.rev, tuple(reasons)))
        return found

    async def _pages(self, part: int) -> AsyncIterator[list[str]]:
        marked = part < PARTITIONS
        query: dict[str, object] = {"open": f"{part:02d}"} if marked else {"wake_at": {"$gt": 0}}
        while page := await self._documents.ids(query, limit=PAGE):
            yield page if marked else await self._unmarked(page)
            query["_id"] = {"$gt": page[-1]}

    async def _unmarked(self, page: list[str]) -> list[str]:
        marked = await self._documents.ids({"_id": {"$in": page}, "open": {"$gte": ""}}, limit=PAGE)
        return [each for each in page if each not in set(marked)]

    async def _known(self, runs: Sequence[Run], now: Millis) -> Known:
        """What is to be known about what nobody looks at soon; mostly that is nothing."""
        claims = [each for run in runs for each in claims_in_doubt(run, now)]
        children = [each for run in runs for each in children_in_doubt(run, now)]
        alive = await self._executors.all() if claims else {}
        held = await self._node_runs.open_among(claims)
        there = await self._documents.present(children) if children else set[str]()
        gone = {each.id: each.executor for each in held if each.executor and each.executor not in alive}
        return Known(gone, frozenset(children) - there)


def unmoved(before: Iterable[StuckRun], now: Iterable[StuckRun]) -> list[StuckRun]:
    """Those of now that were stuck before and have not been saved since."""
    revisions = {each.id: each.rev for each in before}
    return [each for each in now if revisions.get(each.id) == each.rev]
