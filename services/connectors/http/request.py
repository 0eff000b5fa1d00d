"""`http.request`: one call to any server; what it answers is the output."""

from typing import Any, Literal

from pydantic import Field, model_validator
from typing_extensions import TypedDict

from services.connectors.http.answer import Parse, body_of, status_failed
from services.connectors.http.auth import Auth, auth_header
from services.connectors.http.encode import (
    Multi,
    Scalar,
    base64_body,
    form_body,
    json_body,
    pairs,
    text_body,
    text_of,
)
from services.connectors.http.signing import send_signed
from shared.context import Context
from shared.contracts.catalog import SideEffectsBy
from shared.http import HttpClient, HttpFailed, HttpRequest, HttpResponse
from shared.nodes import NodeConfig, NodeFailed, node

CREDENTIALS = ("http.bearer", "http.basic", "http.header", "http.query", "oauth2")
MOST_BYTES = 50_000_000
BODIES = ("json", "form", "body", "body_base64")


class Config(NodeConfig):
    """What to send and how to read the answer."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = Field(
        "GET", description="The HTTP method."
    )
    url: str = Field(description="Where to: a full http:// or https:// URL, without user and password.")
    headers: dict[str, Scalar | None] = Field({}, description="Headers to send; null leaves one out.")
    query: dict[str, Multi] = Field(
        {}, description="Added to the URL's own query. A list repeats its name; null leaves it out."
    )
    json_value: Any = Field(None, alias="json", description="A value to send as JSON. Null sends no body.")
    form: dict[str, Multi] | None = Field(None, description="Fields to send as a web form does.")
    body: str | None = Field(None, description="Text to send as it is.")
    body_base64: str | None = Field(None, description="Bytes to send, written in base64.")
    auth: Auth | None = Field(
        None, description="Who is asking: a bearer token, user and password, or a header."
    )
    timeout_s: float | None = Field(
        None,
        gt=0,
        le=604_800,
        description="Seconds until the whole answer must be here; by default the node's own limit.",
    )
    follow_redirects: bool = Field(True, description="Go where the server sends us, ten times at most.")
    max_bytes: int = Field(
        10_000_000, ge=1, le=MOST_BYTES, description="The most bytes the answer may have, once decompressed."
    )
    parse: Parse = Field(
        "auto", description="Read the answer as json, text or bytes (base64); auto goes by its content type."
    )

    @model_validator(mode="after")
    def _one_of_each(self) -> "Config":
        given = [name for name, value in zip(BODIES, self._bodies(), strict=True) if value is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are both set; a request has one body at most")
        if self.auth and auth_header(self.auth)[0].lower() in self._header_names():
            raise ValueError(f"{auth_header(self.auth)[0]} is set both in auth and in headers; leave one out")
        return self

    def _header_names(self) -> set[str]:
        return {name.lower() for name, value in self.headers.items() if value is not None}

    def _bodies(self) -> tuple[Any, ...]:
        return self.json_value, self.form, self.body, self.body_base64


class Answer(TypedDict):
    """What the server answered. Header names are in lower case; `url` is where redirects led in the end."""

    status: int
    headers: dict[str, str]
    body: Any
    url: str


@node(
    "http.request", title="HTTP request", category="http", icon="globe", pool="http",
    optional_credentials=CREDENTIALS,
    side_effects=SideEffectsBy(
        field="method",
        cases=dict.fromkeys(("GET", "HEAD", "OPTIONS", "PUT", "DELETE"), "repeatable"),
        otherwise="once",
    ),
)  # fmt: skip
async def request(config: Config, context: Context) -> Answer:
    """Call a web address and hand on its status, headers and body."""
    if context.http is None:
        raise RuntimeError("this executor was started without an HTTP client")
    try:
        response = await _sent(context.http, config, context)
    except HttpFailed as failed:
        status = failed.details.get("status")
        if failed.code == "too_large" and isinstance(status, int) and not 200 <= status < 300:
            raise status_failed(HttpResponse(status, {}, b"", "")) from failed
        raise NodeFailed(failed.code, failed.message, **failed.details) from failed
    if not 200 <= response.status < 300:
        raise status_failed(response)
    return {
        "status": response.status,
        "headers": dict(response.headers),
        "body": body_of(response, config.parse),
        "url": response.url,
    }


async def _sent(http: HttpClient, config: Config, context: Context) -> HttpResponse:
    prepared = http_request(config, context.idempotency_key)
    if context.credential is None:
        return await http.send(prepared)
    if config.auth:
        raise NodeFailed("bad_config", "the node has both a credential and auth; leave one out")
    try:
        return await send_signed(http, prepared, context.credential)
    finally:
        context.hide(context.credential.secrets)


def http_request(config: Config, idempotency_key: str) -> HttpRequest:
    """The request that a config describes; raises NodeFailed `bad_config` for values that cannot be sent."""
    try:
        body, content_type = _body(config)
        headers = {name: text_of(value) for name, value in config.headers.items() if value is not None}
        query = list(pairs(config.query))
        auth = [auth_header(config.auth)] if config.auth else []
    except (TypeError, ValueError) as error:
        raise NodeFailed("bad_config", f"the request cannot be sent: {error}") from None
    defaults = {"Content-Type": content_type} if content_type else {}
    if config.method != "GET":
        defaults["Idempotency-Key"] = idempotency_key
    written = {name.lower() for name in headers}
    headers |= {name: value for name, value in defaults.items() if name.lower() not in written}
    return HttpRequest(
        config.method, config.url, headers=headers | dict(auth), query=query, body=body,
        timeout_s=config.timeout_s, follow_redirects=config.follow_redirects, max_bytes=config.max_bytes,
        private_headers=frozenset(name for name, _ in auth),
    )  # fmt: skip


def _body(config: Config) -> tuple[bytes | None, str | None]:
    """The body and its content type; raises TypeError or ValueError."""
    if config.json_value is not None:
        return json_body(config.json_value)
    if config.form is not None:
        return form_body(config.form)
    if config.body is not None:
        return text_body(config.body)
    if config.body_base64 is not None:
        return base64_body(config.body_base64)
    return None, None
