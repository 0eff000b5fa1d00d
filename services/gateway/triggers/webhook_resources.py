"""What callers get of webhooks. No secret is among it."""

from typing import Any, Literal

import orjson
from pydantic import BaseModel, Field

from services.gateway.present import Shown, iso
from services.gateway.resources import AT
from shared.contracts.trigger import Trigger
from shared.contracts.webhook import BasicAuth, HeaderAuth, HmacAuth, Method, RespondAtOnce, WebhookConfig


class SecretResource(BaseModel):
    """A signing secret, but for the secret itself."""

    id: str
    created_at: str = Field(examples=[AT])
    expires_at: str | None


class HookAuthResource(BaseModel):
    """How a caller proves itself."""

    kind: Literal["none", "header", "basic", "hmac"]
    header: str | None = None
    user: str | None = None
    secrets: list[SecretResource] | None = None


class HookRespondResource(BaseModel):
    """How a caller is answered."""

    kind: Literal["at_once", "finished", "node"]
    status: int | None = None
    body: Any = None
    timeout_s: float | None = None


class WebhookResource(BaseModel):
    """An address that starts runs when something is sent to it. The address itself is told to who may change
    the trigger: `GET triggers/{id}/hook`."""

    kind: Literal["webhook"]
    methods: list[Method]
    auth: HookAuthResource
    respond: HookRespondResource
    dedupe: str | None


class HookAddress(BaseModel):
    """Where to send things: to `url` for runs of what is published, to `test_url` for runs of the draft.
    `secrets` were drawn just now, and are never shown again."""

    url: str = Field(examples=["https://weft.example.com/api/v1/hooks/q6Qe0vC1lBv9gG3m5iBw1hJ8sVtZ4dXy"])
    test_url: str
    secrets: list[str]


def webhook_shown(_trigger: Trigger, config: WebhookConfig) -> Shown:
    """The config of a webhook."""
    return {
        **config.model_dump(include={"kind", "methods", "dedupe"}),
        "auth": _auth_shown(config),
        "respond": _respond_shown(config),
    }


def _auth_shown(config: WebhookConfig) -> Shown:
    auth = config.auth
    if isinstance(auth, HeaderAuth):
        return {"kind": auth.kind, "header": auth.header}
    if isinstance(auth, BasicAuth):
        return {"kind": auth.kind, "user": auth.user}
    if isinstance(auth, HmacAuth):
        shown = [
            {"id": each.id, "created_at": iso(each.created_at), "expires_at": iso(each.expires_at)}
            for each in auth.secrets
        ]
        return {"kind": auth.kind, "secrets": shown}
    return {"kind": auth.kind}


def _respond_shown(config: WebhookConfig) -> Shown:
    respond = config.respond
    if isinstance(respond, RespondAtOnce):
        body = None if respond.body is None else orjson.Fragment(respond.body)
        return {"kind": respond.kind, "status": respond.status, "body": body}
    return respond.model_dump()
