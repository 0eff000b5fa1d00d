"""What a draft may still lack."""

from typing import Any

import pytest

from services.gateway.drafts import Drafts
from services.gateway.errors import Refused
from shared.contracts.catalog import NodeType

SCHEMA = {"type": "object", "properties": {"values": {"type": "object"}}, "required": ["values"]}
SET = NodeType(
    type="set", title="Set", description="", category="data", pool="core", config_schema=SCHEMA
)  # fmt: skip
TYPES = {
    "set": SET,
    "mail": SET.model_copy(update={"type": "mail", "credential_type": "smtp", "config_schema": {}}),
    "each": SET.model_copy(update={"type": "each", "bodies": ["graph"], "config_schema": {}}),
    "workflow.run": SET.model_copy(update={"type": "workflow.run", "config_schema": {}}),
}


class Shelf:
    """A catalog that learns of a type when it is read again."""

    def __init__(self) -> None:
        self.types: dict[str, NodeType] = {}

    async def current(self) -> dict[str, NodeType]:
        """What is known."""
        return self.types

    def outdated(self) -> None:
        """Read again."""
        self.types = TYPES


def drafts(max_nodes: int = 100) -> Drafts:
    """With a catalog that has missed an announcement."""
    return Drafts(Shelf(), max_nodes)  # type: ignore[arg-type]


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


@pytest.mark.parametrize(
    ("graph", "savable"),
    [
        ({"nodes": []}, True),
        ({"nodes": [{"id": "a", "type": "set"}]}, True),
        ({"nodes": [{"id": "a", "type": "mail"}]}, True),
        ({"nodes": [{"id": "a", "type": "each", "config": {"graph": {"nodes": []}}}]}, True),
        ({"nodes": [{"id": "a", "type": "each", "config": {"graph": {"nodes": [{"id": "b"}]}}}]}, False),
        ({"nodes": [{"id": "a", "type": "set", "config": {"values": {"x": "{{ nodes.z }}"}}}]}, False),
        ({"nodes": [{"id": "a"}]}, False),
        ({"edges": []}, False),
    ],
)
async def test_a_draft_may_be_unfinished_but_not_malformed(graph: dict[str, Any], savable: bool) -> None:
    if savable:
        assert (await drafts().savable(graph)).problems
    else:
        with pytest.raises(Refused):
            await drafts().savable(graph)


async def test_a_dry_run_needs_no_credentials() -> None:
    graph = {"nodes": [{"id": "a", "type": "mail"}]}
    with pytest.raises(Refused, match="needs a credential of type `smtp`"):
        await drafts().frozen(graph)
    assert (await drafts().frozen(graph, dry=True))["a"].pool == "core"


async def test_a_workflow_that_runs_itself_is_neither_saved_nor_published() -> None:
    graph = {"nodes": [{"id": "a", "type": "workflow.run", "config": {"workflow_id": "wf_1"}}]}
    assert await drafts().frozen(graph, workflow_id="wf_2")
    with pytest.raises(Refused, match="cannot run itself"):
        await drafts().savable(graph, workflow_id="wf_1")
    with pytest.raises(Refused, match="cannot run itself"):
        await drafts().frozen(graph, workflow_id="wf_1")
