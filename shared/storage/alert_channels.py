"""`alert_channels`: where people are told. The gateway writes them; connectors open their secrets."""

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.base import Contract, Millis, Name
from shared.sealing import context_of
from shared.storage.mongo import Document, Store

ChannelKind = Literal["email", "slack", "webhook"]
Tls = Literal["tls", "starttls", "none"]


class EmailSettings(Contract):
    """A mail server and whom to write to. The password is among the channel's secrets."""

    kind: Literal["email"]
    host: str
    port: int
    tls: Tls
    user: str = ""
    sender: str
    to: list[str]


class SlackSettings(Contract):
    """An incoming webhook; its URL is a secret, `host` is what may be shown of it."""

    kind: Literal["slack"]
    host: str


class WebhookSettings(Contract):
    """A URL that is sent signed JSON. The keys are among the channel's secrets."""

    kind: Literal["webhook"]
    url: str


ChannelSettings = Annotated[EmailSettings | SlackSettings | WebhookSettings, Field(discriminator="kind")]


class AlertChannel(Contract):
    """A channel. `sealed` holds its secrets as a JSON object: `password`, `url`, or `secrets`, the signing
    keys, to the key `kid` of the vault; both are empty when there are none."""

    id: str
    workspace_id: str
    name: Name
    settings: ChannelSettings
    sealed: str = ""
    kid: str = ""
    rev: int
    created_at: Millis
    updated_at: Millis


def channel_context(channel: AlertChannel) -> bytes:
    """The place its secrets are sealed for: in another channel they cannot be opened."""
    return context_of("alert_channel", channel.workspace_id, channel.id)


class AlertChannels:
    """The channels, found by workspace."""

    def __init__(self, store: Store) -> None:
        self._collection = store["alert_channels"]

    async def insert(self, channel: AlertChannel) -> bool:
        """False when a channel with this id is there already."""
        return await self._collection.insert_one(_document(channel))

    async def get(self, workspace_id: str, channel_id: str) -> AlertChannel | None:
        """A channel of this workspace."""
        found = await self._collection.find_one({"_id": channel_id, "workspace_id": workspace_id})
        return _channel(found) if found else None

    async def load(self, workspace_id: str, ids: Collection[str]) -> list[AlertChannel]:
        """Those of this workspace."""
        if not ids:
            return []
        found = await self._collection.find({"_id": {"$in": list(ids)}, "workspace_id": workspace_id})
        return [_channel(each) for each in found]

    async def page(self, workspace_id: str, *, before: str | None, limit: int) -> list[AlertChannel]:
        """The newest first; `before` is the last id of the page before."""
        query: Document = {"workspace_id": workspace_id}
        if before:
            query["_id"] = {"$lt": before}
        found = await self._collection.find(query, sort="_id", descending=True, limit=limit)
        return [_channel(each) for each in found]

    async def sealed_to(self, kids: Collection[str], limit: int) -> list[AlertChannel]:
        """Those whose secrets are sealed to these keys, of every workspace, at most `limit`."""
        found = await self._collection.find({"kid": {"$in": list(kids)}}, limit=limit)
        return [_channel(each) for each in found]

    async def by_key(self) -> dict[str, int]:
        """How many have secrets that are sealed to which key."""
        return await self._collection.count_by({"kid": {"$gt": ""}}, "kid")

    async def save(self, channel: AlertChannel) -> bool:
        """Replace the revision before this; False when that has changed since."""
        return await self._collection.replace_one(
            {"_id": channel.id, "rev": channel.rev - 1}, _document(channel)
        )

    async def delete(self, workspace_id: str, channel_id: str) -> bool:
        """False when there is none."""
        return await self._collection.delete({"_id": channel_id, "workspace_id": workspace_id}) == 1


def _document(channel: AlertChannel) -> Document:
    return {"_id": channel.id, **channel.model_dump(exclude={"id"})}


def _channel(document: Document) -> AlertChannel:
    return AlertChannel.model_validate({"id": document.pop("_id"), **document})
