"""Access tokens, kept sealed in the store, and got anew by one connector at a time: a refresh token that is
used twice costs the whole sign-in with servers that rotate them."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from time import monotonic

from services.connectors.oauth2 import OAuth2
from services.connectors.oauth2.endpoint import Denied, TokenSet, Unreached, tokens_for
from services.connectors.vault import Vault
from shared.contracts.credential import Connecting, Credential, CredentialState
from shared.http import HttpClient
from shared.ids import new_id
from shared.nodes import NodeFailed
from shared.patience import patiently
from shared.storage.credentials import CredentialStates, connecting_context, tokens_context

LEASE_S = 40.0
"""Whoever has been getting tokens for longer, with nothing saved, is taken to be gone."""
LOOK_EVERY_S = 0.1

Change = Callable[[CredentialState], CredentialState | None]


class Tokens:
    """Hands out access tokens."""

    def __init__(self, states: CredentialStates, vault: Vault, http: HttpClient) -> None:
        self._states = states
        self._vault = vault
        self._http = http
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._refreshing: set[asyncio.Task[str]] = set()

    async def current(self, credential: Credential, client: OAuth2, stale: str = "") -> str:
        """A token that is not `stale`; raises NodeFailed where nobody has signed in, or has to again."""
        async with self._locks[credential.id]:
            seen, since = -1, monotonic()
            while True:
                state = await self._states.of(credential)
                tokens = self._opened(state)
                if state.status == "reconnect":
                    raise needs_reconnecting(credential, state.reason)
                if tokens and tokens.fresh and tokens.access != stale:
                    return tokens.access
                if state.rev != seen:
                    seen, since = state.rev, monotonic()
                if state.lease and monotonic() - since < LEASE_S:
                    await asyncio.sleep(LOOK_EVERY_S)  # somebody else is getting one
                    continue
                ours = state.model_copy(update={"lease": new_id("lease"), "rev": state.rev + 1})
                if await self._states.save(ours):
                    return await self._refreshed(credential, client, ours, tokens)

    async def connect(self, credential: Credential, client: OAuth2, connecting: Connecting) -> None:
        """Turn the code of a sign-in into tokens; raises Denied or Unreached."""
        form = {
            "grant_type": "authorization_code",
            "code": self._open(connecting, "code", connecting.code),
            "redirect_uri": connecting.redirect_uri,
            "code_verifier": self._open(connecting, "verifier", connecting.verifier),
        }
        await self._keep(credential, None, await tokens_for(self._http, client, form))

    async def drain(self) -> None:
        """Wait for what is being got: a token that was given out is not to be lost."""
        while self._refreshing:
            await asyncio.wait(self._refreshing)

    async def _refreshed(
        self, credential: Credential, client: OAuth2, ours: CredentialState, tokens: TokenSet | None
    ) -> str:
        """Got to the end even if the node that needs it is stopped meanwhile."""
        refreshing = asyncio.create_task(self._refresh(credential, client, ours, tokens))
        self._refreshing.add(refreshing)
        refreshing.add_done_callback(self._refreshing.discard)
        return await asyncio.shield(refreshing)

    async def _refresh(
        self, credential: Credential, client: OAuth2, ours: CredentialState, tokens: TokenSet | None
    ) -> str:
        scope = {"scope": " ".join(client.scopes)} if client.scopes else {}
        kept = tokens.refresh if tokens else ""
        form = {"grant_type": "refresh_token", "refresh_token": kept}
        if client.grant == "client_credentials":
            form = {"grant_type": "client_credentials", **scope}
        try:
            if not (kept or client.grant == "client_credentials"):
                raise Denied("its token is no longer good, and there is none to get another with"
                             if tokens else "nobody has signed in yet")  # fmt: skip
            fresh = await tokens_for(self._http, client, form, kept_refresh=kept)
        except Denied as denied:
            reason = str(denied)
            if client.grant == "client_credentials":
                await self._change(credential, lambda state: _if_ours(state, ours.lease, {"lease": ""}))
                said = f"credential {credential.name!r} is given no token: {reason}"
                raise NodeFailed("credential_denied", said, credential=credential.id) from None
            given_up = {"lease": "", "status": "reconnect", "reason": reason}
            await self._change(credential, lambda state: _if_ours(state, ours.lease, given_up))
            raise needs_reconnecting(credential, reason) from None
        except Unreached as error:
            await self._change(credential, lambda state: _if_ours(state, ours.lease, {"lease": ""}))
            raise NodeFailed("unavailable", f"no token for credential {credential.id}: {error}") from None
        await self._keep(credential, ours.lease, fresh)
        return fresh.access

    async def _keep(self, credential: Credential, lease: str | None, tokens: TokenSet) -> None:
        """Store tokens; those of a lease only while it lasts, those of a sign-in in any case."""

        def with_tokens(state: CredentialState) -> CredentialState | None:
            sealed = self._vault.sealing.seal(tokens.model_dump_json().encode(), tokens_context(state))
            changes = {"sealed": sealed, "kid": self._vault.sealing.kid, "status": "ready", "reason": ""}
            return _if_ours(state, state.lease if lease is None else lease, {**changes, "lease": ""})

        await self._change(credential, with_tokens)

    async def _change(self, credential: Credential, change: Change) -> None:
        """Change the state, however long the store is away and whoever else changes it meanwhile."""

        async def once() -> bool:
            state = await self._states.of(credential)
            after = change(state)
            return after is None or await self._states.save(after)

        while not await patiently(once, "tokens"):
            pass

    def _opened(self, state: CredentialState) -> TokenSet | None:
        if not state.sealed:
            return None
        return TokenSet.model_validate_json(self._vault.open(state.sealed, tokens_context(state)))

    def _open(self, connecting: Connecting, what: str, envelope: str) -> str:
        return self._vault.open(envelope, connecting_context(connecting, what)).decode()


def needs_reconnecting(credential: Credential, reason: str) -> NodeFailed:
    """The failure of a node whose credential is of no use until somebody signs in."""
    said = f"credential {credential.name!r} needs somebody to connect it (again): {reason}"
    return NodeFailed("reconnect_credential", said, credential=credential.id)


def _if_ours(state: CredentialState, lease: str, changes: dict[str, str]) -> CredentialState | None:
    if state.lease != lease:
        return None
    return state.model_copy(update={**changes, "rev": state.rev + 1})
