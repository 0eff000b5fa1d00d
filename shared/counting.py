"""Runs started by month, counted exactly: never more than the limit, however many processes start some."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime

from shared.batcher import Batcher
from shared.contracts.base import Millis
from shared.storage.quotas import Counted, QuotaStore

RECENT = 400
"""So many ids are remembered: a run that is counted again within them counts once."""
REMEMBERED = 1_000

Wish = tuple[str, str, int, Millis]
"""A workspace, the id of a run, how many there may be, and now."""


class Counting:
    """Counts in natural batches: one write for all runs that are started at once in a workspace."""

    def __init__(self, store: QuotaStore) -> None:
        self._store = store
        self._known: OrderedDict[str, Counted] = OrderedDict()
        self._takes: Batcher[Wish, int | None] = Batcher(self._take_all)

    async def take(self, workspace_id: str, run_id: str, most: int, now: Millis) -> int | None:
        """None once the run is counted, or was so before; else how many there are already."""
        return await self._takes.add((workspace_id, run_id, most, now))

    async def used(self, workspace_id: str, now: Millis) -> int:
        """How many runs were started this month; of what is not counted, those that are still stored."""
        found = await self._store.counted(workspace_id, month_of(now))
        return found.runs if found else await self._store.runs_since(workspace_id, begin_of(now))

    async def _take_all(self, wishes: list[Wish]) -> Sequence[int | BaseException | None]:
        groups: dict[str, list[Wish]] = {}
        for wish in wishes:
            groups.setdefault(wish[0], []).append(wish)
        found = await asyncio.gather(*map(self._take, groups.values()), return_exceptions=True)
        of = dict(zip(groups, found, strict=True))
        answers: list[int | BaseException | None] = []
        for workspace_id, run_id, _, _ in wishes:
            refused = of[workspace_id]
            answers.append(refused if isinstance(refused, BaseException) else refused.get(run_id))
        return answers

    async def _take(self, wishes: Sequence[Wish]) -> dict[str, int]:
        """The runs that are refused, each with how many there are."""
        workspace_id, _, _, now = wishes[-1]
        known = self._known.get(f"{workspace_id}:{month_of(now)}")
        counted = known or await self._read(workspace_id, now)
        while True:
            after, refused = _counted(counted, wishes)
            if after == counted and not (refused and counted is known):
                return refused  # an old count may not know that it has them already
            if after == counted:
                counted = await self._read(workspace_id, now)
                continue
            if rev := await self._store.save(after):
                self._remember(after.model_copy(update={"rev": rev}))
                return refused
            counted = await self._read(workspace_id, now)

    async def _read(self, workspace_id: str, now: Millis) -> Counted:
        month = month_of(now)
        found = await self._store.counted(workspace_id, month)
        if found is None:  # none was limited so far
            runs = await self._store.runs_since(workspace_id, begin_of(now))
            return Counted(id=f"{workspace_id}:{month}", workspace_id=workspace_id, runs=runs)
        self._remember(found)
        return found

    def _remember(self, counted: Counted) -> None:
        self._known[counted.id] = counted
        self._known.move_to_end(counted.id)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _counted(before: Counted, wishes: Sequence[Wish]) -> tuple[Counted, dict[str, int]]:
    """The count with these runs, and those that have no place in it. A count only grows: what an old one
    refuses, the newest does too."""
    runs, recent = before.runs, list(before.recent)
    refused: dict[str, int] = {}
    for _, run_id, most, _ in wishes:
        if run_id in recent:
            continue
        if runs >= most:
            refused[run_id] = runs
            continue
        runs += 1
        recent.append(run_id)
    after = before.model_copy(update={"runs": runs, "recent": recent[-RECENT:]})
    return (after if runs > before.runs else before), refused


def month_of(at: Millis) -> str:
    """The month in UTC: `2026-11`."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m}"


def begin_of(at: Millis) -> Millis:
    """When that month began."""
    return _millis(_first(at))


def end_of(at: Millis) -> Millis:
    """When the next month begins."""
    first = _first(at)
    return _millis(first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1))


def _first(at: Millis) -> datetime:
    then = datetime.fromtimestamp(at / 1000, UTC)
    return datetime(then.year, then.month, 1, tzinfo=UTC)


def _millis(at: datetime) -> Millis:
    return int(at.timestamp() * 1000)
