from typing import Any

import pytest

from tests.contract.nodes import Nodes

PEOPLE = [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bo"}, {"id": None, "name": "Nobody"}]
ORDERS = [
    {"id": 2, "sum": 20},
    {"id": 1.0, "sum": 10},
    {"id": 2, "sum": 21},
    {"id": 9, "sum": 90},
    {"id": None},
]

MATCHED = [
    {"id": 1.0, "name": "Ann", "sum": 10},
    {"id": 2, "name": "Bo", "sum": 20},
    {"id": 2, "name": "Bo", "sum": 21},
]
ONLY_LEFT = [{"id": None, "name": "Nobody"}]
ONLY_RIGHT = [{"id": 9, "sum": 90}, {"id": None}]


async def test_one_list_after_the_other(nodes: Nodes) -> None:
    assert await nodes.output("merge", {"left": [1, "a"], "right": [{"b": 2}, 1]}) == [1, "a", {"b": 2}, 1]


@pytest.mark.parametrize(
    ("how", "output"),
    [
        ("inner", MATCHED),
        ("left", MATCHED + ONLY_LEFT),
        ("right", MATCHED + ONLY_RIGHT),
        ("outer", MATCHED + ONLY_LEFT + ONLY_RIGHT),
    ],
)
async def test_partners_by_key(nodes: Nodes, how: str, output: list[Any]) -> None:
    config = {"left": PEOPLE, "right": ORDERS, "mode": "key", "left_key": "item.id", "how": how}
    assert await nodes.output("merge", config) == output


async def test_keys_may_differ_by_side(nodes: Nodes) -> None:
    config = {
        "left": [{"code": "IT"}], "right": [{"country": "it", "capital": "Rome"}],
        "mode": "key", "left_key": "item.code", "right_key": "item.country.upper()",
    }  # fmt: skip
    assert await nodes.output("merge", config) == [{"code": "IT", "country": "it", "capital": "Rome"}]


@pytest.mark.parametrize(
    ("how", "output"),
    [
        ("inner", [{"a": 1, "c": 9}]),
        ("left", [{"a": 1, "c": 9}, {"a": 2}]),
        ("right", [{"a": 1, "c": 9}]),
        ("outer", [{"a": 1, "c": 9}, {"a": 2}]),
    ],
)
async def test_partners_by_position(nodes: Nodes, how: str, output: list[Any]) -> None:
    config = {"left": [{"a": 1, "c": 3}, {"a": 2}], "right": [{"c": 9}], "mode": "position", "how": how}
    assert await nodes.output("merge", config) == output


async def test_what_is_no_object_is_paired(nodes: Nodes) -> None:
    config = {"left": [1, None], "right": ["a", {"b": 1}, 3], "mode": "position", "how": "outer"}
    assert await nodes.output("merge", config) == [
        {"left": 1, "right": "a"},
        {"left": None, "right": {"b": 1}},
        {"left": None, "right": 3},
    ]


async def test_a_key_is_needed(nodes: Nodes) -> None:
    failure = await nodes.failure("merge", {"left": [], "right": [], "mode": "key"})
    assert failure.code == "invalid_config"
    assert "left_key" in failure.message


async def test_a_key_that_explodes_is_stopped(nodes: Nodes) -> None:
    side = [{"same": 1}] * 2000
    config = {"left": "{{ trigger }}", "right": "{{ trigger }}", "mode": "key", "left_key": "item.same"}
    assert (await nodes.failure("merge", config, trigger=side)).code == "too_large"
