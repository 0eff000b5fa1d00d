"""The planner: decides what happens next in every run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.planner.janitor import Janitor, Keep
from services.planner.parts import build
from services.planner.settings import PlannerSettings
from shared.contracts.events import PLANNER_MESSAGES
from shared.messaging import topology
from shared.service import Service, run_service

SETTINGS = PlannerSettings()


@asynccontextmanager
async def planner(service: Service) -> AsyncIterator[None]:
    """Sixteen partitions, one handler, one clock, one janitor."""
    core, clock = build(
        service.id,
        service.store,
        service.bus,
        public_url=SETTINGS.public_url,
        stuck_round_s=SETTINGS.stuck_round_s,
    )
    for partition in range(topology.PARTITIONS):
        service.bus.subscribe(
            topology.planner_queue(partition),
            core.on_message,
            PLANNER_MESSAGES,
            bindings=topology.planner_bindings(partition),
            prefetch=SETTINGS.prefetch,
            single_active=True,
        )
    service.drain.append(core.drain)
    keep = Keep(SETTINGS.keep_runs_days, SETTINGS.keep_keys_days, SETTINGS.keep_dead_letters_days)
    janitor = Janitor(service.store, keep)
    busy = [asyncio.create_task(each.run()) for each in (clock, janitor)]
    yield
    for each in busy:
        each.cancel()


if __name__ == "__main__":
    run_service("planner", SETTINGS, planner)
