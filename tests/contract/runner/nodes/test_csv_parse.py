from typing import Any

import pytest

from tests.contract.nodes import Nodes


@pytest.mark.parametrize(
    ("text", "config", "rows"),
    [
        ("a,b\n1,x\n2,y\n", {}, [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]),
        ("\ufeffa,b\r\n1,x", {}, [{"a": "1", "b": "x"}]),
        ("a;b\n1;x,y", {"delimiter": ";"}, [{"a": "1", "b": "x,y"}]),
        ("a\tb\n1\t2", {"delimiter": "\t"}, [{"a": "1", "b": "2"}]),
        ("1,2\n3,4", {"header": False}, [["1", "2"], ["3", "4"]]),
        ('a,b\n"x\ny","say ""hi"""', {}, [{"a": "x\ny", "b": 'say "hi"'}]),
        ("a,b\n\n1,2\n\n", {}, [{"a": "1", "b": "2"}]),
        ("", {}, []),
        ("\n\n", {}, []),
        ("a,b", {}, []),
        ("a\u2028b,c\n1,2", {}, [{"a\u2028b": "1", "c": "2"}]),
        ("a,b\n,", {}, [{"a": "", "b": ""}]),
    ],
)
async def test_rows_are_read(nodes: Nodes, text: str, config: Any, rows: list[Any]) -> None:
    assert await nodes.output("csv.parse", {"text": "{{ trigger }}", **config}, trigger=text) == rows


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-3", -3),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("false", False),
        ("", None),
        ("007", "007"),
        ("+1", "+1"),
        ("1,5", "1,5"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("١٢", "١٢"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("1e999", "1e999"),
        ("99999999999999999999", "99999999999999999999"),
        ("123456789012345678901234", "123456789012345678901234"),
        ("True", "True"),
        (" 1", " 1"),
        ("=1+1", "=1+1"),
    ],
)
async def test_values_are_inferred_on_request(nodes: Nodes, text: str, value: Any) -> None:
    config = {"text": f'a,b\n"{text}",x', "infer": True}
    [row] = await nodes.output("csv.parse", config)
    assert row["a"] == value
    assert type(row["a"]) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a,b\n1,2\n3", 3, "Line 3 has 1 values"),
        ("a,b\n1,2,3", 2, "Line 2 has 3 values"),
        ('a,b\n"x\ny",1\n2', 4, "Line 4"),
        ("a,a\n1,2", 1, "'a' twice"),
        ("a,,c\n1,2,3", 1, "column 2"),
        ('a,b\n"open,1', 2, "not CSV"),
        ('a,b\n"x"y,1', 2, "not CSV"),
    ],
)
async def test_what_is_wrong_is_told_with_its_line(nodes: Nodes, text: str, line: int, said: str) -> None:
    failure = await nodes.failure("csv.parse", {"text": text})
    assert failure.code == "invalid_csv"
    assert said in failure.message
    assert failure.details["line"] == line


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n", "\r", None, 1])
async def test_a_delimiter_is_one_character(nodes: Nodes, delimiter: Any) -> None:
    assert (await nodes.failure("csv.parse", {"text": "a", "delimiter": delimiter})).code == "invalid_config"


async def test_long_values_are_read(nodes: Nodes) -> None:
    text = "a\n" + "x" * 1_000_000
    assert await nodes.output("csv.parse", {"text": "{{ trigger }}"}, trigger=text) == [
        {"a": "x" * 1_000_000}
    ]


async def test_zero_bytes_are_no_trouble(nodes: Nodes) -> None:
    assert await nodes.output("csv.parse", {"text": "{{ trigger }}"}, trigger="a\nx\x00y") == [
        {"a": "x\x00y"}
    ]
