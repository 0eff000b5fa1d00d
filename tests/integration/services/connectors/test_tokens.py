"""Access tokens from a real OAuth server that rotates refresh tokens, for several connectors at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.connectors.oauth2 import OAuth2
from services.connectors.oauth2.endpoint import TokenSet
from services.connectors.oauth2.tokens import Tokens
from services.connectors.vault import Vault
from shared.contracts.credential import Credential
from shared.http import HttpClient
from shared.nodes import NodeFailed
from shared.storage.credentials import CredentialStates
from shared.storage.mongo import Store
from tests.oauth_server import OAuthServer, oauth_server

KEY = bytes(range(32))
CREDENTIAL = Credential(
    id="cred_1", workspace_id="default", name="Shop", type="oauth2", owner="me", sealed="", kid="",
    created_at=1, updated_at=1,
)  # fmt: skip


@pytest.fixture
async def server() -> AsyncIterator[OAuthServer]:
    async with oauth_server() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with HttpClient(allow=["127.0.0.1"]) as http:
        yield http


@pytest.fixture
def connectors(store: Store, http: HttpClient) -> list[Tokens]:
    """Three processes of connectors, as far as the store can tell."""
    return [Tokens(CredentialStates(store), Vault([KEY]), http) for _ in range(3)]


def client_of(server: OAuthServer, **more: object) -> OAuth2:
    return OAuth2.model_validate(server.data(**more))


async def signed_in(server: OAuthServer, connector: Tokens) -> OAuth2:
    """Somebody has signed in, and the access token has been revoked since."""
    server.current["refresh-first"] = "me"
    await connector._keep(CREDENTIAL, None, TokenSet(access="access-first", refresh="refresh-first"))
    return client_of(server)


async def test_many_who_need_a_new_token_at_once_get_one_between_them(
    server: OAuthServer, connectors: list[Tokens]
) -> None:
    client = await signed_in(server, connectors[0])
    server.slowly_s = 0.3
    wanted = [each.current(CREDENTIAL, client, "access-first") for each in connectors for _ in range(5)]
    tokens = await asyncio.gather(*wanted)
    assert len(set(tokens)) == 1
    assert set(tokens) <= server.good
    assert (server.refreshes, server.reused) == (1, 0)
    again = await asyncio.gather(*(each.current(CREDENTIAL, client, tokens[0]) for each in connectors))
    assert (len(set(again)), server.refreshes, server.reused) == (1, 2, 0)


async def test_a_node_that_is_stopped_meanwhile_loses_no_token(
    server: OAuthServer, connectors: list[Tokens], store: Store
) -> None:
    client = await signed_in(server, connectors[0])
    server.slowly_s = 0.2
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await connectors[0].current(CREDENTIAL, client, "access-first")
    await connectors[0].drain()
    assert await connectors[1].current(CREDENTIAL, client, "access-first") in server.good
    assert (server.refreshes, server.reused) == (1, 0)


async def test_when_the_other_side_ends_the_sign_in_somebody_has_to_connect_again(
    server: OAuthServer, connectors: list[Tokens], store: Store
) -> None:
    client = await signed_in(server, connectors[0])
    server.revoke_all()
    for connector in connectors:
        with pytest.raises(NodeFailed, match="connect it") as raised:
            await connector.current(CREDENTIAL, client, "access-first")
        assert "refresh-first" not in str(raised.value)
    state = await CredentialStates(store).of(CREDENTIAL)
    assert (state.status, state.lease) == ("reconnect", "")
    assert "no such token: [redacted]" in state.reason


async def test_a_server_that_is_away_costs_nothing(connectors: list[Tokens], server: OAuthServer) -> None:
    client = await signed_in(server, connectors[0])
    away = client.model_copy(update={"token_url": "http://127.0.0.1:1/token"})
    with pytest.raises(NodeFailed) as raised:
        await connectors[0].current(CREDENTIAL, away, "access-first")
    assert raised.value.failure.code == "unavailable"
    assert raised.value.failure.retryable
    assert await connectors[1].current(CREDENTIAL, client, "access-first") in server.good


async def test_a_client_is_known_by_its_own_secret(server: OAuthServer, connectors: list[Tokens]) -> None:
    client = client_of(server, grant="client_credentials")
    first = await connectors[0].current(CREDENTIAL, client)
    assert await connectors[1].current(CREDENTIAL, client) == first
    assert await connectors[1].current(CREDENTIAL, client, first) in server.good - {first}


async def test_tokens_of_data_that_was_replaced_do_not_count(
    server: OAuthServer, connectors: list[Tokens]
) -> None:
    client = await signed_in(server, connectors[0])
    assert await connectors[0].current(CREDENTIAL, client) == "access-first"
    replaced = CREDENTIAL.model_copy(update={"data_rev": 1})
    with pytest.raises(NodeFailed, match="nobody has signed in yet"):
        await connectors[0].current(replaced, client)
