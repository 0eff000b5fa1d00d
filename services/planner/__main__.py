"""The planner: decides what happens next in every run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from services.planner.folding import Folding
from services.planner.janitor import Janitor, Keep
from services.planner.membership import Membership
from services.planner.partitions import Partitions
from services.planner.parts import build, timetable
from services.planner.settings import PlannerSettings
from services.planner.triggers.timetable import Timetable
from shared.contracts.events import PLANNER_MESSAGES
from shared.fresh import Fresh
from shared.messaging import topology
from shared.messaging.broker import Delivery
from shared.metrics import PARTITIONS_LED
from shared.plans import load_plans
from shared.quotas import Quotas
from shared.service import Service, ended, run_service
from shared.storage.executors import Planners
from shared.storage.workspaces import Workspaces

SETTINGS = PlannerSettings()


@asynccontextmanager
async def planner(service: Service) -> AsyncIterator[None]:
    """Sixteen partitions shared with other planners, one handler, a clock, a janitor, one that adds up."""
    membership = Membership(service.id, Planners(service.store))
    PARTITIONS_LED.set_function(membership.led)
    plans = load_plans(SETTINGS.plans)
    quotas = Quotas(service.store, plans, Fresh(Workspaces(service.store).get).get)
    core, clock = build(
        service.id,
        service.store,
        service.bus,
        public_url=SETTINGS.public_url,
        sends_mail=bool(SETTINGS.smtp_from),
        stuck_round_s=SETTINGS.stuck_round_s,
        quotas=quotas,
        leads=membership.leads,
    )
    partitions = Partitions(service.id, service.bus, membership, gained=core.gained, left=core.left)

    async def on_message(partition: int, delivery: Delivery) -> None:
        partitions.given(partition)
        await core.on_message(delivery)

    for partition in range(topology.PARTITIONS):
        service.bus.subscribe(
            topology.planner_queue(partition),
            partial(on_message, partition),
            PLANNER_MESSAGES,
            bindings=topology.planner_bindings(partition),
            prefetch=SETTINGS.prefetch,
            single_active=True,
        )
    janitor = Janitor(service.store, _keep(), plans)
    folding = Folding(service.store, membership.leads)
    times = timetable(service.store, service.bus, quotas, membership.leads)
    rounds = clock.run(), janitor.run(), folding.run(), _time(service, times)
    busy = [asyncio.create_task(each) for each in (*rounds, _share(service, membership, partitions))]
    service.drain += [core.drain, partial(ended, busy), membership.leave]
    yield
    for each in busy:  # where nothing was drained
        each.cancel()


async def _time(service: Service, times: Timetable) -> None:
    """What is started by the clock is announced at once; before that is possible, nothing is started."""
    await service.health.wait_started()
    await times.run()


def _keep() -> Keep:
    return Keep(
        runs=SETTINGS.keep_runs_days,
        keys=SETTINGS.keep_keys_days,
        dead_letters=SETTINGS.keep_dead_letters_days,
        figures=SETTINGS.keep_figures_days,
        alerts=SETTINGS.keep_alerts_days,
        hook_events=SETTINGS.keep_hook_events_days,
        audit=SETTINGS.keep_audit_days,
    )


async def _share(service: Service, membership: Membership, partitions: Partitions) -> None:
    """Once every queue is consumed here, leave to others what is theirs."""
    await service.health.wait_started()
    await asyncio.gather(membership.run(), partitions.run())


if __name__ == "__main__":
    run_service("planner", SETTINGS, planner)
