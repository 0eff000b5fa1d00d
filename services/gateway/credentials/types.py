"""The types of credential as the gateway sees them: read from the store, kept fresh by announcements."""

from collections.abc import Mapping, Sequence
from time import monotonic

from shared.contracts.credential import CredentialType
from shared.storage.credential_types import CredentialTypes

MAX_AGE_S = 30


class KnownTypes:
    """Types by name."""

    def __init__(self, store: CredentialTypes) -> None:
        self._store = store
        self._types: dict[str, CredentialType] = {}
        self._read_at: float | None = None

    async def current(self) -> Mapping[str, CredentialType]:
        """All types; read again when that is long ago, or none were found."""
        if not self._types or self._read_at is None or monotonic() - self._read_at > MAX_AGE_S:
            self._types = await self._store.all()
            self._read_at = monotonic()
        return self._types

    def announced(self, types: Sequence[CredentialType]) -> None:
        """Take over what connectors say of theirs."""
        self._types = {**self._types, **{each.type: each for each in types}}
