from typing import Any

import pytest

from tests.contract.nodes import Nodes


@pytest.mark.parametrize(
    ("code", "inputs", "value"),
    [
        ("1 + 1", {}, 2),
        ("a + b", {"a": "{{ trigger.n }}", "b": 2}, 9),
        ("def twice(x):\n    return [x, x]\ntwice(n)", {"n": {"k": "v"}}, [{"k": "v"}, {"k": "v"}]),
        ("{word: len(word) for word in text.split()}", {"text": "to be"}, {"to": 2, "be": 2}),
        ("x = 1", {}, None),
        ("", {}, None),
        ("'{{ trigger.n }}'", {}, "{{ trigger.n }}"),
        ("(1, 2)", {}, [1, 2]),
    ],
)
async def test_the_last_expression_is_the_output(nodes: Nodes, code: str, inputs: Any, value: Any) -> None:
    assert await nodes.output("code.python", {"code": code, "inputs": inputs}, trigger={"n": 7}) == value


async def test_what_is_printed_goes_to_the_log(nodes: Nodes) -> None:
    result = await nodes.result("code.python", {"code": "print('one')\nprint('two', 2)\n3"})
    assert result.logs == ["one", "two 2"]


async def test_one_run_leaves_nothing_to_the_next(nodes: Nodes) -> None:
    await nodes.output("code.python", {"code": "secret = 'mine'\nsecret"})
    assert (await nodes.failure("code.python", {"code": "secret"})).code == "code_error"


@pytest.mark.parametrize(
    ("code", "failed_with", "line"),
    [
        ("x = 1\nx / 0", "code_error", 2),
        ("def f(:", "syntax_error", 1),
        ("trigger", "code_error", 1),
        ("raise ValueError('no good')", "code_error", 1),
    ],
)
async def test_what_is_wrong_is_told_with_its_line(
    nodes: Nodes, code: str, failed_with: str, line: int
) -> None:
    failure = await nodes.failure("code.python", {"code": code})
    assert (failure.code, failure.details["line"]) == (failed_with, line)


@pytest.mark.parametrize(
    "code", ["open('/etc/passwd').read()", "__import__('os').system('id')", "import socket\nsocket.socket()"]
)
async def test_there_is_no_way_out(nodes: Nodes, code: str) -> None:
    assert (await nodes.failure("code.python", {"code": code})).code in ("code_error", "syntax_error")


async def test_a_program_that_does_not_end_is_stopped(nodes: Nodes) -> None:
    failure = await nodes.failure("code.python", {"code": "while True:\n    pass", "timeout_s": 0.2})
    assert failure.code == "timeout"


async def test_a_program_that_eats_memory_is_stopped(nodes: Nodes) -> None:
    failure = await nodes.failure("code.python", {"code": "x = []\nwhile True:\n    x.append('a' * 100000)"})
    assert failure.code == "memory_exceeded"


@pytest.mark.parametrize("name", ["two words", "1st", "", "a-b", "class", "a.b"])
async def test_inputs_need_usable_names(nodes: Nodes, name: str) -> None:
    failure = await nodes.failure("code.python", {"code": "1", "inputs": {name: 1}})
    assert failure.code == "invalid_input"
    assert repr(name) in failure.message
