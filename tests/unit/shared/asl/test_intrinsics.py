"""Intrinsic functions, alone and nested."""

from typing import Any

import pytest

from shared.asl.errors import StatesError
from shared.asl.intrinsics import FUNCTIONS, check_call, evaluate

DATA: dict[str, Any] = {
    "name": "Foo",
    "n": 5,
    "half": 2.5,
    "yes": True,
    "nothing": None,
    "text": '{"number": 20}',
    "csv": "a,b;c,,d",
    "list": [1, 2, 3, 3, 3, "3", True, 1.0],
    "o": {"a": {"x": 1}, "b": 2},
    "p": {"a": {"y": 2}, "c": 3},
    "objects": [{"k": 1, "l": 2}, {"l": 2, "k": 1}, {"k": 2}],
}

VALUES: list[tuple[str, Any]] = [
    ("States.Format('no place')", "no place"),
    (
        "States.Format('Your name is {}, we are in the year {}', $.name, 2020)",
        "Your name is Foo, we are in the year 2020",
    ),
    ("States.Format('{}', $.n)", "5"),
    ("States.Format('{}', $.half)", "2.5"),
    ("States.Format('{}', $.yes)", "true"),
    ("States.Format('{}', $.nothing)", "null"),
    ("States.Format('{}', -1.5)", "-1.5"),
    (r"States.Format('\{\} is {}', 'x')", "{} is x"),
    (r"States.Format('it\'s {}', 'ok')", "it's ok"),
    (r"States.Format('a\\b')", "a\\b"),
    ("States.Format('{}{}', 'a', 'b')", "ab"),
    ("States.Format('{}', States.Format('<{}>', $.name))", "<Foo>"),
    ("States.Format('{}, {}', 'a, b', ')')", "a, b, )"),
    ("States.StringToJson($.text)", {"number": 20}),
    ("States.StringToJson('[1, 2]')", [1, 2]),
    ("States.JsonToString($.o)", '{"a":{"x":1},"b":2}'),
    ("States.JsonToString($.name)", '"Foo"'),
    ("States.Array()", []),
    ("States.Array(1)", [1]),
    ("States.Array('Foo', 2020, $.o, null, true)", ["Foo", 2020, DATA["o"], None, True]),
    ("States.Array( 1 , 'a b' )", [1, "a b"]),
    ("States.ArrayPartition($.list, 3)", [[1, 2, 3], [3, 3, "3"], [True, 1.0]]),
    ("States.ArrayPartition(States.Array(), 3)", []),
    ("States.ArrayContains($.list, 2)", True),
    ("States.ArrayContains($.list, '2')", False),
    ("States.ArrayContains($.objects, $.objects[2])", True),
    ("States.ArrayContains(States.Array(1), true)", False),
    ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
    ("States.ArrayRange(3, 1, -1)", [3, 2, 1]),
    ("States.ArrayRange(1, 1, 1)", [1]),
    ("States.ArrayRange(5, 1, 1)", []),
    ("States.ArrayGetItem($.list, 2)", 3),
    ("States.ArrayGetItem($.list, States.MathAdd($.n, -5))", 1),
    ("States.ArrayLength($.list)", 8),
    ("States.ArrayLength($.objects[*].k)", 3),
    ("States.ArrayUnique($.list)", [1, 2, 3, "3", True]),
    ("States.ArrayUnique($.objects)", [{"k": 1, "l": 2}, {"k": 2}]),
    ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
    ("States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", "Data to encode"),
    ("States.Base64Decode(States.Base64Encode('Grüße'))", "Grüße"),
    ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
    ("States.Hash('', 'MD5')", "d41d8cd98f00b204e9800998ecf8427e"),
    ("States.Hash($.name, 'SHA-256')", "1cbec737f863e4922cee63cc2ebbfaafcd1cff8b790d8cfd2e6a5d550b648afa"),
    ("States.ArrayLength(States.StringSplit(States.Hash('x', 'SHA-384'), ','))", 1),
    ("States.JsonMerge($.o, $.p, false)", {"a": {"y": 2}, "b": 2, "c": 3}),
    ("States.MathAdd($.n, 1)", 6),
    ("States.MathAdd(-3, 1)", -2),
    ("States.MathAdd(1.6, 1)", 3),
    ("States.MathRandom(1, 2)", 1),
    ("States.StringSplit($.csv, ',')", ["a", "b;c", "d"]),
    ("States.StringSplit('This.is+a,test=string', '.+,=')", ["This", "is", "a", "test", "string"]),
    ("States.StringSplit('a]b^c-d', ']^-')", ["a", "b", "c", "d"]),
    ("States.StringSplit('abc', '')", ["abc"]),
    ("States.StringSplit(',,', ',')", []),
    ("States.Format('{}', $$.Execution.Id)", "run_1"),
    ("States.Array($.objects[?(@.k == 1)].l, 'x')", [[2, 2], "x"]),
]
FAILING = [
    "States.Format('{}')",
    "States.Format('a', 1)",
    "States.Format(1)",
    "States.StringToJson('{')",
    "States.StringToJson($.n)",
    "States.ArrayPartition($.list, 0)",
    "States.ArrayPartition($.o, 1)",
    "States.ArrayRange(1, 5, 0)",
    "States.ArrayRange(0, 1000, 1)",
    "States.ArrayGetItem($.list, 99)",
    "States.ArrayGetItem($.list, -1)",
    "States.ArrayLength($.o)",
    "States.Base64Decode('?')",
    "States.Hash('x', 'SHA-3')",
    "States.JsonMerge($.o, $.p, true)",
    "States.JsonMerge($.o, $.list, false)",
    "States.MathAdd('1', 1)",
    "States.MathAdd(true, 1)",
    "States.MathRandom(2, 1)",
    "States.StringSplit(1, ',')",
    "States.Format('{}', $.missing)",
    "States.MathAdd(9223372036854775807, 1)",
    "States.ArrayUnique('x')",
]
UNREADABLE = [
    "States.Nope()",
    "States.Format",
    "States.Format(",
    "States.Format('a'",
    "States.Format('a',)",
    "States.Format('a') x",
    "States.Format(name)",
    "States.UUID(1)",
    "States.MathAdd(1)",
    "States.Hash('x')",
    "States.Array(States.Nope())",
    "States.Format($.a[)",
    "States.Array(1 2)",
]


