"""How much one caller may ask: so many requests within a time, and so many at once.

Counted in memory, by each gateway for itself: a limit that asked the store would cost more than what it
saves. With n gateways a caller may ask n times as much at most."""

import math
import time
from collections import Counter
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.errors import Refused
from services.gateway.identity.callers import Caller

SIGN_IN = ("/api/v1/auth/",)
_IPV6_SITE = 64


class Rates:
    """Windows by name and caller."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def check(self, policy: str, limit: RateLimitItem, who: str) -> dict[str, str]:
        """Count a request; the headers that tell how many are left. Raises TooMany."""
        allowed = await self._limiter.hit(limit, policy, who)
        stats = await self._limiter.get_window_stats(limit, policy, who)
        wait_s = max(1, math.ceil(stats.reset_time - time.time()))
        told = {
            "RateLimit-Policy": f'"{policy}";q={limit.amount};w={limit.get_expiry()}',
            "RateLimit": f'"{policy}";r={stats.remaining};t={wait_s}',
        }
        if not allowed:
            said = f"At most {limit.amount:,} requests in {limit.get_expiry():,} s; try again in {wait_s} s"
            raise TooMany(said, {**told, "Retry-After": str(wait_s)})
        return told


class TooMany(Refused):
    """A caller asks too much; `headers` say how long to wait."""

    def __init__(self, said: str, headers: dict[str, str]) -> None:
        super().__init__("rate_limited", said, headers=headers)


class ByAddress:
    """Bounds what comes from one address, before anybody is asked who that is; less of it may be attempts to
    sign in."""

    def __init__(self, app: ASGIApp, rates: Rates, limit: RateLimitItem, sign_in: RateLimitItem) -> None:
        self._app = app
        self._rates = rates
        self._limit = limit
        self._sign_in = sign_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = site(scope)
        await self._rates.check("address", self._limit, address)
        if scope["path"].startswith(SIGN_IN):
            await self._rates.check("sign-in", self._sign_in, address)
        await self._app(scope, receive, send)


class ByCaller:
    """Bounds what one key or person asks, and how many of its requests are under way at once."""

    def __init__(self, app: ASGIApp, rates: Rates, limit: RateLimitItem, at_once: int) -> None:
        self._app = app
        self._rates = rates
        self._limit = limit
        self._at_once = at_once
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller: Caller | None = scope.get("caller")
        if caller is None:
            await self._app(scope, receive, send)
            return
        who = caller.key_id or caller.id
        told = await self._rates.check("key", self._limit, who)
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
