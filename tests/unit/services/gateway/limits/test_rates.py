"""How much a caller may ask."""

import asyncio
from typing import Any

import pytest

from services.gateway.identity.callers import Caller
from services.gateway.limits.rates import ByAddress, ByCaller, Rate, TooMany, quota, site


class Asked:
    """A bare app that answers 200, when it may; `sent` is what callers have been told."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.begun = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.begun.set()
        await self.go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            told = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            self.sent.append({"status": message["status"], **told})


def asking(host: str = "192.0.2.1", path: str = "/x", caller: Caller | None = None) -> dict[str, Any]:
    scope: dict[str, Any] = {"type": "http", "path": path, "client": (host, 1), "headers": []}
    return scope | ({"caller": caller} if caller else {})


async def told(app: Any, scope: dict[str, Any], asked: Asked) -> None:
    """Ask, and have refusals told as the outermost layer does."""
    try:
        await app(scope, nothing, asked.send)
    except TooMany as refused:
        asked.sent.append({"status": 429, **{name.lower(): value for name, value in refused.headers.items()}})


async def nothing() -> Any:
    raise AssertionError("nobody reads the body")


async def test_an_address_that_asks_too_much_is_told_when_to_come_back() -> None:
    asked = Asked()
    app = ByAddress(asked, quota("2/minute"), quota("1/minute"))
    for host in ("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"):
        await told(app, asking(host), asked)
    assert [each["status"] for each in asked.sent] == [200, 200, 429, 200]
    assert 1 <= int(asked.sent[2]["retry-after"]) <= 60
    assert asked.sent[2]["ratelimit-policy"] == '"address";q=2;w=60'
    assert asked.sent[2]["ratelimit"].startswith('"address";r=0;t=')


async def test_signing_in_may_be_tried_less_often() -> None:
    asked = Asked()
    app = ByAddress(asked, quota("9/minute"), quota("1/minute"))
    for path in ("/api/v1/auth/sign-in", "/api/v1/auth/sign-in", "/x"):
        await told(app, asking(path=path), asked)
    assert [each["status"] for each in asked.sent] == [200, 429, 200]


async def test_one_caller_takes_nothing_from_another() -> None:
    asked = Asked()
    app = ByCaller(asked, quota("1/minute"), 10)
    for name in ("a", "a", "b"):
        await told(app, asking(caller=Caller("key", name, name)), asked)
    assert [each["status"] for each in asked.sent] == [200, 429, 200]
    assert asked.sent[0]["ratelimit"].startswith('"key";r=0;')


async def test_so_many_requests_may_be_under_way_at_once() -> None:
    asked = Asked()
    app = ByCaller(asked, quota("100/minute"), 1)
    scope = asking(caller=Caller("key", "a", "a"))
    asked.go_on.clear()
    first = asyncio.create_task(told(app, scope, asked))
    await asked.begun.wait()
    await told(app, scope, asked)
    asked.go_on.set()
    await first
    await told(app, scope, asked)
    assert [each["status"] for each in asked.sent] == [429, 200, 200]
    assert not app._open


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::1", "20010db800010002::"),
        ("2001:db8:1:2:ffff::9", "20010db800010002::"),
        ("testclient", "testclient"),
    ],
)
def test_a_household_counts_as_one_address(host: str, counted: str) -> None:
    assert site(asking(host)) == counted.removeprefix("0")


def test_what_is_refused_does_not_count() -> None:
    rate = Rate("p", quota("1 per 30 minutes"))
    rate.count("a")
    for _ in range(3):
        with pytest.raises(TooMany, match=r"At most 1 requests in 1,800 s; try again in (1,800|1800) s"):
            rate.count("a")
    rate.count("b")


@pytest.mark.parametrize("wrong", ["", "10", "0/minute", "5 per 0 seconds", "-1/minute", "1/age"])
def test_what_is_no_rate_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        quota(wrong)
