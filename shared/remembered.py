"""Answers that nodes with a `cache_ttl_s` give again without being run. Trouble with the store is a miss."""

import asyncio
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from shared.contracts.base import Json
from shared.contracts.catalog import NodeType
from shared.contracts.value import Value, to_json
from shared.expressions.fields import PER_ITEM_ROOTS, per_item_templates
from shared.ids import now_ms
from shared.storage.cache import Cache, Kept
from shared.storage.payloads import Payloads
from shared.telemetry import logger

PATIENCE_S = 2.0
LONGEST_S = 10 * 365 * 86_400.0


class Remembered:
    """What was answered before, in the store."""

    def __init__(self, cache: Cache, payloads: Payloads) -> None:
        self._cache = cache
        self._payloads = payloads

    async def find(self, key: str, workspace_id: str) -> tuple[str, Json] | None:
        """The port and output kept under a key."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                kept = await self._cache.find(key, workspace_id, now_ms())
                return None if kept is None else (kept.port, await self._payloads.text(kept.output))
        except Exception as error:
            logger.warning("cache.unread", error=f"{type(error).__name__}: {error}"[:300])
            return None

    async def keep(self, key: str, workspace_id: str, port: str, output: Value, ttl_s: float) -> None:
        """Keep an answer for `ttl_s` seconds."""
        expires_at = now_ms() + int(min(ttl_s, LONGEST_S) * 1000)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._cache.keep(key, workspace_id, Kept(port, output, expires_at))
        except Exception as error:
            logger.warning("cache.unwritten", error=f"{type(error).__name__}: {error}"[:300])


def key_of(
    workspace_id: str,
    node_type: NodeType,
    config: Mapping[str, Any],
    bindings: Mapping[str, Any],
    credential: str = "",
) -> str:
    """A digest of all that a node's answer depends on: its type as it is today, its config with the
    expressions evaluated, whatever those that are evaluated per item name, and which credential it has, in
    which revision.

    The order of keys counts: a table's columns, for one, follow it."""
    parts = [
        workspace_id,
        node_type.model_dump_json(),
        to_json(config),
        to_json(_named_per_item(node_type, config, bindings)),
        *([credential] if credential else []),
    ]
    digest = sha256()
    for part in parts:
        digest.update(sha256(part.encode()).digest())
    return digest.hexdigest()


def _named_per_item(
    node_type: NodeType, config: Mapping[str, Any], bindings: Mapping[str, Any]
) -> dict[str, Any]:
    """The values of the names in per-item expressions, those of every node for one that may name any."""
    templates = [template for _, template in per_item_templates(config, node_type.per_item)]
    found = [expression for template in templates for expression in template.expressions]
    roots = {root for each in found for root in each.roots} - PER_ITEM_ROOTS
    named = {root: bindings.get(root) for root in sorted(roots - {"nodes"})}
    nodes: Mapping[str, Any] = bindings.get("nodes", {})
    if any(each.references is None for each in found):
        return {**named, "nodes": dict(nodes)}
    references = {reference for each in found for reference in each.references or ()}
    return {**named, "nodes": {node_id: nodes.get(node_id) for node_id in sorted(references)}}
