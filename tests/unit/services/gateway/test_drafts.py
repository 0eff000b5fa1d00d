"""What a draft may still lack."""

import pytest

from services.gateway.drafts import Drafts, unfinished
from services.gateway.errors import Refused
from shared.check import Problem
from shared.contracts.catalog import NodeType

SET = NodeType(
    type="set", title="Set", description="", category="data", pool="core",
    config_schema={"type": "object", "properties": {"values": {"type": "object"}}, "required": ["values"]},
)  # fmt: skip


class Shelf:
    """A catalog that learns of a type when it is read again."""

    def __init__(self) -> None:
        self.types: dict[str, NodeType] = {}

    async def current(self) -> dict[str, NodeType]:
        """What is known."""
        return self.types

    def outdated(self) -> None:
        """Read again."""
        self.types = {"set": SET}


def drafts(max_nodes: int = 100) -> Drafts:
    """With a catalog that has missed an announcement."""
    return Drafts(Shelf(), max_nodes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("problem", "allowed"),
    [
        (Problem("nodes[0].config.values", "required", ""), True),
        (Problem("nodes[12].config.url", "invalid", ""), True),
        (Problem("nodes", "empty", ""), True),
        (Problem("nodes[0].config.x", "unknown_key", ""), False),
        (Problem("nodes[0].id", "invalid", ""), False),
        (Problem("nodes[0].type", "required", ""), False),
        (Problem("edges[0]", "cycle", ""), False),
        (Problem("nodes[0].config.url", "unknown_node", ""), False),
    ],
)
def test_a_draft_may_lack_config_and_nothing_else(problem: Problem, allowed: bool) -> None:
    assert unfinished(problem) == allowed


async def test_an_unknown_type_is_looked_up_once_more() -> None:
    frozen = await drafts().frozen({"nodes": [{"id": "a", "type": "set", "config": {"values": {}}}]})
    assert frozen["a"].pool == "core"


async def test_incomplete_is_savable_but_cannot_be_frozen() -> None:
    graph = {"nodes": [{"id": "a", "type": "set"}]}
    assert (await drafts().savable(graph)).problems
    with pytest.raises(Refused) as refused:
        await drafts().frozen(graph)
    assert refused.value.errors[0]["path"] == "nodes[0].config.values"


async def test_large_graphs_are_checked_too() -> None:
    nodes = [{"id": f"n{number}", "type": "set", "config": {"values": {}}} for number in range(60)]
    assert not (await drafts().checked({"nodes": nodes})).problems
    with pytest.raises(Refused, match="60 nodes"):
        await drafts(max_nodes=59).savable({"nodes": nodes})
