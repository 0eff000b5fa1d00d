"""What a browser keeps while it is away at the OpenID provider: signed by us, and good for minutes."""

from dataclasses import asdict, dataclass
from secrets import token_urlsafe

from services.gateway.identity.signed import Signed
from shared.contracts.base import Millis

LASTS_S = 600


@dataclass(frozen=True)
class RoundTrip:
    """`verifier` is PKCE's, `return_to` a path of ours. With a `user_id` somebody who is signed in already
    wants to be known by what comes back."""

    state: str
    nonce: str
    verifier: str
    return_to: str
    user_id: str = ""


def round_trip(return_to: str, user_id: str = "") -> RoundTrip:
    """A new one. Only a path of ours is gone back to: no other site is, however it is spelled."""
    ours = return_to.startswith("/") and not return_to.startswith("//") and return_to.isprintable()
    safe = return_to if ours and "\\" not in return_to and return_to.isascii() else "/"
    return RoundTrip(token_urlsafe(24), token_urlsafe(24), token_urlsafe(48), safe, user_id)


class RoundTrips:
    """Signs and reads them; `secrets` as for `Tokens`."""

    def __init__(self, secrets: list[str]) -> None:
        self._signed = Signed(secrets, "round trip")

    def written(self, trip: RoundTrip, now: Millis) -> str:
        """As the browser keeps it."""
        return self._signed.written(asdict(trip), LASTS_S, now)

    def read(self, text: str, now: Millis) -> RoundTrip | None:
        """None unless it was written here, and not long ago."""
        claims = self._signed.read(text, now)
        return RoundTrip(**claims) if claims else None