@pytest.mark.parametrize(("call", "value"), VALUES)
def test_a_call_gives(call: str, value: Any) -> None:
    assert check_call(call) is None
    found = evaluate(call, DATA, {"Execution": {"Id": "run_1"}})
    assert found == value
    assert repr(found) == repr(value)


@pytest.mark.parametrize("call", FAILING)
def test_a_call_that_cannot_be_made_fails(call: str) -> None:
    with pytest.raises(StatesError) as failed:
        evaluate(call, DATA, {})
    assert failed.value.name == "States.IntrinsicFailure"


@pytest.mark.parametrize("call", UNREADABLE)
def test_a_call_that_cannot_be_read_is_told_at_import(call: str) -> None:
    assert check_call(call)
    with pytest.raises(StatesError):
        evaluate(call, DATA, {})


def test_random_numbers_lie_between_their_bounds_and_follow_their_seed() -> None:
    drawn = {evaluate("States.MathRandom(1, 4)", {}, {}) for _ in range(200)}
    seeded = {evaluate("States.MathRandom(1, 1000000, 7)", {}, {}) for _ in range(3)}
    assert drawn == {1, 2, 3}
    assert len(seeded) == 1


def test_uuids_differ() -> None:
    one, other = (evaluate("States.UUID()", {}, {}) for _ in range(2))
    assert one != other
    assert one[14] == "4"


def test_every_function_is_tried_here() -> None:
    tried = " ".join([*(call for call, _ in VALUES), "States.UUID"])
    assert not [name for name in FUNCTIONS if name not in tried]
