"""Graphs under check: what may be kept as a draft, and what may be published or run."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from services.gateway.catalog import Catalog
from services.gateway.errors import Fault, refusal
from shared.check import Checked, Problem, check, count_nodes, freeze
from shared.contracts.catalog import NodeType
from shared.contracts.graph import Graph
from shared.contracts.version import FrozenNode
from shared.storage.variables import Variables

AT_ONCE = 50
"""Larger graphs are checked in a thread, so that nobody else waits for it."""
CREDENTIALS = frozenset({"missing_credential", "unknown_credential", "wrong_credential"})


class Drafts:
    """Checks graphs against the catalog of the moment."""

    def __init__(self, catalog: Catalog, variables: Variables, max_nodes: int) -> None:
        self._catalog = catalog
        self._variables = variables
        self._max_nodes = max_nodes

    async def checked(
        self, workspace_id: str, graph: dict[str, Any], *, workflow_id: str | None = None
    ) -> Checked:
        """All problems and warnings. An unknown type is looked for in the store before it is called so."""
        checked = await self._check(workspace_id, graph, workflow_id)
        if any(each.code == "unknown_type" for each in checked.problems):
            self._catalog.outdated()
            checked = await self._check(workspace_id, graph, workflow_id)
        return checked

    async def savable(
        self, workspace_id: str, graph: dict[str, Any], *, workflow_id: str | None = None
    ) -> Checked:
        """What a draft still lacks: config, credentials, any node at all. Raises Refused (`invalid_graph`)
        for all else: shape, edges, circles, expressions."""
        checked = await self.checked(workspace_id, graph, workflow_id=workflow_id)
        if not all(problem.lacking for problem in checked.problems):
            raise refusal("invalid_graph", told(checked.problems))
        return checked

    async def frozen(
        self, workspace_id: str, graph: dict[str, Any], *, workflow_id: str | None = None, dry: bool = False
    ) -> dict[str, FrozenNode]:
        """What the planner must know of each node; raises Refused (`invalid_graph`) unless all is well. A
        `dry` run needs no credentials."""
        checked = await self.checked(workspace_id, graph, workflow_id=workflow_id)
        problems = [each for each in checked.problems if not (dry and each.code in CREDENTIALS)]
        if problems:
            raise refusal("invalid_graph", told(problems))
        types: dict[str, NodeType] = await self._catalog.current()
        return freeze(Graph.model_validate(graph), types)

    async def _check(self, workspace_id: str, graph: dict[str, Any], workflow_id: str | None) -> Checked:
        types = await self._catalog.current()
        checked = partial(
            check,
            graph,
            types,
            max_nodes=self._max_nodes,
            workflow_id=workflow_id,
            variables=await self._known(workspace_id, graph),
        )
        return await asyncio.to_thread(checked) if count_nodes(graph, types)[0] > AT_ONCE else checked()

    async def _known(self, workspace_id: str, graph: dict[str, Any]) -> dict[str, bool]:
        """The workspace's variables, each with whether it is secret; empty where none is named."""
        if "vars" not in str(graph):
            return {}
        every, secret = await asyncio.gather(
            self._variables.names(workspace_id, 0), self._variables.names(workspace_id, 0, secret=True)
        )
        return {name: name in secret for name in every}


def told(problems: Sequence[Problem]) -> list[Fault]:
    """Problems as callers see them; `offset` says where in an expression's string."""
    return [
        {"path": each.path, "code": each.code, "message": each.message}
        | ({} if each.offset is None else {"offset": each.offset})
        for each in problems
    ]
