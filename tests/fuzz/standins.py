"""Who plays planner and connectors, while nobody looks at what they are asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.contracts.events import CredentialAnswered, CredentialAsked
from shared.ids import new_id, now_ms
from shared.messaging.broker import Bus, Delivery
from shared.storage.credentials import Credentials, CredentialStates
from shared.storage.mongo import Store
from tests.integration.gateway.api import Planner


@asynccontextmanager
async def obeyed(planner: Planner) -> AsyncIterator[None]:
    """Every run that is asked for starts, and every control has its event; no run ever ends by that."""

    async def starts() -> None:
        while True:
            message = await planner.requested.get()
            assert message.run is not None
            await planner.save(message.run.id, "running", "run.started")

    async def obeys() -> None:
        while True:
            control = await planner.controls.get()
            run = (await planner.runs.load([control.run_id]))[control.run_id]
            await planner.save(run.id, run.status, "node.skipped", of=control)

    tasks = [asyncio.create_task(starts()), asyncio.create_task(obeys())]
    yield
    for each in tasks:
        each.cancel()


@asynccontextmanager
async def answered(amqp_url: str, store: Store) -> AsyncIterator[None]:
    """Stands in for the connectors: every credential works."""
    bus = Bus(amqp_url, name="test-connectors", drain_s=1)
    credentials, states = Credentials(store), CredentialStates(store)

    async def answer(delivery: Delivery) -> None:
        asked: CredentialAsked = delivery.message
        found = await credentials.get(asked.workspace_id, asked.credential_id)
        if found is None:
            return
        state = await states.of(found)
        told = {"answered": asked.id, "rev": state.rev + 1, "works": True, "tested_at": now_ms()}
        await states.save(state.model_copy(update=told))
        ids = asked.model_dump(include={"id", "workspace_id", "credential_id"})
        await bus.show(CredentialAnswered(**ids), CredentialAnswered.event)

    bus.subscribe(
        new_id("test"),
        answer,
        [CredentialAsked],
        bindings=[CredentialAsked.event],
        prefetch=20,
        transient=True,
    )
    await bus.start()
    yield
    await bus.stop_consuming()
    await bus.close()
