"""Versions that runs pin: immutable, so remembered once seen."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from services.gateway.catalog import Catalog
from services.gateway.drafts import NONE_GIVEN, Drafts, Given
from services.gateway.errors import Refused
from services.gateway.mocking import Dry, mocked
from shared.contracts.base import Millis
from shared.contracts.graph import Graph
from shared.contracts.version import FrozenNode, PinnedGraph, Version, body_path
from shared.ids import now_ms
from shared.recent import Recent
from shared.storage.versions import Versions

REMEMBERED = 500
SAID_AGAIN_MS = 43_200_000
"""How often it is stored that an ad hoc version is still in use."""


@dataclass(frozen=True)
class Pinned:
    """What the gateway needs of a version: its id, where it comes from, and the ids of its nodes in order."""

    id: str
    workspace_id: str
    workflow_id: str | None
    number: int | None
    node_ids: tuple[str, ...]


class PinnedVersions:
    """Finds versions, and makes those of ad hoc graphs."""

    def __init__(self, versions: Versions, drafts: Drafts, catalog: Catalog) -> None:
        self._versions = versions
        self._drafts = drafts
        self._catalog = catalog
        self._known: Recent[str, Pinned] = Recent(REMEMBERED)
        self._ad_hoc: Recent[tuple[str, bytes], tuple[Pinned, Millis]] = Recent(REMEMBERED)

    async def get(self, workspace_id: str, version_id: str) -> Pinned | None:
        """A version of this workspace, or a container's body in one."""
        known = self._known.get(version_id)
        if known is None:
            stored, inner = body_path(version_id)
            version = await self._versions.get(workspace_id, stored)
            if version is None:
                return None
            known = self._remember_body(version, version_id) if inner else self.remember(version)
        return known if known.workspace_id == workspace_id else None

    async def graph(self, workspace_id: str, version_id: str) -> PinnedGraph:
        """The whole graph of a version of this workspace, or of a container's body in one; raises Refused
        (`not_found`). Read and parsed each time: this is for what happens rarely."""
        stored, _ = body_path(version_id)
        version = await self._versions.get(workspace_id, stored)
        if version is None:
            raise Refused("not_found", f"Version {stored!r} is gone")
        return _graph_of(version, version_id)

    async def ad_hoc(
        self,
        workspace_id: str,
        graph: dict[str, Any],
        dry: Dry | None = None,
        *,
        workflow_id: str | None = None,
        given: Given = NONE_GIVEN,
    ) -> Pinned:
        """The version of a graph without a workflow, stored when it is new. Its id follows from the graph and
        from what the catalog says of it now, and its mocks. Raises Refused (`invalid_graph`, and what
        `mocked` refuses)."""
        text = orjson.dumps(graph, option=orjson.OPT_SORT_KEYS)
        asked = orjson.dumps(
            [dry, given.types, sorted(given.unshared), given.variables], option=orjson.OPT_SORT_KEYS
        )
        key = (self._catalog.generation, sha256(b"\n".join((workspace_id.encode(), text, asked))).digest())
        now = now_ms()
        if (recent := self._ad_hoc.get(key)) and now - recent[1] < SAID_AGAIN_MS:
            return recent[0]
        frozen = await self._drafts.frozen(graph, workflow_id=workflow_id, dry=dry is not None, given=given)
        if dry:
            frozen = mocked(Graph.model_validate(graph), frozen, dry)
        version = Version(
            id=f"adhoc:{_digest(workspace_id, text, frozen)}",
            workspace_id=workspace_id,
            workflow_id=None,
            number=None,
            graph=orjson.dumps(graph).decode(),
            frozen=frozen,
            created_at=now,
        )
        await self._versions.use(version, now)
        known = self.remember(version)
        self._ad_hoc.put((self._catalog.generation, key[1]), (known, now))
        return known

    def remember(self, version: Version) -> Pinned:
        """Keep what is needed of a version."""
        known = Pinned(
            version.id,
            version.workspace_id,
            version.workflow_id,
            version.number,
            tuple(node["id"] for node in orjson.loads(version.graph)["nodes"]),
        )
        self._known.put(version.id, known)
        return known

    def _remember_body(self, version: Version, body: str) -> Pinned:
        nodes = tuple(_graph_of(version, body).nodes)
        known = Pinned(body, version.workspace_id, version.workflow_id, version.number, nodes)
        self._known.put(body, known)
        return known


def _graph_of(version: Version, version_id: str) -> PinnedGraph:
    """The graph of the version, or of the body in it that the id leads to."""
    graph = PinnedGraph.of(version)
    for node_id, field in body_path(version_id)[1]:
        graph = graph.body(node_id, field)
    return graph


def version_id(workflow_id: str, number: int) -> str:
    """The id of a published version."""
    return f"{workflow_id}:{number}"


def _digest(workspace_id: str, graph: bytes, frozen: dict[str, FrozenNode]) -> str:
    dumped = {node_id: node.model_dump() for node_id, node in frozen.items()}
    said = orjson.dumps(dumped, option=orjson.OPT_SORT_KEYS)
    return sha256(b"\n".join((workspace_id.encode(), graph, said))).hexdigest()
