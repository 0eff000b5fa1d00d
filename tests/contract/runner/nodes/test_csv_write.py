from typing import Any

import pytest

from tests.contract.nodes import Nodes

ROWS = [{"a": 1, "b": "x"}, {"b": 'y "z", w', "c": None}]


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"items": ROWS}, 'a,b,c\n1,x,\n,"y ""z"", w",\n'),
        ({"items": ROWS, "columns": ["b", "a"]}, 'b,a\nx,1\n"y ""z"", w",\n'),
        ({"items": ROWS, "columns": ["a"], "header": False}, '1\n""\n'),
        ({"items": ROWS, "delimiter": ";"}, 'a;b;c\n1;x;\n;"y ""z"", w";\n'),
        ({"items": []}, ""),
        ({"items": [], "columns": ["a", "b"]}, "a,b\n"),
        ({"items": [{"v": True}, {"v": 1.5}, {"v": [1, {"k": 2}]}]}, 'v\ntrue\n1.5\n"[1,{""k"":2}]"\n'),
        ({"items": [{"v": "two\nlines"}]}, 'v\n"two\nlines"\n'),
        ({"items": [[1, 2], [3]]}, "1,2\n3\n"),
        ({"items": [[1, 2]], "columns": ["x", "y"]}, "x,y\n1,2\n"),
    ],
)
async def test_rows_are_written(nodes: Nodes, config: Any, text: str) -> None:
    assert await nodes.output("csv.write", config) == text


async def test_what_was_written_can_be_read(nodes: Nodes) -> None:
    rows = [{"a": 'q"uo,te', "b": "line\nbreak"}, {"a": " space ", "b": ""}]
    text = await nodes.output("csv.write", {"items": rows})
    assert await nodes.output("csv.parse", {"text": "{{ trigger }}"}, trigger=text) == rows


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"items": [{"a": 1}, 5]}, "item 1 is the number 5"),
        ({"items": ["a"]}, "item 0 is text 'a'"),
        ({"items": [[1], {"a": 1}]}, "item 1 is an object"),
        ({"items": [[1], [1, 2]], "columns": ["x"]}, "Item 1 has 2 values"),
    ],
)
async def test_rows_of_another_kind_are_named(nodes: Nodes, config: Any, said: str) -> None:
    failure = await nodes.failure("csv.write", config)
    assert failure.code == "invalid_input"
    assert said in failure.message
