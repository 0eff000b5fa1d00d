"""A gateway that everybody attacks, with all that can be kept in a workspace."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import aio_pika
import pytest

from services.gateway.credentials import asking
from shared.contracts.catalog import NodeType
from shared.contracts.credential import CredentialType
from shared.contracts.events import CredentialAsked
from shared.messaging.topology import EXCHANGE
from shared.service import Service
from shared.storage.credential_types import CredentialTypes
from shared.storage.mongo import Store
from shared.storage.node_types import NodeTypes
from tests.integration.gateway.api import Planner
from tests.integration.gateway.attacks.elsewhere import HOOK, NOOP
from tests.integration.gateway.attacks.scene import Scene, furnished, made
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
async def town(gateway: Service, planner: object, amqp_url: str) -> AsyncIterator[Town]:
    """Its people. Connectors are asked, and never answer."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(asking, "WAIT_S", 0.01)
        async with await aio_pika.connect(amqp_url) as connection, town_of(gateway) as town:
            queue = await (await connection.channel()).declare_queue(exclusive=True)
            await queue.bind(EXCHANGE, CredentialAsked.event)
            yield town


@pytest.fixture(scope="module")
async def own(town: Town, planner: Planner) -> Scene:
    """The attacker's, with nothing in it but a workflow and its trigger."""
    workspace = await town.workspace()
    admin = await town.person(workspace, "admin")
    flow = await admin.workflow(NOOP)
    trigger = await made(admin, "/triggers", {"workflow_id": flow, **HOOK})
    return Scene(workspace, admin, {"workflow_id": flow, "trigger_id": trigger["id"]}, "")


@pytest.fixture(scope="module")
async def other(town: Town, planner: Planner) -> Scene:
    """The workspace that is attacked."""
    return await furnished(town, planner)
