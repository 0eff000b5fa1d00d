"""`alert_rules`: when whom to tell. The gateway writes them."""

from collections.abc import Collection

from shared.contracts.alert import AlertRule, ConditionKind
from shared.storage.mongo import Document, Store


class AlertRules:
    """The rules, found by workspace, and by kind for those that look at the clock."""

    def __init__(self, store: Store) -> None:
        self._collection = store["alert_rules"]

    async def insert(self, rule: AlertRule) -> bool:
        """False when a rule with this id is there already."""
        return await self._collection.insert_one(_document(rule))

    async def get(self, workspace_id: str, rule_id: str) -> AlertRule | None:
        """A rule of this workspace."""
        found = await self._collection.find_one({"_id": rule_id, "workspace_id": workspace_id})
        return _rule(found) if found else None

    async def page(self, workspace_id: str, *, before: str | None, limit: int) -> list[AlertRule]:
        """The newest first; `before` is the last id of the page before."""
        query: Document = {"workspace_id": workspace_id}
        if before:
            query["_id"] = {"$lt": before}
        found = await self._collection.find(query, sort="_id", descending=True, limit=limit)
        return [_rule(each) for each in found]

    async def of(self, workspace_ids: Collection[str]) -> list[AlertRule]:
        """All of these workspaces."""
        found = await self._collection.find({"workspace_id": {"$in": list(workspace_ids)}})
        return [_rule(each) for each in found]

    async def of_kinds(self, kinds: Collection[ConditionKind]) -> list[AlertRule]:
        """All of these kinds, in every workspace."""
        found = await self._collection.find({"kind": {"$in": list(kinds)}})
        return [_rule(each) for each in found]

    async def save(self, rule: AlertRule, *, over: AlertRule) -> bool:
        """Replace what was read as `over`; False when it has changed since."""
        return await self._collection.replace_one({"_id": over.id, "rev": over.rev}, _document(rule))

    async def delete(self, workspace_id: str, rule_id: str) -> bool:
        """False when there is none."""
        return await self._collection.delete({"_id": rule_id, "workspace_id": workspace_id}) == 1


def _document(rule: AlertRule) -> Document:
    return {"_id": rule.id, **rule.model_dump(exclude={"id"}), "kind": rule.condition.kind}


def _rule(document: Document) -> AlertRule:
    found = {name: value for name, value in document.items() if name not in ("_id", "kind")}
    return AlertRule.model_validate({"id": document["_id"], **found})
