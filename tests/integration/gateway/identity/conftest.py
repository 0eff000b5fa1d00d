"""A gateway where anybody may sign up, and its people."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from services.gateway.identity.passwords import hashed_password
from shared.service import Service
from shared.storage.mongo import Store
from tests.integration.gateway.identity.people import PASSWORD, town_of
from tests.integration.gateway.identity.post import SETTINGS, Post, connectors
from tests.smtp_server import mail_server


@pytest.fixture(scope="module")
async def gateway(serve: Callable[..., Any]) -> AsyncIterator[Service]:
    """A running gateway where anybody may sign up."""
    often = {"heartbeat_s": 0.5, "rate_sign_in": "100000/minute", "owner_password": "the owner's password"}
    async with serve(sign_up="open", **often) as service:
        yield service


@pytest.fixture(scope="module")
async def post(serve: Callable[..., Any], amqp_url: str, gateway_store: Store) -> AsyncIterator[Post]:
    """A gateway that sends mails, and who delivers them."""
    often = {"rate_sign_in": "100000/minute", "owner_password": "the owner's password"}
    async with (
        mail_server() as box,
        serve(**SETTINGS, **often) as service,
        connectors(amqp_url, gateway_store, box) as posting,
        town_of(service) as town,
    ):
        yield Post(town, box, posting)


@pytest.fixture(scope="session")
async def kept_password() -> str:
    """What is kept of PASSWORD; hashing takes a while."""
    return await hashed_password(PASSWORD)
