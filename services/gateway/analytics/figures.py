"""Figures read for one caller: of one workspace, and of the workflows that they may know of."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from services.gateway.analytics.asked import Period
from services.gateway.identity.rights import Access
from shared.analytics.adding import add_runs, errors_by_code, nodes_by_type, runs_by_workflow
from shared.contracts.base import Millis
from shared.contracts.figures import ErrorFigures, NodeFigures, RunFigures
from shared.storage.rollups import RollUps

F = TypeVar("F", RunFigures, NodeFigures, ErrorFigures)


@dataclass(frozen=True)
class Figures:
    """Roll-ups are read a page at a time, and added up as they come."""

    rollups: RollUps
    access: Access
    workflow_id: str | None

    async def total(self, period: Period) -> RunFigures:
        """All runs of the period."""
        return add_runs(list((await self.by_hour(period)).values()))

    async def by_hour(self, period: Period) -> dict[Millis, RunFigures]:
        """The runs of each hour that has some."""
        found: dict[Millis, RunFigures] = {}
        async for page in self.rollups.between(self.access.workspace_id, period.first, period.end, "runs"):
            for rollup in page:
                if runs := self._seen(rollup.runs):
                    found[rollup.hour] = add_runs(runs)
        return found

    async def by_workflow(self, period: Period) -> list[RunFigures]:
        """The runs of each workflow."""
        found: list[RunFigures] = []
        async for page in self.rollups.between(self.access.workspace_id, period.first, period.end, "runs"):
            found = runs_by_workflow([*found, *self._seen(each for rollup in page for each in rollup.runs)])
        return found

    async def by_node_type(self, period: Period) -> list[NodeFigures]:
        """The nodes of each type."""
        found: list[NodeFigures] = []
        async for page in self.rollups.between(self.access.workspace_id, period.first, period.end, "nodes"):
            found = nodes_by_type([*found, *self._seen(each for rollup in page for each in rollup.nodes)])
        return found

    async def by_code(self, period: Period) -> list[ErrorFigures]:
        """The failed runs by their codes."""
        found: list[ErrorFigures] = []
        async for page in self.rollups.between(self.access.workspace_id, period.first, period.end, "errors"):
            found = errors_by_code([*found, *self._seen(each for rollup in page for each in rollup.errors)])
        return found

    def _seen(self, figures: Iterable[F]) -> list[F]:
        """Those that were asked for and are not hidden from the caller."""
        return [
            each
            for each in figures
            if self.workflow_id in (None, each.workflow_id)
            and self.access.may("analytics:read", each.workflow_id or None)
        ]
