"""The protocol with one safeguard taken out at a time. The simulation must notice each: a test of the
test."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from services.planner import decide
from services.planner.clock import Clock
from services.planner.facts import Facts
from services.planner.handlers import Planner
from services.planner.results import Results, Storing
from services.planner.saved import Saved
from services.planner.transitions import Draft
from services.planner.work import Work
from shared.contracts.node_run import NodeRun
from shared.contracts.run import Run
from shared.execute import Executor
from shared.storage.node_runs import NodeRuns
from shared.storage.run_events import RunEvents
from shared.storage.runs import Runs
from shared.storage.slots import SlotStore

Change = tuple[Any, str, Any]
"""An object, the name of what is changed in it, and what takes its place."""


def _no_fence() -> list[Change]:
    """Saves are not guarded by `rev`: who comes last wins."""

    async def save(self: Any, runs: Sequence[Run]) -> set[str]:
        guarded = [({"_id": run.id}, run.model_dump(by_alias=True, exclude_defaults=True)) for run in runs]
        await self._collection.replace_many(guarded)
        return {run.id for run in runs}

    return [(Runs, "save", save)]


def _no_state_guard() -> list[Change]:
    """Any answer of a node counts, whichever attempt it is of and whatever has become of the node."""
    return [(decide, "_awaited", lambda draft, _graph, _fact, result: result.node in draft.nodes)]


def _no_claim() -> list[Change]:
    """Executors run whatever they are sent."""

    async def on_ready(self: Any, delivery: Any) -> None:
        await self._run_unclaimed(delivery.message, delivery.traceparent)

    return [(Executor, "on_ready", on_ready)]


def _claim_shared() -> list[Change]:
    """Who comes second to a claim takes it for its own."""
    real = Executor._claim_all

    async def claim_all(self: Any, claims: list[NodeRun]) -> list[bool]:
        await real(self, claims)
        return [True] * len(claims)

    return [(Executor, "_claim_all", claim_all)]


def _publish_before_save() -> list[Change]:
    """Work is sent out before the save that says so."""
    real = Planner._save

    async def save(self: Any, works: Sequence[Work]) -> set[str]:
        for work in works:
            saved = Saved(work.decision.run, work.graph, work.decision.sends, {}, work.trace)
            for head in saved.sends:
                await self._outbox._send(saved, head, work.decision.run.nodes[head].ready_at or 0)
        return await real(self, works)

    return [(Planner, "_save", save)]


def _unset_before_flush() -> list[Change]:
    """A save drops what has not been recorded yet."""
    real = Runs.save

    async def save(self: Any, runs: Sequence[Run]) -> set[str]:
        return await real(self, [run.model_copy(update={"outbox": {}}) for run in runs])

    return [(Runs, "save", save)]


def _output_after_state() -> list[Change]:
    """Results are stored a moment after the save that says so."""
    real = Results.store

    async def store(self: Any, decisions: Any) -> Storing:
        async def later() -> None:
            await asyncio.sleep(0.05)
            await real(self, decisions)

        self.later = asyncio.create_task(later())
        return Storing()

    return [(Results, "store", store)]


async def _nothing(*_args: Any) -> None:
    """Does nothing."""


def _no_sweep() -> list[Change]:
    """The clock wakes nobody."""
    return [(Clock, "_wake", _nothing)]


def _no_burial() -> list[Change]:
    """Nobody notices that an executor is dead."""
    return [(Clock, "_look_for_the_dead", _nothing)]


def _acknowledge_before_save() -> list[Change]:
    """A message is acknowledged as soon as the planner has it."""

    async def on_message(self: Any, delivery: Any) -> None:
        self.later = asyncio.create_task(self._batcher.add(delivery))

    return [(Planner, "on_message", on_message)]


def _acknowledge_before_claim() -> list[Change]:
    """Work is acknowledged before it is claimed."""
    real = Executor._run_claimed

    async def run_claimed(self: Any, ready: Any, delivery: Any) -> None:
        self.later = asyncio.create_task(real(self, ready, delivery))

    return [(Executor, "_run_claimed", run_claimed)]


def _finish_any_claim() -> list[Change]:
    """An executor that was given up for dead puts its results over those of its burial."""

    async def finish(self: Any, node_runs: Sequence[NodeRun]) -> bool:
        documents = [each.model_dump(by_alias=True, exclude_defaults=True) for each in node_runs]
        guarded = [({"_id": each["_id"]}, each) for each in documents]
        return await self._collection.replace_many(guarded) == len(node_runs)

    return [(NodeRuns, "finish", finish)]


def _first_is_not_last() -> list[Change]:
    """What is decided on is what was heard, not what was stored first."""

    async def settle(_self: Any, _contested: Any) -> dict[str, Any]:
        return {}

    return [(Results, "_settle", settle)]


def _no_look_at_children() -> list[Change]:
    """A parent that is woken does not look for its child runs."""

    async def children(*_args: Any) -> frozenset[str]:
        return frozenset()

    return [(Facts, "_children", children)]


def _no_second_answer() -> list[Change]:
    """An answer whose message was lost is not looked for, neither by planners nor by executors."""
    woken = Facts._of_woken

    async def of_woken(self: Any, runs: Any, graphs: Any) -> Any:
        async def load(_ids: Any) -> dict[str, NodeRun]:
            return {}

        with patch.object(self._node_runs, "load", load):
            return await woken(self, runs, graphs)

    return [(Facts, "_of_woken", of_woken), (Executor, "_again", _nothing)]


def _no_doubt() -> list[Change]:
    """What says nothing to a remembered run is acknowledged, whatever another planner has made of the run."""

    async def outdated(*_args: Any) -> set[str]:
        return set()

    return [(Planner, "_outdated", outdated)]


def _no_repeat_of_events() -> list[Change]:
    """Events that share a document with some that were recorded before are taken for recorded."""

    async def unrecorded(*_args: Any) -> dict[str, Any]:
        return {}

    return [(RunEvents, "_unrecorded", unrecorded)]


def _no_alarm() -> list[Change]:
    """A save forgets when somebody must look at the run again, unless a node says so."""
    real = Draft._wake_at

    def wake_at(self: Any, _unflushed: bool) -> Any:
        return real(self, False) if self.finished or any(s.wake_at for s in self.nodes.values()) else None

    return [(Draft, "_wake_at", wake_at)]


def _slots_without_fence() -> list[Change]:
    """Slots are written whatever another planner has made of them."""

    async def save(self: Any, changed: Sequence[Any]) -> set[str]:
        for each in changed:
            document = each.model_dump(by_alias=True, exclude_defaults=True)
            if not await self._collection.replace_one({"_id": each.id}, {**document, "rev": "1"}):
                await self._collection.insert_one({**document, "rev": "1"})
        return {each.id for each in changed}

    return [(SlotStore, "save", save)]


MUTANTS: dict[str, Callable[[], list[Change]]] = {
    made.__name__.removeprefix("_"): made
    for made in (
        _no_fence,
        _no_state_guard,
        _no_claim,
        _claim_shared,
        _publish_before_save,
        _unset_before_flush,
        _output_after_state,
        _no_sweep,
        _no_burial,
        _acknowledge_before_save,
        _acknowledge_before_claim,
        _finish_any_claim,
        _first_is_not_last,
        _no_look_at_children,
        _no_second_answer,
        _no_doubt,
        _no_repeat_of_events,
        _no_alarm,
        _slots_without_fence,
    )
}


@contextmanager
def mutated(name: str | None) -> Iterator[None]:
    """The product as this mutant has it; as it is without a name."""
    with ExitStack() as stack:
        for changed, attribute, other in MUTANTS[name]() if name else ():
            stack.enter_context(patch.object(changed, attribute, other))
        yield
