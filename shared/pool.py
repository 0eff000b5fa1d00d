"""What the executors of this repository share at start: subscribe to a pool, announce the catalog, keep the
lease."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import product

from shared.contracts.credential import CredentialType
from shared.contracts.events import NodeReady, NodesCancelled, NodeTypeAnnounced
from shared.execute import Executor
from shared.messaging import topology
from shared.nodes import Registered
from shared.service import Service, ended
from shared.storage.credential_types import CredentialTypes
from shared.storage.executors import Executors
from shared.storage.node_runs import NodeRuns
from shared.storage.node_types import NodeTypes
from shared.telemetry import logger
from shared.tree import TreeRunner


@asynccontextmanager
async def executor(
    service: Service,
    node_types: Mapping[str, Registered],
    trees: TreeRunner,
    *,
    prefetch: int,
    slots: int = 100,
    credential_types: Sequence[CredentialType] = (),
) -> AsyncIterator[None]:
    """Serve every pool these node types name. The `high` lane gets as many messages of its own as the
    `normal` one, so that a full normal lane never holds it up."""
    work = Executor(service.id, service.bus, NodeRuns(service.store), Executors(service.store), trees, slots)
    _subscribe(service, work, sorted({each.node_type.pool for each in node_types.values()}), prefetch)
    beating = asyncio.create_task(work.beat())

    async def drain() -> None:
        await work.drain()
        await ended([beating])  # a beat under way would bring the lease back
        await work.leave()

    service.drain.append(drain)
    announcing = asyncio.create_task(_announce(service, node_types, credential_types))
    yield
    announcing.cancel()
    beating.cancel()


def _subscribe(service: Service, work: Executor, pools: Sequence[str], prefetch: int) -> None:
    for pool, lane in product(pools, topology.LANES):
        service.bus.subscribe(
            topology.executor_queue(pool, lane),
            work.on_ready,
            [NodeReady],
            bindings=[topology.ready_key(pool, lane)],
            prefetch=prefetch,
        )
    service.bus.subscribe(
        f"executor.{service.id}",
        work.on_cancelled,
        [NodesCancelled],
        bindings=[NodesCancelled.event],
        prefetch=100,
        transient=True,
    )


async def _announce(
    service: Service, node_types: Mapping[str, Registered], credential_types: Sequence[CredentialType]
) -> None:
    """Tell the catalog, in the store and on the bus, as soon as both are there."""
    manifests = [each.node_type for each in node_types.values()]
    message = NodeTypeAnnounced(
        executor=service.id, node_types=manifests, credential_types=list(credential_types)
    )
    await service.health.wait_started()
    while True:
        try:
            await NodeTypes(service.store).put(manifests)
            await CredentialTypes(service.store).put(credential_types)
            await service.bus.show(message, NodeTypeAnnounced.event)
            return
        except Exception as error:
            logger.warning("executor.announce_failed", error=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(1)
