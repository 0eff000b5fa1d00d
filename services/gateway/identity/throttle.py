"""Slows down who guesses passwords, or has mails sent: a pause after each failure, twice as long as the one
before.

Failures count by account and address together, so that a stranger cannot shut somebody out from elsewhere; an
account that is tried from many addresses gets pauses of its own, much later and much shorter."""

from dataclasses import dataclass
from hashlib import sha256

from services.gateway.limits.rates import TooMany
from shared.contracts.base import Millis
from shared.storage.throttles import Attempts, Throttles


@dataclass(frozen=True)
class Terms:
    """So many failures are free; then the pause doubles from a second to `longest_s`. What is older than
    `forgotten_s` does not count."""

    free: int
    longest_s: int
    forgotten_s: int = 86_400


HERE = Terms(free=5, longest_s=900)
EVERYWHERE = Terms(free=100, longest_s=5)
MOST_TRIES = 5


class Throttle:
    """Asked before a password is looked at, and told how that went."""

    def __init__(self, throttles: Throttles) -> None:
        self._throttles = throttles

    async def check(self, account: str, address: str, now: Millis) -> None:
        """Raises TooMany while there is a pause."""
        found = await self._throttles.load([each for each, _ in _ids(account, address)])
        until = max((each.until for each in found.values()), default=0)
        if until > now:
            wait_s = -(-(until - now) // 1000)
            said = f"Too many attempts; try again in {wait_s} s"
            raise TooMany(said, {"Retry-After": str(wait_s)})

    async def failed(self, account: str, address: str, now: Millis) -> None:
        """Count a failure."""
        for attempts_id, terms in _ids(account, address):
            for _ in range(MOST_TRIES):
                known = (await self._throttles.load([attempts_id])).get(attempts_id)
                if await self._throttles.save(after_failure(attempts_id, known, terms, now)):
                    break

    async def succeeded(self, account: str, address: str) -> None:
        """Whoever knows the password has not been guessing."""
        await self._throttles.forget(_ids(account, address)[0][0])


def after_failure(attempts_id: str, known: Attempts | None, terms: Terms, now: Millis) -> Attempts:
    """What is kept after one more failure."""
    recent = known is not None and now - known.at < terms.forgotten_s * 1000
    fails = known.fails + 1 if known and recent else 1
    over = fails - terms.free
    pause_s = min(2 ** min(over - 1, 20), terms.longest_s) if over > 0 else 0
    rev = known.rev + 1 if known else 0
    return Attempts(id=attempts_id, fails=fails, until=now + pause_s * 1000, at=now, rev=rev)


def _ids(account: str, address: str) -> list[tuple[str, Terms]]:
    here = sha256(f"{account.lower()}\n{address}".encode()).hexdigest()
    everywhere = sha256(account.lower().encode()).hexdigest()
    return [(here, HERE), (everywhere, EVERYWHERE)]
