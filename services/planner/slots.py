"""Slots of concurrency keys, as the store has them. Several planners may give out those of one key: each
change is a compare and swap, and each may be repeated."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeVar

import orjson

from services.planner.decide import Admission
from services.planner.slotting import GRANTED, Admitted, Wish, admit, release
from shared.contracts.graph import Concurrency
from shared.contracts.run import Run, RunStatus
from shared.contracts.slots import KeySlots
from shared.contracts.value import from_json
from shared.contracts.version import PinnedGraph
from shared.expressions import ExpressionError, lookup, path
from shared.expressions.templates import OPEN
from shared.storage.payloads import Payloads
from shared.storage.runs import Runs
from shared.storage.slots import SlotStore

SWEEP_PAGE = 100
UNFINISHED: tuple[RunStatus, ...] = ("queued", "running", "paused")

Wanted = tuple[Run, PinnedGraph]
T = TypeVar("T")
R = TypeVar("R")


@dataclass
class Admissions:
    """The answer to each run by its id, and the runs to cancel because of newer ones."""

    of: dict[str, Admission] = field(default_factory=dict[str, Admission])
    cancel: list[str] = field(default_factory=list[str])


class Slots:
    """Lets runs in that share a concurrency key, as many at once as they allow."""

    def __init__(self, store: SlotStore, runs: Runs, payloads: Payloads) -> None:
        self._store = store
        self._runs = runs
        self._payloads = payloads
        self._swept = ""

    async def admit(self, wanted: Sequence[Wanted]) -> Admissions:
        """Whether these queued runs may start. A run without a key may; one that has been let in or waits
        already is told so again."""
        answered = Admissions()
        wishes: dict[str, list[Wish]] = {}
        for run, graph in wanted:
            terms = terms_of(run, graph)
            if terms is None:
                answered.of[run.id] = GRANTED
            else:
                wishes.setdefault(await self._id(run, terms), []).append(Wish(run.id, terms, run.lane))
        for admitted in (await self._change(wishes, _admit)).values():
            answered.of.update(admitted.admissions)
            answered.cancel.extend(admitted.cancel)
        return answered

    async def release(self, finished: Sequence[Wanted]) -> list[str]:
        """Take back what these runs hold, or their place in the queue; the runs that have got a slot by it
        and want to be woken."""
        left: dict[str, list[str]] = {}
        for run, graph in finished:
            if terms := terms_of(run, graph):
                left.setdefault(await self._id(run, terms), []).append(run.id)
        granted = await self._change(left, release)
        return [run_id for run_ids in granted.values() for run_id in run_ids]

    async def sweep(self) -> list[str]:
        """Mend what a crash has left behind, a page of keys at a time: slots of runs that have finished or
        are gone, and runs that were let in, or sent away, and have not heard of it. The runs to wake."""
        page = await self._store.page(self._swept, SWEEP_PAGE)
        self._swept = page[-1].id if len(page) == SWEEP_PAGE else ""
        known = [run_id for slots in page for run_id in _known(slots)]
        alive = await self._runs.among(known, UNFINISHED)
        unheard: list[str] = []
        mended: list[KeySlots] = []
        for slots in page:
            if not _known(slots):
                await self._store.remove(slots)
                continue
            after, _ = release(slots, set(_known(slots)) - alive)
            if after != slots:
                mended.append(after)
            unheard += after.holders
            unheard += [each.run_id for each in after.waiting if each.place == "out"]
        await self._store.save(mended)
        return sorted(await self._runs.among(unheard, ["queued"]))

    async def _change(
        self, wanted: Mapping[str, T], change: Callable[[KeySlots, T], tuple[KeySlots, R]]
    ) -> dict[str, R]:
        """What `change` answers for each key, once the slots it leaves are stored. Whoever comes second reads
        again; one of all that try always gets through."""
        answers: dict[str, R] = {}
        left = dict(wanted)
        while left:
            stored = await self._store.load(list(left))
            changed: list[KeySlots] = []
            for key, what in left.items():
                before = stored.get(key) or KeySlots(id=key)
                after, answers[key] = change(before, what)
                if after != before:
                    changed.append(after)
            saved = await self._store.save(changed)
            left = {each.id: wanted[each.id] for each in changed if each.id not in saved}
        return answers

    async def _id(self, run: Run, terms: Concurrency) -> str:
        """The document's id. Workflows do not share keys; graphs without one do, within their workspace. A
        path that leads nowhere means null."""
        value: object = terms.key
        if OPEN in terms.key:
            try:
                trigger = from_json(await self._payloads.text(run.input))
                value = lookup(path(terms.key), {"trigger": trigger})
            except (ExpressionError, LookupError):
                value = None
        digest = sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()
        return f"{run.workspace_id}:{run.workflow_id or '-'}:{digest}"


def terms_of(run: Run, graph: PinnedGraph) -> Concurrency | None:
    """The key that this run needs a slot of. Child runs go with their parent, dry runs disturb nobody."""
    return None if run.level == "child" or run.dry else graph.settings.concurrency


def _admit(slots: KeySlots, wishes: Sequence[Wish]) -> tuple[KeySlots, Admitted]:
    admitted = admit(slots, wishes)
    return admitted.slots, admitted


def _known(slots: KeySlots) -> list[str]:
    return [*slots.holders, *(each.run_id for each in slots.waiting)]
