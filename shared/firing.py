"""Runs begun by triggers: one for each occasion, however often and by however many it is seen."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.conditions import unmet
from shared.contracts.base import Json
from shared.contracts.events import RunRequested
from shared.contracts.failure import Failure, failure
from shared.contracts.run import Cause, Run
from shared.contracts.trigger import Trigger
from shared.contracts.value import MAX_VALUE_BYTES, from_json, to_json
from shared.ids import now_ms
from shared.mapping import mapped
from shared.messaging.broker import Bus
from shared.messaging.topology import planner_key
from shared.occasions import Event
from shared.patience import heed_cancel
from shared.quotas import QuotaExceeded, Quotas
from shared.starting import queued
from shared.storage.mongo import Store
from shared.storage.payloads import Payloads
from shared.storage.runs import Runs
from shared.storage.workflows import Workflow, Workflows
from shared.telemetry import logger

MOST_OUTPUT_BYTES = 1_000_000
"""A larger output is left out of events: its run has it."""
GONE = "not_found"
Outcome = Literal["started", "there", "unmet"] | Failure
"""What became of an occasion: a run was started, or before; its event does not meet the conditions; or why
none could be started."""


@dataclass(frozen=True)
class Occasion:
    """Something that a trigger starts the run of this id for, unless that is there; `hops` and `by` as of
    `Cause`."""

    trigger: Trigger
    run_id: str
    event: Event
    hops: int = 0
    by: str | None = None
    trace: str = ""


class Firing:
    """Starts runs, many at a time."""

    def __init__(self, bus: Bus, store: Store, quotas: Quotas | None = None) -> None:
        self._quotas = quotas
        self._bus = bus
        self._runs = Runs(store)
        self._payloads = Payloads(store)
        self._workflows = Workflows(store)

    async def start(self, occasions: Sequence[Occasion]) -> dict[str, Outcome]:
        """What became of each, by the id of its run. Raises when the store is away: it may be asked again."""
        outcomes, runs = await self.insert(occasions)
        await self.announce(runs)
        return outcomes

    async def insert(self, occasions: Sequence[Occasion]) -> tuple[dict[str, Outcome], list[Run]]:
        """The same, with the runs that are to be announced still."""
        if not occasions:
            return {}, []
        workflows = await self._workflows.load(list({each.trigger.workflow_id for each in occasions}))
        outcomes: dict[str, Outcome] = {}
        runs: list[Run] = []
        for each in occasions:
            found = await self._made(each, workflows.get(each.trigger.workflow_id))
            if isinstance(found, Run):
                runs.append(found)
            else:
                outcomes[each.run_id] = found
        runs = await self._admitted(runs, outcomes)
        there = await self._runs.insert_many(runs)
        outcomes.update({run.id: "there" if run.id in there else "started" for run in runs})
        return outcomes, [run for run in runs if run.id not in there]

    async def _admitted(self, runs: Sequence[Run], outcomes: dict[str, Outcome]) -> list[Run]:
        """The runs that their workspaces' plans allow; `outcomes` grows by why others are not."""
        if self._quotas is None:
            return list(runs)
        asked = (self._quotas.admitted(run) for run in runs)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        admitted: list[Run] = []
        for run, answer in zip(runs, answers, strict=True):
            if isinstance(answer, QuotaExceeded):
                outcomes[run.id] = failure(answer.code, str(answer))
            elif isinstance(answer, BaseException):
                raise answer
            else:
                admitted.append(answer)
        return admitted

    async def announce(self, runs: Sequence[Run]) -> None:
        """Tell the planners. Never raises: the runs are durable, and what is not told the clock takes up."""
        await asyncio.gather(*(self._announce(run) for run in runs))

    async def output_of(self, run: Run) -> Any:
        """What a run has answered, as an event tells it."""
        if run.output is None or run.output.size > MOST_OUTPUT_BYTES:
            return None
        try:
            return from_json(await self._payloads.text(run.output))
        except LookupError:  # it is older than what is kept
            return None

    async def _made(self, occasion: Occasion, workflow: Workflow | None) -> Run | Outcome:
        trigger = occasion.trigger
        if unmet(occasion.event, trigger.conditions):
            return "unmet"
        if workflow is None or workflow.workspace_id != trigger.workspace_id:
            return failure(GONE, f"Workflow {trigger.workflow_id!r} is archived or gone")
        if not workflow.latest:
            told = f"Workflow {trigger.workflow_id!r} has no version: publish its draft first"
            return failure("not_published", told)
        text: Json = to_json(mapped(occasion.event, trigger.mapping))
        if len(text) > MAX_VALUE_BYTES:
            return failure("value_too_large", f"The input would have more than {MAX_VALUE_BYTES:,} bytes")
        return queued(
            occasion.run_id,
            workspace_id=trigger.workspace_id,
            workflow_id=workflow.id,
            version=f"{workflow.id}:{trigger.version or workflow.latest}",
            trigger=Cause(kind=trigger.config.kind, id=trigger.id, by=occasion.by, hops=occasion.hops),
            lane=trigger.lane,
            given=await self._payloads.put(text),
            trace=occasion.trace,
            now=now_ms(),
        )

    async def _announce(self, run: Run) -> None:
        try:
            message = RunRequested(run_id=run.id, run=run)
            key = planner_key(RunRequested.event, run.id)
            await self._bus.publish(message, key, trace=run.traceparent)
        except Exception as error:
            heed_cancel()
            told = f"{type(error).__name__}: {error}"[:300]
            logger.warning("trigger.announced_later", run_id=run.id, error=told)


def kept(before: Failure | None, outcomes: Sequence[Outcome]) -> Failure | None:
    """What a trigger says of these outcomes, the oldest first: the last failure, unless a run was started
    after it."""
    for each in reversed(outcomes):
        if isinstance(each, Failure):
            return each
        if each != "unmet":
            return None
    return before


def held_if_gone(trigger: Trigger, outcomes: Sequence[Outcome]) -> Trigger:
    """The trigger, which asks for no more runs of a workflow that is archived. Whoever restores that lets it
    go on, and saves it: what was read before is not saved over that."""
    if not any(isinstance(each, Failure) and each.code == GONE for each in outcomes):
        return trigger
    return trigger.model_copy(update={"held": True, "next_at": None})
