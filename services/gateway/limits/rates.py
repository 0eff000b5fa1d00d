"""How much one caller may ask: so many requests within a time, and so many at once.

Counted in memory, by each gateway for itself: a limit that asked the store would cost more than what it
saves. With n gateways a caller may ask n times as much at most."""

import math
import re
from collections import Counter
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from throttled import MemoryStore, Quota, Throttled, per_duration

from services.gateway.errors import Refused
from services.gateway.identity.callers import Caller

SIGN_IN = ("/api/v1/auth/",)
MOST = 100_000
"""Callers of whom anything is known at once."""
_IPV6_SITE = 64


RATE = re.compile(r"(\d{1,9}) ?(?:/|per) ?(?:(\d{1,6}) )?(second|minute|hour|day)s?")


def quota(text: str) -> Quota:
    """A rate such as `100/minute` or `5 per 2 seconds`; raises ValueError."""
    found = RATE.fullmatch(text.strip())
    if not found or not int(found[1]) or found[2] == "0":
        raise ValueError(f"{text!r} is no rate: write `100/minute` or `5 per 2 seconds`")
    return per_duration(int(found[2] or 1) * timedelta(**{f"{found[3]}s": 1}), int(found[1]))


class Rate:
    """So many requests of each caller within a time. Callers that have not been heard of for longest are
    forgotten when there are too many."""

    def __init__(self, name: str, quota: Quota) -> None:
        self._name = name
        self._limit, self._within_s = quota.rate.limit, quota.period_sec
        self._callers = Throttled(using="gcra", quota=quota, store=MemoryStore(options={"MAX_SIZE": MOST}))

    def count(self, who: str) -> dict[str, str]:
        """Count a request; the headers that tell how many are left. Raises TooMany."""
        asked = self._callers.limit(who)
        wait_s = max(1, math.ceil(asked.state.retry_after if asked.limited else asked.state.reset_after))
        told = {
            "RateLimit-Policy": f'"{self._name}";q={self._limit};w={self._within_s}',
            "RateLimit": f'"{self._name}";r={asked.state.remaining};t={wait_s}',
        }
        if asked.limited:
            said = f"At most {self._limit:,} requests in {self._within_s:,} s; try again in {wait_s} s"
            raise TooMany(said, {**told, "Retry-After": str(wait_s)})
        return told


class TooMany(Refused):
    """A caller asks too much; `headers` say how long to wait."""

    def __init__(self, said: str, headers: dict[str, str]) -> None:
        super().__init__("rate_limited", said, headers=headers)


class ByAddress:
    """Bounds what comes from one address, before anybody is asked who that is; less of it may be attempts to
    sign in."""

    def __init__(self, app: ASGIApp, limit: Quota, sign_in: Quota) -> None:
        self._app = app
        self._rate = Rate("address", limit)
        self._sign_in = Rate("sign-in", sign_in)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = site(scope)
        self._rate.count(address)
        if scope["path"].startswith(SIGN_IN):
            self._sign_in.count(address)
        await self._app(scope, receive, send)


class ByCaller:
    """Bounds what one key or person asks, and how many of its requests are under way at once."""

    def __init__(self, app: ASGIApp, limit: Quota, at_once: int) -> None:
        self._app = app
        self._rate = Rate("key", limit)
        self._at_once = at_once
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller: Caller | None = scope.get("caller")
        if caller is None:
            await self._app(scope, receive, send)
            return
        who = caller.key_id or caller.id
        told = self._rate.count(who)
        if self._open[who] >= self._at_once:
            said = f"At most {self._at_once:,} requests may be under way at once"
            raise TooMany(said, {**told, "Retry-After": "1"})
        await self._counted(who, told, scope, receive, send)

    async def _counted(
        self, who: str, told: dict[str, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in told.items():
                    headers.setdefault(name, value)
            await send(message)

        self._open[who] += 1
        try:
            await self._app(scope, receive, telling)
        finally:
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]


def site(scope: Scope) -> str:
    """The caller's address; of IPv6, the network that one household or server is given."""
    host = (scope.get("client") or ("",))[0]
    try:
        found = ip_address(host)
    except ValueError:
        return host
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return f"{int(found) >> (128 - _IPV6_SITE):x}::"
