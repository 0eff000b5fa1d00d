"""`alert_states`: the last alert of each rule and workflow. Who replaces it has fired, and nobody else."""

from typing import Literal

from shared.contracts.alert import Alert
from shared.contracts.base import Contract, Millis
from shared.storage.mongo import Document, Store


class AlertState(Contract):
    """The `last` alert and the occasion (`key`) it was for. It is `told` once it is among the alerts and on
    its way to its channels; before that it must not be replaced by another."""

    id: str
    workspace_id: str
    rule_id: str
    rev: int
    key: str
    fired_at: Millis
    told: Literal["no", "yes"] = "no"
    last: Alert


class AlertStates:
    """The states, each replaced by who has read it."""

    def __init__(self, store: Store) -> None:
        self._collection = store["alert_states"]

    async def get(self, state_id: str) -> AlertState | None:
        """None when the rule has not fired yet."""
        found = await self._collection.find_one({"_id": state_id})
        return _state(found) if found else None

    async def untold(self, limit: int) -> list[AlertState]:
        """Those whose last alert may be known to nobody yet: a planner has died, or is at it."""
        return [_state(each) for each in await self._collection.find({"told": "no"}, limit=limit)]

    async def save(self, state: AlertState, *, over: AlertState | None) -> bool:
        """Replace what was read as `over`; False when somebody else was faster."""
        document = {"_id": state.id, **state.model_dump(exclude={"id"})}
        if over is None:
            return await self._collection.insert_one(document)
        return await self._collection.replace_one({"_id": over.id, "rev": over.rev}, document)

    async def forget(self, rule_id: str) -> None:
        """The rule is gone."""
        await self._collection.delete({"rule_id": rule_id})


def _state(document: Document) -> AlertState:
    return AlertState.model_validate({"id": document.pop("_id"), **document})
