"""Graphs under check: what may be kept as a draft, and what may be published or run."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from services.gateway.catalog import Catalog
from services.gateway.errors import Fault, refusal
from shared.check import Checked, Problem, check, count_nodes, freeze
from shared.contracts.catalog import NodeType
from shared.contracts.graph import Graph
from shared.contracts.version import FrozenNode

AT_ONCE = 50
"""Larger graphs are checked in a thread, so that nobody else waits for it."""
CREDENTIALS = frozenset(
    {"missing_credential", "unknown_credential", "wrong_credential", "unshared_credential"}
)


@dataclass(frozen=True)
class Given:
    """The credentials that a graph names: the types of those there are, by id, and those that its author may
    not use in it. And the workspace's variables, each with whether it is secret, if it may name any."""

    types: Mapping[str, str] = field(default_factory=dict[str, str])
    unshared: frozenset[str] = frozenset()
    variables: Mapping[str, bool] | None = None


NONE_GIVEN = Given()


class Drafts:
    """Checks graphs against the catalog of the moment."""

    def __init__(self, catalog: Catalog, max_nodes: int) -> None:
        self._catalog = catalog
        self._max_nodes = max_nodes

    async def checked(
        self, graph: dict[str, Any], *, workflow_id: str | None = None, given: Given = NONE_GIVEN
    ) -> Checked:
        """All problems and warnings. An unknown type is looked for in the store before it is called so."""
        checked = await self._check(graph, workflow_id, given)
        if any(each.code == "unknown_type" for each in checked.problems):
            self._catalog.outdated()
            checked = await self._check(graph, workflow_id, given)
        return checked

    async def savable(
        self, graph: dict[str, Any], *, workflow_id: str | None = None, given: Given = NONE_GIVEN
    ) -> Checked:
        """What a draft still lacks: config, credentials, any node at all. Raises Refused (`invalid_graph`)
        for all else: shape, edges, circles, expressions."""
        checked = await self.checked(graph, workflow_id=workflow_id, given=given)
        if not all(problem.lacking for problem in checked.problems):
            raise refusal("invalid_graph", told(checked.problems))
        return checked

    async def frozen(
        self,
        graph: dict[str, Any],
        *,
        workflow_id: str | None = None,
        dry: bool = False,
        given: Given = NONE_GIVEN,
    ) -> dict[str, FrozenNode]:
        """What the planner must know of each node; raises Refused (`invalid_graph`) unless all is well. A
        `dry` run needs no credentials."""
        checked = await self.checked(graph, workflow_id=workflow_id, given=given)
        problems = [each for each in checked.problems if not (dry and each.code in CREDENTIALS)]
        if problems:
            raise refusal("invalid_graph", told(problems))
        types: dict[str, NodeType] = await self._catalog.current()
        return freeze(Graph.model_validate(graph), types)

    async def _check(self, graph: dict[str, Any], workflow_id: str | None, given: Given) -> Checked:
        types = await self._catalog.current()
        checked = partial(
            check, graph, types, max_nodes=self._max_nodes, workflow_id=workflow_id, credentials=given.types,
            unshared=given.unshared, variables=given.variables,
        )  # fmt: skip
        return await asyncio.to_thread(checked) if count_nodes(graph, types)[0] > AT_ONCE else checked()


def told(problems: Sequence[Problem]) -> list[Fault]:
    """Problems as callers see them; `offset` says where in an expression's string."""
    return [
        {"path": each.path, "code": each.code, "message": each.message}
        | ({} if each.offset is None else {"offset": each.offset})
        for each in problems
    ]
