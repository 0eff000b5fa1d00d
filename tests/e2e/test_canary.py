"""Secrets of every kind are used, and then hunted wherever something is kept or shown."""

import json
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aio_pika

from shared.messaging.topology import EXCHANGE
from tests.e2e.canary import documents, places, written
from tests.e2e.client import Weft
from tests.e2e.otlp import Spans
from tests.e2e.planted import at_hooks, in_channels, in_nodes, of_people
from tests.e2e.planted_outside import in_dead_letters, in_mails, of_the_provider
from tests.http_server import Server
from tests.smtp_server import MailBox

BASE = "/api/v1/workspaces/"


@asynccontextmanager
async def tapped(amqp_url: str) -> AsyncIterator[list[aio_pika.abc.AbstractIncomingMessage]]:
    """All that is said on the bus meanwhile."""
    said: list[aio_pika.abc.AbstractIncomingMessage] = []
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(EXCHANGE, "#")

        async def heard(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            said.append(message)

        await queue.consume(heard, no_ack=True)
        yield said


async def shown(weft: Weft) -> list[tuple[str, bytes]]:
    """Every answer to a GET, of all that has an id as well."""
    root, workspace = weft.url.split(BASE)
    found: list[tuple[str, bytes]] = []
    session = weft._session

    async def get(path: str) -> Any:
        async with session.get(f"{root}{path}", allow_redirects=False) as answer:
            raw = await answer.read()
            found.append((path, raw + str(answer.headers).encode()))
            return json.loads(raw) if answer.content_type == "application/json" else None

    paths = (await get("/api/v1/openapi.json"))["paths"]
    for template in [each for each in paths if "get" in paths[each]]:
        path = template.replace("{workspace_id}", workspace)
        if "{" in path:
            continue
        items = ((await get(path)) or {}).get("items", [])[:10]
        below = [each for each in paths if re.fullmatch(rf"{re.escape(template)}/{{\w+}}(/\w+)?", each)]
        for each in [one for one in below if "get" in paths[one]]:
            for item in items:
                own = str(item.get("id") or item.get("name"))
                await get(path + re.sub(r"{\w+}", own, each[len(template) :]))
    for path in ("audit/export?format=csv", "audit/export?format=ndjson", "analytics/errors?format=csv"):
        await get(f"{BASE}{workspace}/{path}")
    return found


async def test_no_secret_is_kept_or_shown_anywhere(
    weft: Weft, target: Server, spans: Spans, system: dict[str, Any], box: MailBox, oidc: dict[str, str]
) -> None:
    trace, root = secrets.token_hex(16), weft.url.split(BASE)[0]
    async with tapped(system["amqp_url"]) as said:
        hunted = await in_nodes(weft, target, trace)
        hunted |= await at_hooks(weft) | await in_channels(weft, target)
        hunted |= await of_people(weft, root) | await in_mails(weft, root, box)
        hunted |= await of_the_provider(weft, root, urlsplit(oidc["WEFT_OIDC_ISSUER"]).port or 0)
        hunted["provider"] = oidc["WEFT_OIDC_CLIENT_SECRET"]
        await spans.trace(trace, lambda found: sum(each.service == "connectors" for each in found) >= 5)
    ready = [each.body for each in said if each.type == "node.ready"]
    assert any(b"canary" in each for each in ready)
    await in_dead_letters(weft, root, system["amqp_url"], ready[-20:])
    answers = await shown(weft)
    assert len(answers) > 60
    assert len(said) > 30
    bus = b"\n".join(each.body + str(each.headers).encode() for each in said)
    where = [*places(weft.home), *await documents(system["mongo_url"]), *answers,
             ("bus", bus), ("traces", b"".join(spans.raw))]  # fmt: skip
    found = {
        (place, kind)
        for kind, secret in hunted.items()
        for form in written(secret)
        for place, text in where
        if form in text
    }
    assert not found
    assert any(b"Canary" in text for place, text in where if place.startswith("store:"))  # the control
    assert b"Canary" in b"".join(text for _, text in answers)
