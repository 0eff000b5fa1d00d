"""Tokens for streams open one stream, for a minute."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from services.gateway.identity.stream_tokens import LASTS_S, Opening, StreamTokens
from services.gateway.identity.tokens import Tokens
from shared.contracts.identity import Session

NOW = 1_700_000_000_000
SECRET = "s" * 40
OPENING = Opening("key_0123456789ab", "default", "run_1")
PATH = "/api/v1/workspaces/default/runs/run_1/events"
TOKENS = StreamTokens([SECRET])
GOOD = TOKENS.written(OPENING, NOW)


def scope(token: str = GOOD, path: str = PATH, method: str = "GET") -> dict[str, Any]:
    return {"path": path, "method": method, "query_string": f"after=0&token={token}".encode()}


def test_it_opens_the_stream_it_was_made_for_until_it_runs_out() -> None:
    assert TOKENS.holder(scope(), NOW + LASTS_S * 1000 - 1_000) == OPENING.holder
    assert TOKENS.holder(scope(), NOW + LASTS_S * 1000) is None


def test_it_is_good_when_the_secret_has_been_changed_meanwhile() -> None:
    assert StreamTokens(["new" * 20, SECRET]).holder(scope(), NOW) == OPENING.holder
    assert StreamTokens(["new" * 20]).holder(scope(), NOW) is None


@pytest.mark.parametrize(
    "wrong",
    [
        scope(path=PATH.replace("run_1", "run_2")),
        scope(path=PATH.replace("default", "other")),
        scope(path=f"{PATH}/token"),
        scope(path=PATH.removesuffix("/events")),
        scope(path=f"/x{PATH}"),
        scope(method="POST"),
        scope(method="HEAD"),
        scope(GOOD[:-2]),
        scope(GOOD.split(".")[1]),
        scope(""),
        scope(Tokens([SECRET]).csrf("ses_1")),
        {**scope(), "query_string": b""},
    ],
)
def test_it_opens_nothing_else(wrong: dict[str, Any]) -> None:
    assert TOKENS.holder(wrong, NOW) is None


def test_what_was_made_for_other_purposes_opens_no_stream_nor_the_other_way() -> None:
    session = Session(id="ses_1", user_id="user_1", created_at=NOW, used_at=NOW, expires_at=NOW + 1)
    assert TOKENS.holder(scope(Tokens([SECRET]).access(session, NOW)), NOW) is None
    assert Tokens([SECRET]).read(GOOD, NOW) is None
    by_the_secret = jwt.encode(
        {"alg": "HS256"},
        {"sub": "installation", "workspace": "default", "run": "run_1", "exp": NOW // 1000 + 60},
        OctKey.import_key(SECRET),
        algorithms=["HS256"],
    )
    assert TOKENS.holder(scope(by_the_secret), NOW) is None
