"""What opens the stream of one run for a minute: a browser's EventSource sends no headers, so it has to go
into the URL, which more eyes see."""

import re
from dataclasses import dataclass

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from starlette.datastructures import QueryParams
from starlette.types import Scope

from services.gateway.identity.tokens import ALGORITHM, derived
from shared.contracts.base import Millis

LASTS_S = 60
STREAM = re.compile(r"/api/v1/workspaces/([^/]+)/runs/([^/]+)/events")


@dataclass(frozen=True)
class Opening:
    """`holder` (`Caller.holder`) may open the stream of this run."""

    holder: str
    workspace_id: str
    run_id: str


class StreamTokens:
    """Makes and reads them; `secrets` as for `Tokens`."""

    def __init__(self, secrets: list[str]) -> None:
        self._keys = [derived(each, "stream token") for each in secrets]

    def written(self, opening: Opening, now: Millis) -> str:
        """A JWT for it."""
        claims = {
            "sub": opening.holder, "workspace": opening.workspace_id, "run": opening.run_id,
            "exp": now // 1000 + LASTS_S,
        }  # fmt: skip
        key = OctKey.import_key(self._keys[0])
        return jwt.encode({"alg": ALGORITHM}, claims, key, algorithms=[ALGORITHM])

    def read(self, text: str, now: Millis) -> Opening | None:
        """What the token opens; None unless it was made here, for this, and has not run out."""
        for key in self._keys:
            try:
                claims = jwt.decode(text, OctKey.import_key(key), algorithms=[ALGORITHM]).claims
            except (JoseError, ValueError, TypeError):
                continue
            if claims["exp"] > now // 1000:
                return Opening(claims["sub"], claims["workspace"], claims["run"])
        return None

    def holder(self, scope: Scope, now: Millis) -> str | None:
        """Whose token a request has in its URL; None unless it opens just what is asked for."""
        given = QueryParams(scope["query_string"]).get("token") if scope["query_string"] else None
        path = STREAM.fullmatch(scope["path"]) if given and scope["method"] == "GET" else None
        opening = self.read(given, now) if given and path else None
        if opening is None or path is None or (opening.workspace_id, opening.run_id) != path.groups():
            return None
        return opening.holder
