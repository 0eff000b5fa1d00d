"""Whatever address users name: no connector calls what is inside; what is open is called all the same."""

import ast
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.connectors.email.smtp import Mailer
from services.connectors.notify.channels import Channels, NotSent
from services.connectors.oauth2 import OAuth2
from services.connectors.oauth2.endpoint import Denied, Unreached, tokens_for
from services.connectors.vault import Vault
from services.connectors.webhook.client import post_json
from shared.contracts.alert import Notice
from shared.http import HttpClient, HttpFailed, HttpRequest
from shared.http.address import AllowList
from shared.nodes import NodeFailed
from shared.storage.alert_channels import AlertChannel, channel_context
from shared.storage.deliveries import Delivery
from tests.http_server import serving

ROOT = Path(__file__).parents[4]
VAULT = Vault([bytes(range(32))])
NETWORK = {
    "aiohttp", "httpx", "requests", "urllib3", "urllib.request", "http.client", "smtplib", "aiosmtplib",
    "ftplib", "websockets", "telnetlib", "xmlrpc.client",
}  # fmt: skip
GUARDED = {"shared/http/client.py", "shared/http/failures.py", "services/connectors/email/smtp.py"}
"""What checks the address it connects to. services/local only calls what runs on the same machine."""

Call = Callable[[HttpClient, str], Awaitable[Any]]


async def request(http: HttpClient, url: str) -> None:
    await http.send(HttpRequest("GET", url, timeout_s=5))


async def webhook(http: HttpClient, url: str) -> None:
    await post_json(http, url, b"{}", {})


async def slack(http: HttpClient, url: str) -> None:
    await post_json(http, url, b"{}", {}, shown=False)


async def tokens(http: HttpClient, url: str) -> None:
    about = {"grant": "client_credentials", "token_url": url, "client_id": "c", "client_secret": "s" * 10}
    client = OAuth2.model_validate(about)
    await tokens_for(http, client, {"grant_type": "client_credentials"})


def channel(settings: dict[str, Any], secrets: dict[str, Any]) -> Call:
    """A notice over a channel of alerts."""

    async def call(http: HttpClient, url: str) -> None:
        named = {key: url if value == "{url}" else value for key, value in settings.items()}
        blank = AlertChannel.model_validate(
            {"id": "chan_1", "workspace_id": "w", "name": "c", "settings": named, "rev": 1, "created_at": 1,
             "updated_at": 1}
        )  # fmt: skip
        hidden = orjson.dumps({key: url if value == "{url}" else value for key, value in secrets.items()})
        sealed = VAULT.sealing.seal(hidden, channel_context(blank))
        notice = Notice(kind="test", title="t", text="t", at=1, workspace_id="w")
        delivery = Delivery(
            id="d", workspace_id="w", notice=notice, most_attempts=1, next_at=None, created_at=1
        )
        channels = Channels(http, Mailer(AllowList()), VAULT, None)
        await channels.send(delivery, blank.model_copy(update={"sealed": sealed}))

    return call


CALLS: dict[str, Call] = {
    "http.request": request,
    "webhook.send": webhook,
    "slack.post": slack,
    "an OAuth token endpoint": tokens,
    "a Slack channel": channel({"kind": "slack", "host": "x"}, {"url": "{url}"}),
    "a webhook channel": channel({"kind": "webhook", "url": "{url}"}, {"secrets": []}),
}
INSIDE = ["127.0.0.1", "2130706433", "0x7f.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"]


@pytest.mark.parametrize("name", CALLS)
async def test_nothing_inside_is_called(name: str) -> None:
    async with serving() as server, HttpClient() as http:
        for host in INSIDE:
            with pytest.raises(
                (HttpFailed, NodeFailed, NotSent, Unreached), match=r"not a public address|blocked"
            ):
                await CALLS[name](http, f"http://{host}:{server.port}/echo")
    assert server.seen == []


@pytest.mark.parametrize("name", CALLS)
async def test_what_is_open_is_called_and_leads_nowhere_else(name: str) -> None:
    async with (
        serving() as inside,
        serving() as server,
        HttpClient(allow=[f"127.0.0.1:{server.port}"]) as http,
    ):
        with pytest.raises((HttpFailed, NodeFailed, NotSent, Denied)):
            await CALLS[name](http, server.url(f"/redirect?to={inside.url('/echo')}"))
        assert (len(server.seen), inside.seen) == (1, [])


def test_nobody_calls_out_but_by_what_is_guarded() -> None:
    found: set[str] = set()
    for path in [*(ROOT / "services").rglob("*.py"), *(ROOT / "shared").rglob("*.py")]:
        for each in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in each.names] if isinstance(each, ast.Import) else []
            names += [each.module or ""] if isinstance(each, ast.ImportFrom) else []
            if any(name == one or name.startswith(f"{one}.") for name in names for one in NETWORK):
                found.add(str(path.relative_to(ROOT)))
    assert {each for each in found if not each.startswith("services/local/")} == GUARDED
