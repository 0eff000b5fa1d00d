"""The connectors: every call to a third party, each product in a pool of its own."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services import connectors
from services.connectors.composed import credentials_of
from services.connectors.email.smtp import Mailer
from services.connectors.notify.channels import Channels
from services.connectors.notify.sending import Sending
from services.connectors.opening import opener
from services.connectors.settings import ConnectorsSettings
from shared.credentials import discover_types
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
for each in ("WEFT_VAULT_KEYS", "WEFT_SMTP_URL"):
    os.environ.pop(each, None)  # the processes of the sandbox inherit the rest


@asynccontextmanager
async def compose(service: Service) -> AsyncIterator[None]:
    """Compose the connectors: their operations, the guarded HTTP client, a sandbox for expressions."""
    found = discover(connectors, vault=True)
    calls = SETTINGS.slots * len(topology.LANES)
    types = discover_types(connectors)
    async with (
        Sandbox(processes=SETTINGS.sandboxes) as sandbox,
        HttpClient(allow=SETTINGS.allowed, connections_per_host=calls) as http,
        credentials_of(service, SETTINGS.vault, types, http) as keyring,
    ):
        channels = Channels(http, Mailer(http.allow), SETTINGS.vault, SETTINGS.own_mail)
        Sending(service.store, channels).subscribe(service.bus)
        trees = TreeRunner(
            found, sandbox, Payloads(service.store), cache=Cache(service.store), http=http,
            keyring=keyring.for_node, opener=opener(SETTINGS.vault) if SETTINGS.vault else None,
        )  # fmt: skip
        about = [each.about for each in types.values()]
        limits = {"prefetch": SETTINGS.prefetch, "slots": SETTINGS.slots}
        async with executor(service, found, trees, **limits, credential_types=about):
            yield


if __name__ == "__main__":
    run_service("connectors", SETTINGS, compose)
