from typing import Any

import pytest

from tests.contract.nodes import Nodes


@pytest.mark.parametrize(
    ("code", "inputs", "value"),
    [
        ("1 + 1", {}, 2),
        ("a + b", {"a": "{{ trigger.n }}", "b": 2}, 9),
        ("$items.map(({price}) => price * 2)", {"$items": [{"price": 2}, {"price": 3}]}, [4, 6]),
        ("const total = 1", {}, None),
        ("'{{ trigger.n }}'", {}, "{{ trigger.n }}"),
        ("({a: 1, b: undefined})", {}, {"a": 1}),
        ("id", {"id": 9007199254740993}, 9007199254740993),
    ],
)
async def test_the_last_expression_is_the_output(nodes: Nodes, code: str, inputs: Any, value: Any) -> None:
    assert await nodes.output("code.javascript", {"code": code, "inputs": inputs}, trigger={"n": 7}) == value


async def test_what_is_printed_goes_to_the_log(nodes: Nodes) -> None:
    result = await nodes.result(
        "code.javascript", {"code": "console.log('one', {n: 1}); console.warn('two')"}
    )
    assert result.logs == ['one {"n":1}', "two"]


async def test_a_failure_keeps_the_log(nodes: Nodes) -> None:
    result = await nodes.result("code.javascript", {"code": "console.log('so far'); null.x"})
    assert result.status == "failed"
    assert result.logs == ["so far"]


@pytest.mark.parametrize(
    ("code", "failed_with", "line"),
    [
        ("const x = 1\nx.y.z", "code_error", 2),
        ("const x = (", "syntax_error", 1),
        ("trigger", "code_error", 1),
        ("2n ** 64n", "not_json", None),
    ],
)
async def test_what_is_wrong_is_told_with_its_line(
    nodes: Nodes, code: str, failed_with: str, line: int | None
) -> None:
    failure = await nodes.failure("code.javascript", {"code": code})
    assert (failure.code, failure.details["line"]) == (failed_with, line)


async def test_a_program_that_does_not_end_is_stopped(nodes: Nodes) -> None:
    failure = await nodes.failure("code.javascript", {"code": "while (true);", "timeout_s": 0.2})
    assert (failure.code, failure.retryable) == ("timeout", True)


@pytest.mark.parametrize("name", ["two words", "1st", "", "a-b", "class", "await", "undefined", "a.b"])
async def test_inputs_need_usable_names(nodes: Nodes, name: str) -> None:
    failure = await nodes.failure("code.javascript", {"code": "1", "inputs": {name: 1}})
    assert failure.code == "invalid_input"
    assert repr(name) in failure.message
