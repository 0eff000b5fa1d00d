"""Opens credentials for the nodes that may use them, for one attempt at a time."""

import asyncio
from collections.abc import Mapping
from functools import partial

from services.connectors.oauth2 import OAuth2
from services.connectors.oauth2.tokens import Tokens
from services.connectors.vault import CannotOpen, Vault
from shared.contracts.catalog import NodeType
from shared.contracts.credential import Credential
from shared.contracts.events import NodeReady
from shared.contracts.value import from_json
from shared.credentials import CredentialData, Opened, RegisteredType
from shared.ids import now_ms
from shared.nodes import NodeFailed
from shared.patience import patiently
from shared.storage.credentials import Credentials, CredentialStates, data_context
from shared.telemetry import logger

USED_EVERY_MS = 60_000
"""How often it is stored that a credential is in use."""


class Keyring:
    """What the vault opens, by id. The gateway has checked the graph; this checks the use: neither another
    workspace's credential nor one that is not shared with the workflow is ever opened."""

    def __init__(
        self,
        vault: Vault | None,
        types: Mapping[str, RegisteredType],
        credentials: Credentials,
        states: CredentialStates,
        tokens: Tokens | None,
    ) -> None:
        self._vault = vault
        self._types = types
        self._credentials = credentials
        self._states = states
        self._tokens = tokens
        self._used: dict[str, int] = {}
        self._noting: set[asyncio.Task[None]] = set()

    async def for_node(self, ready: NodeReady, credential_id: str, node_type: NodeType) -> Opened:
        """For one attempt; raises NodeFailed, saying why not."""
        found = await patiently(
            lambda: self._credentials.get(ready.workspace_id, credential_id), "credential"
        )
        if found is None:
            raise NodeFailed(
                "unknown_credential", f"this workspace has no credential {credential_id[:100]!r}"
            )
        if not found.usable_in(ready.workflow_id):
            said = f"credential {found.name!r} is not shared with workflow {ready.workflow_id}"
            raise NodeFailed("unshared_credential", said)
        if found.type not in node_type.credential_types:
            said = f"{node_type.type} has no use for a credential of type {found.type}"
            raise NodeFailed("wrong_credential", said)
        opened = await self.opened(found)
        self._note_use(found)
        return opened

    async def opened(self, credential: Credential) -> Opened:
        """With a token, if it connects; raises NodeFailed."""
        data = self.data(credential)
        opened = Opened(credential.id, credential.type, credential.data_rev, data)
        if isinstance(data, OAuth2) and self._tokens:
            opened.renewal = partial(self._tokens.current, credential, data)
            opened.tokens.append(await opened.renewal(""))
        return opened

    def data(self, credential: Credential) -> CredentialData:
        """What is sealed in it; raises NodeFailed."""
        if self._vault is None:
            raise NodeFailed("no_vault", "the connectors were started without WEFT_VAULT_KEYS")
        if (registered := self._types.get(credential.type)) is None:
            raise NodeFailed("wrong_credential", f"no connector knows the type {credential.type}")
        try:
            text = self._vault.open(credential.sealed, data_context(credential)).decode()
            return registered.model.model_validate(from_json(text))
        except CannotOpen as error:
            said = f"credential {credential.name!r} cannot be opened: {error}; replace its data"
            raise NodeFailed("broken_credential", said) from None
        except ValueError:
            said = f"credential {credential.name!r} no longer fits its type; replace its data"
            raise NodeFailed("broken_credential", said) from None

    async def drain(self) -> None:
        """Wait for what is being written."""
        while self._noting:
            await asyncio.wait(self._noting)
        if self._tokens:
            await self._tokens.drain()

    def _note_use(self, credential: Credential) -> None:
        now = now_ms()
        if now - self._used.get(credential.id, 0) < USED_EVERY_MS:
            return
        if len(self._used) > 10_000:
            self._used.clear()
        self._used[credential.id] = now
        noting = asyncio.create_task(self._noted(credential, now))
        self._noting.add(noting)
        noting.add_done_callback(self._noting.discard)

    async def _noted(self, credential: Credential, now: int) -> None:
        """Shown, never relied upon: who is faster may win."""
        try:
            state = await self._states.of(credential)
            used = {"used_at": max(now, state.used_at or 0), "rev": state.rev + 1}
            await self._states.save(state.model_copy(update=used))
        except Exception as error:
            logger.info("credential.use_unnoted", error=f"{type(error).__name__}: {error}"[:300])
