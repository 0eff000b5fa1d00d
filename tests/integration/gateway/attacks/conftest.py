"""A gateway that everybody attacks, with all that can be kept in a workspace."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from shared.contracts.catalog import NodeType
from shared.contracts.credential import CredentialType
from shared.service import Service
from shared.storage.credential_types import CredentialTypes
from shared.storage.mongo import Store
from shared.storage.node_types import NodeTypes
from tests.integration.gateway.identity.people import Town, town_of

STRING = {"type": "string"}
SECRET = {
    "type": "object", "properties": {"key": {**STRING, "writeOnly": True}}, "additionalProperties": False,
}  # fmt: skip
SIGN_IN = {
    "type": "object",
    "properties": {each: STRING for each in ("grant", "authorize_url", "client_id")},
    "additionalProperties": False,
}
ASK = NodeType(
    type="shop.ask", title="Ask", description="", category="shop", pool="shop", side_effects="repeatable",
    credential_type="shop.key", config_schema={"type": "object"},
)  # fmt: skip


@pytest.fixture(scope="module")
async def gateway(serve: Callable[..., Any], gateway_store: Store) -> AsyncIterator[Service]:
    """A running gateway that has heard of connectors."""
    await CredentialTypes(gateway_store).put(
        [CredentialType(type="shop.key", title="Shop", description="", data_schema=SECRET),
         CredentialType(type="shop.sign_in", title="Shop", description="", data_schema=SIGN_IN)]
    )  # fmt: skip
    await NodeTypes(gateway_store).put([ASK])
    often = {"rate_sign_in": "100000/minute", "owner_password": "the owner's password"}
    async with serve(sign_up="open", public_url="http://weft.test", **often) as service:
        yield service


@pytest.fixture(scope="module")
async def town(gateway: Service, planner: object) -> AsyncIterator[Town]:
    """Its people."""
    async with town_of(gateway) as town:
        yield town
