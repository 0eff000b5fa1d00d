"""What opens the stream of one run for a minute: a browser's EventSource sends no headers, so it has to go
into the URL, which more eyes see."""

import re
from dataclasses import asdict, dataclass

from starlette.datastructures import QueryParams
from starlette.types import Scope

from services.gateway.identity.signed import Signed
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
        self._signed = Signed(secrets, "stream token")

    def written(self, opening: Opening, now: Millis) -> str:
        """A token for it."""
        return self._signed.written(asdict(opening), LASTS_S, now)

    def holder(self, scope: Scope, now: Millis) -> str | None:
        """Whose token a request has in its URL; None unless it opens just what is asked for."""
        path = STREAM.fullmatch(scope["path"]) if scope["method"] == "GET" else None
        given = QueryParams(scope["query_string"]).get("token") if path else None
        claims = self._signed.read(given, now) if given else None
        if claims is None or path is None:
            return None
        opening = Opening(**claims)
        return opening.holder if path.groups() == (opening.workspace_id, opening.run_id) else None
