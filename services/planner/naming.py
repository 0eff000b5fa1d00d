"""The workspace's variables that nodes name, as they are when the nodes are sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.batcher import Batcher
from shared.contracts.variable import Variable
from shared.contracts.version import FrozenNode
from shared.storage.variables import Variables


@dataclass(frozen=True)
class Named:
    """Plain values as JSON texts, and secret ones as they are sealed, both by name."""

    plain: Mapping[str, str] = field(default_factory=dict[str, str])
    secret: Mapping[str, str] = field(default_factory=dict[str, str])


NOTHING = Named()
Wish = tuple[str, frozenset[str], bool]
"""A workspace, the names that are wanted of it, and whether all that are plain are wanted as well."""


class Naming:
    """Reads variables in natural batches: one query for all nodes that are sent at once. Nothing is
    remembered, so that a change counts for every node sent after it was acknowledged."""

    def __init__(self, variables: Variables) -> None:
        self._variables = variables
        self._reads: Batcher[Wish, Named] = Batcher(self._read)

    async def of(self, workspace_id: str, nodes: Sequence[FrozenNode]) -> Named:
        """What these nodes name; what there is not is left out."""
        naming = [each for each in nodes if "vars" in each.roots]
        names = frozenset(name for each in naming for name in each.variables or ())
        every = any(each.variables is None for each in naming)
        return await self._reads.add((workspace_id, names, every)) if names or every else NOTHING

    async def one(self, workspace_id: str, name: str) -> str | None:
        """A plain variable's JSON text."""
        return (await self._reads.add((workspace_id, frozenset((name,)), False))).plain.get(name)

    async def _read(self, wishes: list[Wish]) -> Sequence[Named]:
        found = await self._variables.named({(where, name) for where, names, _ in wishes for name in names})
        every = await self._variables.plain({where for where, _, every in wishes if every})
        return [_of(wish, found, every) for wish in wishes]


def _of(wish: Wish, found: Mapping[tuple[str, str], Variable], every: Sequence[Variable]) -> Named:
    where, names, wants_all = wish
    mine = [each for each in every if each.workspace_id == where] if wants_all else []
    mine += [found[where, name] for name in names if (where, name) in found]
    plain = {each.name: each.value for each in mine if not each.secret}
    return Named(plain, {each.name: each.value for each in mine if each.secret})
