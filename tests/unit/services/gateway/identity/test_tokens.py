"""Tokens: what was made here, for this, and lately; nothing else."""

import base64
import json

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from services.gateway.identity.tokens import ACCESS_S, Tokens
from shared.contracts.identity import Session

NOW = 1_700_000_000_000
SESSION = Session(
    id="ses_01ARZ3NDEKTSV4RRFFQ69G5FAV", user_id="user_1", created_at=NOW, used_at=NOW, expires_at=NOW + 1
)
SECRET = "s" * 40
CLAIMS = {
    "iss": "weft",
    "aud": "weft",
    "sub": "user_1",
    "sid": SESSION.id,
    "iat": NOW // 1000,
    "exp": NOW // 1000 + ACCESS_S,
}


@pytest.fixture
def tokens() -> Tokens:
    return Tokens([SECRET])


def test_an_access_token_says_whose_it_is_until_it_runs_out(tokens: Tokens) -> None:
    text = tokens.access(SESSION, NOW)
    found = tokens.read(text, NOW)
    assert found
    assert (found.user_id, found.session_id) == ("user_1", SESSION.id)
    assert tokens.read(text, NOW + ACCESS_S * 1000 + 1_000) is None


def test_tokens_of_the_secret_before_are_good_for_reading() -> None:
    text = Tokens(["old" * 20]).access(SESSION, NOW)
    assert Tokens([SECRET, "old" * 20]).read(text, NOW)
    assert Tokens([SECRET]).read(text, NOW) is None


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _signed(tokens: Tokens, header: dict[str, str], **claims: object) -> str:
    key = OctKey.import_key(tokens._signing[0])
    return jwt.encode(header, {**CLAIMS, **claims}, key, algorithms=[header["alg"]])


def forged(tokens: Tokens) -> dict[str, str]:
    good = tokens.access(SESSION, NOW)
    head, body, proof = good.split(".")
    rsa = RSAKey.generate_key(2048)
    typ = {"typ": "at+jwt"}
    return {
        "no algorithm": f"{_part({'alg': 'none', **typ})}.{body}.",
        "no algorithm, old proof": f"{_part({'alg': 'none', **typ})}.{body}.{proof}",
        "a key of its own": jwt.encode({"alg": "RS256", **typ}, CLAIMS, rsa, algorithms=["RS256"]),
        "the secret itself as key": jwt.encode(
            {"alg": "HS256", **typ}, CLAIMS, OctKey.import_key(SECRET), algorithms=["HS256"]
        ),
        "another algorithm": _signed(tokens, {"alg": "HS512", **typ}),
        "another purpose": _signed(tokens, {"alg": "HS256", "typ": "JWT"}),
        "another audience": _signed(tokens, {"alg": "HS256", **typ}, aud="other"),
        "another issuer": _signed(tokens, {"alg": "HS256", **typ}, iss="other"),
        "no end": _signed(tokens, {"alg": "HS256", **typ}, exp=None),
        "another body": f"{head}.{_part({**CLAIMS, 'sub': 'user_2'})}.{proof}",
        "a key in its header": f"{_part({'alg': 'HS256', 'jwk': {'kty': 'oct', 'k': 'YQ'}})}.{body}.{proof}",
        "a refresh token": tokens.refresh(SESSION),
        "nothing": "",
        "two dots": "..",
        "not text": "é.é.é",
    }


@pytest.mark.parametrize("what", list(forged(Tokens([SECRET]))))
def test_forged_tokens_open_nothing(tokens: Tokens, what: str) -> None:
    assert tokens.read(forged(tokens)[what], NOW) is None


def test_a_refresh_token_names_its_session_and_turn(tokens: Tokens) -> None:
    text = tokens.refresh(SESSION)
    assert tokens.turn(text) == (SESSION.id, 0)
    assert tokens.turn(text.replace("_0_", "_1_")) is None
    assert tokens.turn(text[:-1]) is None
    assert Tokens(["t" * 40]).turn(text) is None
    assert tokens.turn(tokens.access(SESSION, NOW)) is None
