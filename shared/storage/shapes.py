"""How documents of earlier releases are read: each collection's upgrades, one a change of shape.

`schema` in a document numbers its shape; one without it has the first. An upgrade is applied when a document
is read and stays once it is written again, so that a release needs no migration before it starts."""

from collections.abc import Callable, Sequence
from typing import Any

Document = dict[str, Any]
Upgrade = Callable[[Document], Document]

FIELD = "schema"
UPGRADES: dict[str, Sequence[Upgrade]] = {}
"""By collection: what makes shape 2 of shape 1, then shape 3 of shape 2. Add to the end, change nothing."""


class NewerShape(Exception):
    """A document that a later release has written; only that one can read it."""


class Shape:
    """The shape that this release gives to the documents of one collection."""

    def __init__(self, collection: str, upgrades: Sequence[Upgrade] | None = None) -> None:
        self._collection = collection
        self._upgrades = UPGRADES.get(collection, ()) if upgrades is None else upgrades
        self.number = 1 + len(self._upgrades)

    def read(self, document: Document) -> Document:
        """The document in today's shape; raises NewerShape."""
        found = document.pop(FIELD, 1)
        if found > self.number:
            raise NewerShape(
                f"{self._collection} {document['_id']!r} has shape {found}, and this release knows shapes up "
                f"to {self.number}: update this service"
            )
        for upgrade in self._upgrades[found - 1 :]:
            document = upgrade(document)
        return document

    def written(self, document: Document) -> Document:
        """The document with the number of its shape, unless that is the first."""
        return document if self.number == 1 else {**document, FIELD: self.number}
