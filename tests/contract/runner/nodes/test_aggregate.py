from typing import Any

import pytest

from tests.contract.nodes import Nodes

SALES = [
    {"city": "Rome", "year": 2023, "amount": 10, "who": "Ann"},
    {"city": "Oslo", "year": 2023, "amount": 5, "who": "Bo"},
    {"city": "Rome", "year": 2024, "amount": 2.5, "who": None},
    {"city": "Rome", "year": 2024, "amount": None, "who": "Cy"},
]
ALL = {
    "total": {"op": "sum", "value": "item.amount"},
    "mean": {"op": "avg", "value": "item.amount"},
    "least": {"op": "min", "value": "item.amount"},
    "most": {"op": "max", "value": "item.amount"},
    "rows": {"op": "count"},
    "named": {"op": "count", "value": "item.who"},
    "who": {"op": "collect", "value": "item.who"},
}


async def test_groups_are_measured(nodes: Nodes) -> None:
    rome, oslo = await nodes.output("aggregate", {"items": SALES, "group_by": "item.city", "measures": ALL})
    assert rome == {
        "key": "Rome", "total": 12.5, "mean": 6.25, "least": 2.5, "most": 10, "rows": 3, "named": 2,
        "who": ["Ann", None, "Cy"],
    }  # fmt: skip
    assert oslo == {
        "key": "Oslo", "total": 5, "mean": 5, "least": 5, "most": 5, "rows": 1, "named": 1, "who": ["Bo"],
    }  # fmt: skip


async def test_a_key_of_several_parts_keeps_their_names(nodes: Nodes) -> None:
    config = {
        "items": SALES,
        "group_by": '{"city": item.city, "year": item.year}',
        "measures": {"n": {"op": "count"}},
    }
    assert await nodes.output("aggregate", config) == [
        {"city": "Rome", "year": 2023, "n": 1},
        {"city": "Oslo", "year": 2023, "n": 1},
        {"city": "Rome", "year": 2024, "n": 2},
    ]


async def test_without_a_key_there_is_one_group(nodes: Nodes) -> None:
    config = {
        "items": "{{ trigger }}",
        "measures": {"sum": {"op": "sum"}, "n": {"op": "count"}, "max": {"op": "max"}},
    }
    assert await nodes.output("aggregate", config, trigger=[1, 2, 3]) == [{"sum": 6, "n": 3, "max": 3}]
    assert await nodes.output("aggregate", config, trigger=[]) == [{"sum": 0, "n": 0, "max": None}]


async def test_a_key_without_items_gives_no_groups(nodes: Nodes) -> None:
    assert await nodes.output("aggregate", {"items": [], "group_by": "item.a", "measures": ALL}) == []


async def test_equal_keys_meet_and_others_do_not(nodes: Nodes) -> None:
    config = {
        "items": [1, 1.0, True, "1", None, [1], None],
        "group_by": "item",
        "measures": {"n": {"op": "count"}},
    }
    counts = [(row["key"], row["n"]) for row in await nodes.output("aggregate", config)]
    assert [n for _, n in counts] == [2, 1, 1, 2, 1]


@pytest.mark.parametrize(
    ("values", "op", "output"),
    [
        ([1, True, False, None], "sum", 2),
        ([True, False], "avg", 0.5),
        ([None], "avg", None),
        ([0.1] * 10, "sum", 1.0),
        ([2**62, 2**62], "sum", 2**63),
        ([2**63, 2**63], "avg", 2.0**63),
        (["b", 2, None, "a"], "min", 2),
        (["b", 2, None, "a"], "max", "b"),
        (["2024-02-01", "2023-12-31"], "min", "2023-12-31"),
    ],
)
async def test_a_measure_of_odd_values(nodes: Nodes, values: list[Any], op: str, output: Any) -> None:
    config = {"items": "{{ trigger }}", "measures": {"m": {"op": op}}}
    [row] = await nodes.output("aggregate", config, trigger=values)
    assert row["m"] == output
    assert type(row["m"]) is type(output)


@pytest.mark.parametrize(
    ("values", "code", "said"),
    [
        ([1, "12"], "invalid_input", "item 1 gave text '12'"),
        ([1, [2]], "invalid_input", "item 1 gave a list of 1"),
        ([2**63, 2**63], "too_large", "'m' (sum)"),
        ([1e308, 1e308], "too_large", "'m' (sum)"),
    ],
)
async def test_what_cannot_be_summed_is_named(nodes: Nodes, values: list[Any], code: str, said: str) -> None:
    config = {"items": "{{ trigger }}", "measures": {"m": {"op": "sum"}}}
    failure = await nodes.failure("aggregate", config, trigger=values)
    assert failure.code == code
    assert said in failure.message


async def test_the_item_at_fault_is_counted_in_the_whole_list(nodes: Nodes) -> None:
    items = [{"g": "a", "n": 1}, {"g": "b", "n": 1}, {"g": "b", "n": "x"}]
    config = {"items": items, "group_by": "item.g", "measures": {"m": {"op": "sum", "value": "item.n"}}}
    assert (await nodes.failure("aggregate", config)).details["item"] == 2


@pytest.mark.parametrize("group_by", ["item", '{"name": item}'])
async def test_a_measure_may_not_hide_the_key(nodes: Nodes, group_by: str) -> None:
    measures = {name: {"op": "count"} for name in ("key", "name")}
    failure = await nodes.failure("aggregate", {"items": [1], "group_by": group_by, "measures": measures})
    assert failure.code == "invalid_input"
    assert "rename" in failure.message


@pytest.mark.parametrize("measure", [{"op": "median"}, {}, "sum", {"op": "sum", "of": "item"}])
async def test_an_unknown_measure_is_refused(nodes: Nodes, measure: Any) -> None:
    failure = await nodes.failure("aggregate", {"items": [], "measures": {"m": measure}})
    assert failure.code == "invalid_config"
