"""Programs and expressions in the sandbox: what comes out, what is refused, what nobody else gets to see."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from shared.sandbox import Sandbox, SandboxError

COUNTS = "total = 0\nfor number in numbers:\n    total += number\nprint('added', len(numbers))\ntotal"


async def test_a_program_answers_with_its_last_expression_and_what_it_printed(sandbox: Sandbox) -> None:
    ran = await sandbox.run(COUNTS, {"numbers": [1, 2, 3]})
    assert (ran.value, ran.printed) == (6, "added 3\n")


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("x = 1", None),
        ("(1, (2, 3))", [1, [2, 3]]),
        ("{3, 1, 2}", [1, 2, 3]),
        ("frozenset(['b', 'a'])", ["a", "b"]),
        ("{7: 'a', None: 'b', True: 'c'}", {"7": "a", "null": "b", "true": "c"}),
        ("import datetime\ndatetime.datetime(2026, 1, 2, 3, 4)", "2026-01-02T03:04:00"),
        ("import datetime\n[datetime.date(2026, 1, 2), datetime.timedelta(1)]", ["2026-01-02", 86400.0]),
        ("import decimal\ndecimal.Decimal('1.50')", "1.50"),
        ("class P:\n    def __init__(self):\n        self.x = (1, 2)\nP()", {"x": [1, 2]}),
        ("import time\ntime.sleep(10_000)\n'at once'", "at once"),
        ("float('nan')", None),
    ],
)
async def test_values_come_out_as_json_types(sandbox: Sandbox, code: str, value: Any) -> None:
    assert (await sandbox.run(code, {})).value == value


@pytest.mark.parametrize(
    ("code", "refusal", "line"),
    [
        ("x = 1\ny = (", "syntax_error", 2),
        ("def f():\n    raise ValueError('no')\n\nf()", "code_error", 2),
        ("1\nundefined", "code_error", 2),
        ("import os\nos.environ", "code_error", 2),
        ("open('/etc/passwd').read()", "code_error", 1),
        ("import subprocess", "code_error", 1),
        ("def f(): return f()\nf()", "code_error", 1),
        ("x = [0]\nwhile True: x = x + x", "memory_exceeded", 2),
        ("while True: print('x' * 1000)", "memory_exceeded", None),
        ("b'bytes'", "not_json", None),
        ("len", "not_json", None),
        ("2 ** 64", "not_json", None),
        ("10 ** 5000", "not_json", None),
        ("x = []\nfor _ in range(5000): x = [x]\nx", "not_json", None),
    ],
)
async def test_what_comes_to_no_value_says_why_and_where(
    sandbox: Sandbox, code: str, refusal: str, line: int | None
) -> None:
    with pytest.raises(SandboxError) as caught:
        await sandbox.run(code, {})
    assert (caught.value.code, caught.value.line) == (refusal, line)
    assert str(caught.value)


async def test_the_error_of_a_program_is_told_in_its_own_words(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="ValueError: the cup is empty"):
        await sandbox.run("raise ValueError('the cup is empty')", {})


@pytest.mark.parametrize("inputs", [{"x": object()}, {"x": "\ud800"}])
async def test_an_input_that_cannot_cross_is_an_error_not_a_crash(
    sandbox: Sandbox, inputs: dict[str, Any]
) -> None:
    with pytest.raises(SandboxError):
        await sandbox.run("x", inputs)


@pytest.mark.parametrize(
    "endless", ["while True: pass", "while True:\n  try: 1 / 0\n  except BaseException: pass"]
)
async def test_a_program_that_never_ends_is_stopped(sandbox: Sandbox, endless: str) -> None:
    with pytest.raises(SandboxError) as caught:
        await sandbox.run(endless, {}, timeout_s=0.2)
    assert caught.value.code == "timeout"


async def test_the_loop_goes_on_while_a_program_runs(sandbox: Sandbox) -> None:
    running = asyncio.ensure_future(sandbox.run("while True: pass", {}, timeout_s=0.3))
    assert await sandbox.evaluate("1 + 1", {}) == 2
    assert not running.done()
    with pytest.raises(SandboxError):
        await running


async def test_a_program_leaves_nothing_for_the_next(sandbox: Sandbox) -> None:
    await sandbox.run("secret = 'mine'", {"also": "mine"})
    for name in ("secret", "also"):
        with pytest.raises(SandboxError, match="is not defined"):
            await sandbox.run(name, {})


async def test_an_expression_sees_nothing_of_the_one_before_it(sandbox: Sandbox) -> None:
    assert await sandbox.evaluate("trigger['key']", {"trigger": {"key": "mine"}}) == "mine"
    assert await sandbox.evaluate("[item for item in other]", {"other": ["mine"]}) == ["mine"]
    for name in ("trigger", "other", "item"):
        with suppress(SandboxError):  # either it is not there, or there is nothing in it
            assert await sandbox.evaluate(name, {}) is None
    assert await sandbox.evaluate("trigger", {"trigger": "yours"}) == "yours"


async def test_what_an_expression_does_to_its_input_does_not_last(sandbox: Sandbox) -> None:
    trigger = {"list": [1]}
    appended = await sandbox.evaluate("trigger['list'].append(2) or trigger['list']", {"trigger": trigger})
    assert appended == [1, 2]
    assert await sandbox.evaluate("trigger['list']", {"trigger": trigger}) == [1]


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("[0] * 10 ** 9", "memory_exceeded"),
        ("sum(1 for _ in range(10 ** 5) if [0 for _ in range(10 ** 5)] is None)", "timeout"),
        ("(lambda f: f(f))(lambda f: f(f))", "code_error"),
        ("1 / 0", "code_error"),
        ("1 +", "syntax_error"),
    ],
)
async def test_after_any_trouble_expressions_work_as_before(
    sandbox: Sandbox, expression: str, code: str
) -> None:
    with pytest.raises(SandboxError) as caught:
        await sandbox.evaluate(expression, {"trigger": "mine"})
    assert caught.value.code == code
    assert await sandbox.evaluate("1 + 1", {}) == 2


async def test_many_callers_share_few_workers(sandbox: Sandbox) -> None:
    expressions = [sandbox.evaluate("trigger * 2", {"trigger": number}) for number in range(50)]
    programs = [sandbox.run("trigger * 3", {"trigger": number}) for number in range(10)]
    assert await asyncio.gather(*expressions) == [number * 2 for number in range(50)]
    assert [ran.value for ran in await asyncio.gather(*programs)] == [number * 3 for number in range(10)]


async def test_a_caller_that_gives_up_does_not_take_the_worker_with_it(sandbox: Sandbox) -> None:
    endless = "sum(1 for _ in range(10 ** 5) if [0 for _ in range(10 ** 5)] is None)"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await sandbox.evaluate(endless, {})
    assert await sandbox.evaluate("trigger", {"trigger": 1}) == 1


async def test_a_worker_that_is_killed_is_replaced() -> None:
    before = children()
    async with Sandbox() as sandbox:
        await sandbox.evaluate("1", {})
        for worker in children() - before:
            os.kill(worker, signal.SIGKILL)
        with pytest.raises(SandboxError) as caught:
            await sandbox.evaluate("1", {})
        assert caught.value.code == "crashed"
        assert await sandbox.evaluate("1 + 1", {}) == 2
        assert (await sandbox.run("1 + 1", {})).value == 2


def children() -> set[int]:
    """The ids of this process's children."""
    threads = Path("/proc/self/task").glob("*/children")
    return {int(pid) for thread in threads for pid in thread.read_text().split()}


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(a*)*b", r"(\w+)\1+$"])
async def test_a_pattern_that_backtracks_is_done_soon(sandbox: Sandbox, pattern: str) -> None:
    inputs = {"pattern": pattern, "texts": ["a" * 50 + "!", "aab"]}
    ran = await sandbox.run("import re\n[re.search(pattern, text) is None for text in texts]", inputs)
    assert ran.value == [True, "b" not in pattern]
