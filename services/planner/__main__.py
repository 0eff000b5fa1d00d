"""The planner: decides what happens next in every run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.planner.clock import Clock
from services.planner.door import Door
from services.planner.facts import Facts
from services.planner.gathering import Gathering
from services.planner.handlers import Planner
from services.planner.keeping import Keeping
from services.planner.memory import Memory
from services.planner.offspring import Offspring
from services.planner.outbox import Outbox
from services.planner.outputs import Outputs
from services.planner.results import Results
from services.planner.settings import PlannerSettings
from services.planner.slices import Slices
from services.planner.slots import Slots
from services.planner.spawning import Spawning
from shared.contracts.events import (
    NodeFinished,
    NodeStarted,
    RunControl,
    RunRequested,
    RunWoken,
    SliceFinished,
)
from shared.messaging import topology
from shared.metrics import OUTBOX_AGE_SECONDS
from shared.service import Service, run_service
from shared.storage.executors import Executors
from shared.storage.node_runs import NodeRuns
from shared.storage.payloads import Payloads
from shared.storage.run_events import RunEvents
from shared.storage.runs import Runs
from shared.storage.slots import SlotStore
from shared.storage.versions import Versions
from shared.storage.workflows import Workflows

SETTINGS = PlannerSettings()


@asynccontextmanager
async def planner(service: Service) -> AsyncIterator[None]:
    """Compose the planner: sixteen partitions, one handler, one clock."""
    runs, node_runs, payloads = Runs(service.store), NodeRuns(service.store), Payloads(service.store)
    outputs, executors = Outputs(node_runs), Executors(service.store)
    events, url = RunEvents(service.store), SETTINGS.public_url
    outbox = Outbox(service.bus, events, node_runs, outputs, payloads, public_url=url)
    OUTBOX_AGE_SECONDS.set_function(outbox.age_s)
    memory, gathering = Memory(runs, Versions(service.store)), Gathering(runs, payloads)
    spawning = Spawning(memory, outputs, payloads, Workflows(service.store))
    results = Results(node_runs, outputs, payloads)
    keeping = Keeping(service.id, results, gathering)
    offspring = Offspring(runs, memory, spawning, keeping, gathering, Slices(outbox))
    door = Door(service.bus, memory, Slots(SlotStore(service.store), runs, payloads))
    core = Planner(
        service.id,
        runs,
        memory,
        Facts(runs, node_runs, executors, door),
        results,
        outbox,
        keeping,
        offspring,
        door,
    )
    for partition in range(topology.PARTITIONS):
        service.bus.subscribe(
            topology.planner_queue(partition),
            core.on_message,
            [RunRequested, RunControl, RunWoken, NodeStarted, NodeFinished, SliceFinished],
            bindings=topology.planner_bindings(partition),
            prefetch=SETTINGS.prefetch,
            single_active=True,
        )
    service.drain.append(core.drain)
    clock = asyncio.create_task(Clock(service.bus, runs, node_runs, executors, core.tidy, door.sweep).run())
    yield
    clock.cancel()


if __name__ == "__main__":
    run_service("planner", SETTINGS, planner)
