"""Watches for runs that would not go on by themselves, and says so."""

from collections.abc import Callable, Sequence
from itertools import cycle, islice
from math import ceil

from shared.ids import now_ms
from shared.messaging.topology import PARTITIONS
from shared.metrics import STUCK_ROUNDS, STUCK_RUNS
from shared.storage.mongo import Store
from shared.storage.open_runs import PARTS, OpenRuns, StuckRun, unmoved
from shared.telemetry import logger

LOOK_EVERY_S = 3.0
MOST_LOGGED = 20


class Watcher:
    """Looks at the unfinished runs of the partitions that this planner `leads` in about `round_s` seconds,
    some at a time. A run counts as stuck when it was in two rounds, and has not moved in between."""

    def __init__(self, store: Store, *, round_s: float, leads: Callable[[int], bool]) -> None:
        self._open = OpenRuns(store)
        self._share = min(len(PARTS), ceil(len(PARTS) * LOOK_EVERY_S / round_s))
        self._leads = leads
        self._turn = cycle(PARTS)
        self._seen: dict[int, list[StuckRun]] = {}
        self._stuck: dict[int, list[StuckRun]] = {}

    async def look(self) -> None:
        """Look at the next ones; to be called every `LOOK_EVERY_S`."""
        for part in islice(self._turn, self._share):
            found = await self._open.stuck(part, now_ms()) if self._leads(part % PARTITIONS) else []
            stuck = unmoved(self._seen.get(part, ()), found)
            known = {each.id for each in self._stuck.get(part, ())}
            _say([each for each in stuck if each.id not in known])
            self._seen[part], self._stuck[part] = found, stuck
            STUCK_RUNS.set(sum(map(len, self._stuck.values())))
            if part == PARTS[-1]:
                STUCK_ROUNDS.inc()


def _say(fresh: Sequence[StuckRun]) -> None:
    for each in fresh[:MOST_LOGGED]:
        reasons = [f"{reason.node}: {reason.said}" if reason.node else reason.said for reason in each.reasons]
        logger.warning("run.stuck", run_id=each.id, workspace_id=each.workspace_id, reasons=reasons)
    if len(fresh) > MOST_LOGGED:
        logger.warning("runs.stuck", more=len(fresh) - MOST_LOGGED)
