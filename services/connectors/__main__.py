"""The connectors: every call to a third party, each product in a pool of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services import connectors
from services.connectors.opening import opener
from services.connectors.settings import ConnectorsSettings
from shared.http import HttpClient
from shared.messaging import topology
from shared.nodes import discover
from shared.pool import executor
from shared.sandbox import Sandbox
from shared.service import Service, run_service
from shared.storage.cache import Cache
from shared.storage.payloads import Payloads
from shared.tree import TreeRunner

SETTINGS = ConnectorsSettings()


@asynccontextmanager
async def compose(service: Service) -> AsyncIterator[None]:
    """Compose the connectors: their operations, the guarded HTTP client, a sandbox for expressions."""
    found = discover(connectors, vault=True)
    calls = SETTINGS.slots * len(topology.LANES)
    async with (
        Sandbox(processes=SETTINGS.sandboxes) as sandbox,
        HttpClient(allow=SETTINGS.allowed, connections_per_host=calls) as http,
    ):
        cache = Cache(service.store)
        opens = opener(SETTINGS.vault) if SETTINGS.vault else None
        trees = TreeRunner(found, sandbox, Payloads(service.store), cache=cache, http=http, opener=opens)
        async with executor(service, found, trees, prefetch=SETTINGS.prefetch, slots=SETTINGS.slots):
            yield


if __name__ == "__main__":
    run_service("connectors", SETTINGS, compose)
