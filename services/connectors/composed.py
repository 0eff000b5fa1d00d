"""All that connectors do with credentials, put together."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from services.connectors.asked import Asked
from services.connectors.keyring import Keyring
from services.connectors.oauth2.tokens import Tokens
from services.connectors.resealing import resealing
from services.connectors.vault import Vault
from shared.contracts.events import CredentialAsked
from shared.credentials import RegisteredType
from shared.http import HttpClient
from shared.messaging import topology
from shared.service import Service
from shared.storage.alert_channels import AlertChannels
from shared.storage.credentials import Connectings, Credentials, CredentialStates
from shared.storage.variables import Variables


@asynccontextmanager
async def credentials_of(
    service: Service, vault: Vault | None, types: Mapping[str, RegisteredType], http: HttpClient
) -> AsyncIterator[Keyring]:
    """The keyring; questions are answered and old envelopes renewed meanwhile."""
    credentials, states = Credentials(service.store), CredentialStates(service.store)
    tokens = Tokens(states, vault, http) if vault else None
    keyring = Keyring(vault, types, credentials, states, tokens)
    asked = Asked(service.bus, http, keyring, tokens, credentials, states, Connectings(service.store))
    service.bus.subscribe(
        topology.CREDENTIALS_QUEUE,
        asked.heard,
        [CredentialAsked],
        bindings=[CredentialAsked.event],
        prefetch=20,
    )
    service.drain.append(keyring.drain)
    variables, channels = Variables(service.store), AlertChannels(service.store)
    renewing = None
    if vault:
        renewing = asyncio.create_task(resealing(vault, credentials, states, channels, variables))
    yield keyring
    if renewing:
        renewing.cancel()
