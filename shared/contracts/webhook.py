"""What a webhook is set to: an address that starts runs when something is sent to it."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from shared.contracts.base import Contract, Json, Millis

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
RESPOND = "webhook.respond"
"""The node type that answers who has called."""
TOKEN_CHARS = 32

ANSWER_HEADERS = frozenset(
    {
        "access-control-allow-headers", "access-control-allow-methods", "access-control-allow-origin",
        "access-control-expose-headers", "access-control-max-age", "cache-control", "content-disposition",
        "content-language", "content-type", "etag", "expires", "last-modified", "link", "location", "pragma",
        "retry-after", "vary",
    }
)  # fmt: skip
"""What an answer may set, besides `x-...`: nothing that frames it, signs in, or tells browsers what to do."""
_OWN_HEADER = re.compile(r"x-[a-z0-9-]{1,98}")
_NOT_SENT = re.compile(r"[^\t\x20-\x7e]")
MOST_HEADERS = 50


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    """Header names in lower case; raises ValueError for what must not be sent."""
    lower = {name.lower(): value for name, value in headers.items()}
    for name, value in lower.items():
        if name not in ANSWER_HEADERS and not _OWN_HEADER.fullmatch(name):
            raise ValueError(f"the header {name[:100]!r} cannot be set by an answer")
        if len(value) > 4_000 or _NOT_SENT.search(value):
            raise ValueError(f"the value of the header {name!r} must be at most 4,000 printable characters")
    return lower


AnswerStatus = Annotated[int, Field(ge=200, le=599)]
AnswerHeaders = Annotated[dict[str, str], Field(max_length=MOST_HEADERS), AfterValidator(_sendable)]


class HookAnswer(Contract):
    """What a `webhook.respond` node has a caller answered with. A body that is a text is sent as it is,
    anything else as JSON, null as nothing."""

    status: AnswerStatus = 200
    headers: AnswerHeaders = Field(default_factory=dict[str, str])
    body: Any = None


class Sealed(Contract):
    """A secret that only gateways can open, with the key that this names."""

    key: str
    text: str


class Keyed(Contract):
    """What is kept of a secret that only has to be recognised: salt and digest, made with a key of the
    gateways that `key` names."""

    key: str
    salt: str
    digest: str


class NoAuth(Contract):
    """Whoever knows the address may call it."""

    kind: Literal["none"] = "none"


class HeaderAuth(Contract):
    """A secret in a header."""

    kind: Literal["header"] = "header"
    header: str
    secret: Keyed | None = None


class BasicAuth(Contract):
    """User and password, by HTTP Basic."""

    kind: Literal["basic"] = "basic"
    user: str
    password: Keyed | None = None


class HookSecret(Contract):
    """One signing secret; it counts until `expires_at`."""

    id: str
    sealed: Sealed
    created_at: Millis
    expires_at: Millis | None = None


class HmacAuth(Contract):
    """Signed as Standard Webhooks demands; any of the secrets will do, the newest comes last."""

    kind: Literal["hmac"] = "hmac"
    secrets: list[HookSecret] = Field(default_factory=list[HookSecret])


HookAuth = Annotated[NoAuth | HeaderAuth | BasicAuth | HmacAuth, Field(discriminator="kind")]


class RespondAtOnce(Contract):
    """Answered as soon as the event is stored; without a body, with the event's id."""

    kind: Literal["at_once"] = "at_once"
    status: AnswerStatus = 202
    body: Json | None = None


class RespondWhenFinished(Contract):
    """Answered with what the run has come to."""

    kind: Literal["finished"] = "finished"
    timeout_s: float = 30


class RespondByNode(Contract):
    """Answered by the first `webhook.respond` node of the run's graph that has succeeded."""

    kind: Literal["node"] = "node"
    timeout_s: float = 30


HookRespond = Annotated[RespondAtOnce | RespondWhenFinished | RespondByNode, Field(discriminator="kind")]


class WebhookConfig(Contract):
    """A webhook. `address` is the SHA-256 of the token in its URL, `token` the token itself. With a
    `dedupe` path into the event, what has the same value there is the same event."""

    kind: Literal["webhook"] = "webhook"
    methods: list[Method] = Field(default_factory=lambda: ["POST"])
    auth: HookAuth = Field(default_factory=NoAuth)
    respond: HookRespond = Field(default_factory=RespondAtOnce)
    dedupe: str | None = None
    address: str = ""
    token: Sealed | None = None
