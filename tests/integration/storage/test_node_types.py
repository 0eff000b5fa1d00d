"""`node_types`: the catalog as last announced."""

from shared.contracts.catalog import NodeType, SideEffectsBy
from shared.storage.mongo import Store
from shared.storage.node_types import NodeTypes

SCHEMA = {"$defs": {"a.b": {"type": "object"}}, "properties": {"x": {"$ref": "#/$defs/a.b"}}, "maximum": 1.0}


def node_type(name: str, title: str = "Title") -> NodeType:
    return NodeType(
        type=name,
        title=title,
        description="Does it",
        category="test",
        pool="core",
        side_effects=SideEffectsBy(field="method", cases={"GET": "repeatable"}),
        config_schema=SCHEMA,
    )


async def test_the_catalog_comes_back_as_it_was_announced(store: Store) -> None:
    node_types = NodeTypes(store)
    assert await node_types.all() == {}
    announced = {name: node_type(name) for name in ("set", "json.parse", "http.request")}
    await node_types.put(list(announced.values()))
    assert await node_types.all() == announced


async def test_a_type_announced_anew_takes_the_place_of_the_old(store: Store) -> None:
    node_types = NodeTypes(store)
    await node_types.put([node_type("set"), node_type("sort")])
    await node_types.put([node_type("set", "Newer")])
    assert {name: each.title for name, each in (await node_types.all()).items()} == {
        "set": "Newer", "sort": "Title",
    }  # fmt: skip
