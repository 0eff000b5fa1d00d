"""Tokens of a sign-in: an access token for minutes (a JWT), and refresh tokens that are good once.

Both are made of the installation's secret. An access token names its session, which is looked up: one that
has ended opens nothing."""

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.jwt import ClaimsOption

from shared.contracts.base import Millis
from shared.contracts.identity import Session

ACCESS_S = 600
ISSUER = "weft"
ALGORITHM = "HS256"
REFRESH = re.compile(r"wr_(ses_[0-9A-Z]{26})_([0-9]{1,9})_([0-9a-f]{64})")


@dataclass(frozen=True)
class Access:
    """What a genuine access token says."""

    user_id: str
    session_id: str


class Tokens:
    """Makes and reads tokens. `secrets` are the installation's, the first makes new ones, the others are what
    it was before."""

    def __init__(self, secrets: list[str]) -> None:
        self._signing = [derived(each, "access token") for each in secrets]
        self._refreshing = [derived(each, "refresh token") for each in secrets]
        self._guarding = [derived(each, "csrf token") for each in secrets]

    def access(self, session: Session, now: Millis) -> str:
        """A JWT for the session."""
        issued = now // 1000
        claims = {
            "iss": ISSUER, "aud": ISSUER, "sub": session.user_id, "sid": session.id,
            "iat": issued, "exp": issued + ACCESS_S,
        }  # fmt: skip
        header = {"alg": ALGORITHM, "typ": "at+jwt"}
        return jwt.encode(header, claims, OctKey.import_key(self._signing[0]), algorithms=[ALGORITHM])

    def read(self, text: str, now: Millis) -> Access | None:
        """What the token says; None unless it was made here, for this, and has not run out."""
        for key in self._signing:
            try:
                token = jwt.decode(text, OctKey.import_key(key), algorithms=[ALGORITHM])
                claims = token.claims
                _expected(now).validate(claims)
            except (JoseError, ValueError, TypeError):
                continue
            if token.header.get("typ") == "at+jwt":
                return Access(str(claims["sub"]), str(claims["sid"]))
        return None

    def refresh(self, session: Session) -> str:
        """The session's refresh token, as of its turn."""
        return f"wr_{session.id}_{session.turn}_{_proof(self._refreshing[0], session.id, session.turn)}"

    def turn(self, text: str) -> tuple[str, int] | None:
        """The session and turn of a refresh token; None unless it was given out here."""
        found = REFRESH.fullmatch(text)
        if not found:
            return None
        session_id, turn, proof = found[1], int(found[2]), found[3]
        good = [hmac.compare_digest(_proof(key, session_id, turn), proof) for key in self._refreshing]
        return (session_id, turn) if any(good) else None

    def csrf(self, session_id: str) -> str:
        """What a browser has to send along when its cookie is to count: other sites cannot read it."""
        return _proof(self._guarding[0], session_id, 0)

    def is_csrf(self, session_id: str, given: str) -> bool:
        """Whether that is it."""
        good = [compare(_proof(key, session_id, 0), given) for key in self._guarding]
        return any(good)


def compare(ours: str, given: str) -> bool:
    """Whether they are the same, in a time that does not tell how much of it is."""
    return hmac.compare_digest(ours.encode(), given.encode())


def _expected(now: Millis) -> jwt.JWTClaimsRegistry:
    ours = ClaimsOption(essential=True, value=ISSUER)
    there = ClaimsOption(essential=True)
    return jwt.JWTClaimsRegistry(now=now // 1000, iss=ours, aud=ours, sub=there, sid=there, exp=there)


def derived(secret: str, purpose: str) -> bytes:
    """A key for one purpose only."""
    return hmac.new(secret.encode(), f"weft {purpose}".encode(), sha256).digest()


def _proof(key: bytes, session_id: str, turn: int) -> str:
    return hmac.new(key, f"{session_id}.{turn}".encode(), sha256).hexdigest()
