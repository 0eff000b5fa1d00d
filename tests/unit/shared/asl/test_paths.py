"""Paths: what they select, where a result is put, and what is wrong with them."""

from typing import Any

import pytest

from shared.asl.errors import StatesError
from shared.asl.paths import PathMissing, check_path, check_reference, put, read

DATA: dict[str, Any] = {
    "name": "Ada",
    "detail-type": "order",
    "1st": 1,
    "a:b": "colon",
    "a.b": "dotted",
    "it's": "quoted",
    "none": None,
    "items": [{"id": 1, "price": 8}, {"id": 2, "price": 12, "tag": "x"}, {"id": 3, "price": 22}],
    "matrix": [[1, 2], [3, 4]],
    "limit": 10,
    "deep": {"id": 4, "more": {"id": 5}},
}

FOUND: list[tuple[str, Any]] = [
    ("$", DATA),
    ("$.name", "Ada"),
    ("$['name']", "Ada"),
    ('$["name"]', "Ada"),
    ("$.['name']", "Ada"),
    ("$.detail-type", "order"),
    ("$.1st", 1),
    ("$.a:b", "colon"),
    ("$['a.b']", "dotted"),
    ("$['it\\'s']", "quoted"),
    ("$.none", None),
    ("$.items[0].id", 1),
    ("$.items[-1].id", 3),
    ("$.items.[1].id", 2),
    ("$.matrix[1][0]", 3),
    ("$.deep.more.id", 5),
    ("$.items[*].id", [1, 2, 3]),
    ("$.items.*.id", [1, 2, 3]),
    ("$.items[*].tag", ["x"]),
    ("$.items[*].nothing", []),
    ("$.matrix[*][0]", [1, 3]),
    ("$.deep.*", [4, {"id": 5}]),
    ("$..id", [1, 2, 3, 4, 5]),
    ("$.items..price", [8, 12, 22]),
    ("$.items[0:2].id", [1, 2]),
    ("$.items[1:].id", [2, 3]),
    ("$.items[-1:].id", [3]),
    ("$.items[::2].id", [1, 3]),
    ("$.items[0,2].id", [1, 3]),
    ("$.items[0]['id','price']", {"id": 1, "price": 8}),
    ("$.items[0,1].['id', 'price']", [{"id": 1, "price": 8}, {"id": 2, "price": 12}]),
    ("$.items[?(@.price > 10)].id", [2, 3]),
    ("$.items[?(@.price >= 8 && @.price < 20)].id", [1, 2]),
    ("$.items[?(@.id == 1 || @.id == 3)].price", [8, 22]),
    ("$.items[?(@.tag)].id", [2]),
    ("$.items[?(!@.tag)].id", [1, 3]),
    ("$.items[?(@.tag == 'x')].id", [2]),
    ("$.items[?(@['tag'] == 'x')].id", [2]),
    ("$.items[?(@.price > $.limit)].id", [2, 3]),
    ("$.items[?(@.id in [1, 3])].id", [1, 3]),
    ("$.items[?(@.price > 100)]", []),
    ("$.items.[?(@.id == 2)].price", [12]),
    ("$.deep[?(@.id == 4)].id", [4]),
    ("$.items.length()", 3),
    ("$$.Execution.Name", "run_1"),
    ("$$.Map.Item.Value[*]", [7, 8]),
]
MISSING = [
    "$.nothing",
    "$.name.first",
    "$.items[3]",
    "$.items.id",
    "$.nothing[*]",
    "$.nothing..id",
    "$$.Nothing",
]
NOT_PATHS = [
    "name",
    "",
    "$.",
    "$.a[",
    "$.a[0",
    "$.a b",
    "$.a['b]",
    "$.items[1,]",
    "$.items[?(@.id =~ /x/)]",
    "$.items[?(search(@.tag, 'x'))]",
    "$..a..b..c..d",
    "$.items.size()",
]
CONTEXT = {"Execution": {"Name": "run_1"}, "Map": {"Item": {"Index": 0, "Value": [7, 8]}}}


@pytest.mark.parametrize(("path", "value"), FOUND)
def test_a_path_selects(path: str, value: Any) -> None:
    assert check_path(path) is None
    assert read(path, DATA, CONTEXT) == value


@pytest.mark.parametrize("path", MISSING)
def test_a_path_that_leads_nowhere_fails(path: str) -> None:
    with pytest.raises(PathMissing) as failed:
        read(path, DATA, CONTEXT)
    assert failed.value.name == "States.Runtime"
    assert path in str(failed.value)


@pytest.mark.parametrize("path", NOT_PATHS)
def test_what_is_no_path_is_told(path: str) -> None:
    assert check_path(path)
    with pytest.raises(StatesError):
        read(path, DATA, {})


@pytest.mark.parametrize(
    ("path", "raw", "combined"),
    [
        ("$", {"a": 1}, 6),
        ("$.a", {"a": 1, "b": 2}, {"a": 6, "b": 2}),
        ("$.c", {"a": 1}, {"a": 1, "c": 6}),
        ("$.c.d.e", {"a": 1}, {"a": 1, "c": {"d": {"e": 6}}}),
        ("$.a.b", {"a": {"c": 1}}, {"a": {"c": 1, "b": 6}}),
        ("$['x y']", {}, {"x y": 6}),
        ("$.list[1]", {"list": [1, 2, 3]}, {"list": [1, 6, 3]}),
        ("$.list[0].n", {"list": [{"m": 1}]}, {"list": [{"m": 1, "n": 6}]}),
    ],
)
def test_a_result_is_put_at_a_reference_path(path: str, raw: Any, combined: Any) -> None:
    assert check_reference(path) is None
    assert put(path, raw, 6) == combined


def test_putting_leaves_the_raw_input_as_it_was() -> None:
    raw = {"a": {"b": 1}}
    put("$.a.b", raw, 2)
    assert raw == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        ("$.x", "foo"),
        ("$.x", None),
        ("$.x", [1]),
        ("$.a.b", {"a": 1}),
        ("$.list[5]", {"list": []}),
        ("$[0]", {}),
    ],
)
def test_a_result_that_fits_nowhere_fails(path: str, raw: Any) -> None:
    with pytest.raises(StatesError) as failed:
        put(path, raw, 1)
    assert failed.value.name == "States.ResultPathMatchFailure"


@pytest.mark.parametrize("path", ["$.a[*]", "$..a", "$.a[0:1]", "$.a[?(@.b)]", "$$.a", "a", "$.a[0,1]"])
def test_a_reference_path_names_one_place(path: str) -> None:
    assert check_reference(path)
