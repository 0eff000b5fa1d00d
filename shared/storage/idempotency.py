"""`idempotency`: the run a caller's key stands for; `_id` is `<workspace>:<key>`, written before the run."""

from dataclasses import dataclass

from shared.contracts.base import Millis
from shared.storage.mongo import Document, Store


@dataclass(frozen=True)
class Reservation:
    """The run a key stands for, and the SHA-256 of the request that came with it first."""

    run_id: str
    fingerprint: str


class Idempotency:
    """Keys of all workspaces; the first request with a key decides what it stands for."""

    def __init__(self, store: Store) -> None:
        self._collection = store["idempotency"]

    async def find(self, workspace_id: str, key: str) -> Reservation | None:
        """What the key stands for, if it was used before."""
        document = await self._collection.find_one({"_id": f"{workspace_id}:{key}"})
        return _reservation(document) if document else None

    async def reserve(
        self, workspace_id: str, key: str, wanted: Reservation, *, created_at: Millis
    ) -> Reservation:
        """What the key stands for from now on: `wanted`, or what another request wanted a moment earlier."""
        document: Document = {
            "_id": f"{workspace_id}:{key}",
            "run_id": wanted.run_id,
            "fingerprint": wanted.fingerprint,
            "created_at": created_at,
        }
        if await self._collection.insert_one(document):
            return wanted
        return await self.find(workspace_id, key) or wanted


def _reservation(document: Document) -> Reservation:
    return Reservation(document["run_id"], document["fingerprint"])
