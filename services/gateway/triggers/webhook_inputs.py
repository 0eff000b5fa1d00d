"""What callers send to set up a webhook. Secrets come in and are never shown again."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from pydantic.config import JsonDict

from services.gateway.hooks.sealing import SIGNING_PREFIX
from services.gateway.inputs import SIGNING_KEY, example
from shared.contracts.value import to_json
from shared.contracts.webhook import (
    BasicAuth,
    HeaderAuth,
    HmacAuth,
    Method,
    NoAuth,
    RespondAtOnce,
    RespondByNode,
    RespondWhenFinished,
    WebhookConfig,
)
from shared.mapping import path_of

MOST_SECRETS = 5
MOST_WAIT_S = 120
NOT_FOR_SECRETS = frozenset(
    {
        "accept", "connection", "content-encoding", "content-length", "content-type", "expect", "host",
        "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "traceparent", "user-agent",
    }
)  # fmt: skip


def _is_signing_secret(text: str) -> str:
    if not re.fullmatch(SIGNING_KEY, text):
        raise ValueError(f"must be `{SIGNING_PREFIX}` and the base64 of 24 to 64 bytes")
    return text


def _may_hold_a_secret(name: str) -> str:
    if name.lower() in NOT_FOR_SECRETS:
        raise ValueError(f"{name!r} has another meaning: use a header of its own")
    return name.lower()


def _is_path(text: str) -> str:
    path_of(text)
    return text


Secret = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{8,500}$")]
SigningSecret = Annotated[
    str,
    AfterValidator(_is_signing_secret),
    Field(max_length=200, examples=["whsec_" + "QUJD" * 8], json_schema_extra={"pattern": SIGNING_KEY}),
]
_TAKEN: JsonDict = {"not": {"enum": [*sorted(NOT_FOR_SECRETS)]}}
HeaderName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9-]{1,100}$"),
    AfterValidator(_may_hold_a_secret),
    Field(json_schema_extra=_TAKEN),
]
DRAWN = "Left out, it stays as it was; without one before, it is drawn and told once"


class NoAuthInput(BaseModel):
    """Whoever knows the address may call it."""

    model_config = example({"kind": "none"})
    kind: Literal["none"]

    def stored(self) -> NoAuth:
        """As it is kept."""
        return NoAuth()


class HeaderAuthInput(BaseModel):
    """A secret in a header."""

    model_config = example({"kind": "header", "header": "X-Shop-Key"})
    kind: Literal["header"]
    header: HeaderName
    secret: Secret | None = Field(None, description=DRAWN)

    def stored(self) -> HeaderAuth:
        """As it is kept, without the secret."""
        return HeaderAuth(header=self.header)


class BasicAuthInput(BaseModel):
    """HTTP Basic."""

    model_config = example({"kind": "basic", "user": "shop"})
    kind: Literal["basic"]
    user: Annotated[str, StringConstraints(pattern=r"^[\x20-\x39\x3b-\x7e]{1,200}$")]
    password: Secret | None = Field(None, description=DRAWN)

    def stored(self) -> BasicAuth:
        """As it is kept, without the password."""
        return BasicAuth(user=self.user)


class HmacAuthInput(BaseModel):
    """Signatures as Standard Webhooks has them (`webhook-id`, `webhook-timestamp`, `webhook-signature`). The
    same `webhook-id` starts one run, however often it is sent."""

    model_config = example({"kind": "hmac"})
    kind: Literal["hmac"]
    secrets: list[SigningSecret] | None = Field(
        None, min_length=1, max_length=MOST_SECRETS, description=DRAWN
    )

    def stored(self) -> HmacAuth:
        """As it is kept, without the secrets."""
        return HmacAuth()


AuthInput = Annotated[
    NoAuthInput | HeaderAuthInput | BasicAuthInput | HmacAuthInput, Field(discriminator="kind")
]
WaitS = Annotated[float, Field(gt=0, le=MOST_WAIT_S, allow_inf_nan=False)]


class AtOnceInput(BaseModel):
    """Answer as soon as the event is stored: with `body` as JSON, or else with the event's id."""

    model_config = example({"kind": "at_once", "status": 200, "body": {"ok": True}})
    kind: Literal["at_once"]
    status: int = Field(202, ge=200, le=299)
    body: Any = None

    def stored(self) -> RespondAtOnce:
        """As it is kept."""
        return RespondAtOnce(status=self.status, body=None if self.body is None else to_json(self.body))


class FinishedInput(BaseModel):
    """Answer with the output of the run; 502 when it has failed, 504 when it takes longer."""

    model_config = example({"kind": "finished", "timeout_s": 30})
    kind: Literal["finished"]
    timeout_s: WaitS = 30

    def stored(self) -> RespondWhenFinished:
        """As it is kept."""
        return RespondWhenFinished(timeout_s=self.timeout_s)


class ByNodeInput(BaseModel):
    """Answer as the first `webhook.respond` node says; with the output if the run succeeds without one."""

    model_config = example({"kind": "node", "timeout_s": 30})
    kind: Literal["node"]
    timeout_s: WaitS = 30

    def stored(self) -> RespondByNode:
        """As it is kept."""
        return RespondByNode(timeout_s=self.timeout_s)


RespondInput = Annotated[AtOnceInput | FinishedInput | ByNodeInput, Field(discriminator="kind")]


class WebhookInput(BaseModel):
    """An address that starts runs when something is sent to it."""

    model_config = example(
        {"kind": "webhook", "methods": ["POST"], "auth": {"kind": "hmac"}, "respond": {"kind": "at_once"}}
    )
    kind: Literal["webhook"]
    methods: Annotated[list[Method], Field(min_length=1, max_length=5)] = ["POST"]
    auth: AuthInput = NoAuthInput(kind="none")
    respond: RespondInput = AtOnceInput(kind="at_once", status=202)
    dedupe: Annotated[str, AfterValidator(_is_path)] | None = Field(
        None,
        description="A path in the event: events with the same value there start one run. Signed ones are "
        "told apart by `webhook-id` anyway",
        examples=['headers["x-github-delivery"]'],
    )

    def stored(self) -> WebhookConfig:
        """As it is kept, without what is secret."""
        return WebhookConfig(
            methods=list(dict.fromkeys(self.methods)),
            auth=self.auth.stored(),
            respond=self.respond.stored(),
            dedupe=self.dedupe,
        )


class NewSecret(BaseModel):
    """A further signing secret, drawn unless it is given. Those before it count for `keep_s` seconds yet."""

    model_config = example({}, {"keep_s": 86_400})
    secret: SigningSecret | None = None
    keep_s: float = Field(86_400, ge=0, le=31_536_000, allow_inf_nan=False)
