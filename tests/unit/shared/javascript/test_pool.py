"""JavaScript programs: what comes out, what is refused, and that nobody else notices."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from shared.javascript.pool import JavaScript
from shared.sandbox_error import SandboxError

LARGE = [2**53 + 1, 2**64 - 1, -(2**63)]


def no_log(line: str) -> None:
    raise AssertionError(f"nothing should have been printed: {line}")


async def refused(javascript: JavaScript, code: str, **inputs: Any) -> SandboxError:
    """The error a program ends with."""
    with pytest.raises(SandboxError) as caught:
        await javascript.run(code, inputs, log=no_log)
    return caught.value


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("const twice = (x) => [x, x]; twice(n)", [7, 7]),
        ("n = n + 1; if (n > 7) { 'more' } else { 'less' }", "more"),
        ("undefined", None),
        ("let x = 1", None),
        ("", None),
        ("({a: undefined, b: [undefined], c: NaN})", {"b": [None], "c": None}),
        ("[new Date(0), new Set([1]), new Map([['k', {}]])]", ["1970-01-01T00:00:00.000Z", [1], {"k": {}}]),
        ("[1n, 2n ** 64n - 1n, -(2n ** 63n)]", [1, 2**64 - 1, -(2**63)]),
        ("large", LARGE),
        ("'nul \\u0000, \\u{1F600}'", "nul \0, 😀"),
        ("Promise.resolve(n).then((x) => x * 2)", 14),
        ("(async () => { await null; return n })()", 7),
        ("'use strict'; this === globalThis", True),
        ("Object.prototype.toJSON = () => 'mine'; JSON.stringify = null; ({})", "mine"),
    ],
)
async def test_the_last_expression_is_the_value(javascript: JavaScript, code: str, value: Any) -> None:
    assert await javascript.run(code, {"n": 7, "large": LARGE}, log=no_log) == value


@pytest.mark.parametrize(
    ("code", "refusal", "line"),
    [
        ("let x = 1\nlet y = (", "syntax_error", 2),
        ("\nimport fs from 'fs'", "syntax_error", 2),
        ("1\nnull.x", "code_error", 2),
        ("const f = () => {\n  throw new Error('<input>:9:9')\n}\n\nf()", "code_error", 2),
        ("JSON.parse('{')", "code_error", 1),
        ("eval('(')", "code_error", 1),
        ("throw {code: 1}", "code_error", None),
        ("(async () => {\n  await null\n  throw new Error()\n})()", "code_error", 3),
        ("new Promise(() => {})", "code_error", None),
        ("import('fs')", "code_error", None),
        ("() => 1", "not_json", None),
        ("[{f() {}}]", "not_json", None),
        ("Symbol('s')", "not_json", None),
        ("2n ** 64n", "not_json", None),
        ("'\\ud800'", "not_json", None),
        ("const o = {}; o.o = o; o", "not_json", None),
        ("let x = []; for (let i = 0; i < 500; i++) x = [x]; x", "not_json", None),
    ],
)
async def test_what_comes_to_no_value_says_why_and_where(
    javascript: JavaScript, code: str, refusal: str, line: int | None
) -> None:
    error = await refused(javascript, code)
    assert (error.code, error.line) == (refusal, line)
    assert str(error)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("throw new TypeError('the cup is empty')", "TypeError: the cup is empty"),
        ("throw 'no'", 'it threw "no"'),
        ("throw {code: 1}", 'it threw {"code":1}'),
        ("({f() {}})", 'it holds a function under "f"'),
        ("2n ** 64n", "more than 64 bits"),
        ("new Promise(() => {})", "before its promise was settled"),
    ],
)
async def test_an_error_is_told_in_plain_words(javascript: JavaScript, code: str, words: str) -> None:
    assert words in str(await refused(javascript, code))


@pytest.mark.parametrize(
    ("code", "limit"),
    [
        ("while (true);", "timeout"),
        ("while (true) { try { while (true); } catch { continue } finally { continue } }", "timeout"),
        ("/(a+)+$/.test('a'.repeat(40) + '!')", "timeout"),
        ("[].concat(Array(1e8)).sort()", "timeout"),
        ("Array(2 ** 32 - 1).join('x')", "timeout"),
        ("(async () => { await null; while (true); })()", "timeout"),
        ("const again = () => { queueMicrotask(again) }; again()", "timeout"),
        ("({get x() { while (true); }})", "timeout"),
        ("throw {get stack() { while (true); }, toString: null, toJSON() { while (true); }}", "timeout"),
        ("Error.prototype.toString = () => { while (true); }; while (true);", "timeout"),
        ("Array(1e9).fill(0)", "memory_exceeded"),
        ("'x'.repeat(1e9)", "memory_exceeded"),
        ("'x'.repeat(16e6).split('')", "memory_exceeded"),
        ("new ArrayBuffer(1e9)", "memory_exceeded"),
        ("'a'.repeat(16e6)", "memory_exceeded"),
        ("JSON.parse('[' + '[0],'.repeat(1e6) + '0]')", "memory_exceeded"),
        ("const x = []; while (true) x.push({x})", "memory_exceeded"),
        ("(function f() { return f() })()", "code_error"),
        ("JSON.parse('['.repeat(1e6))", "code_error"),
        ("eval('('.repeat(1e6))", "code_error"),
    ],
)
async def test_limits_hold_also_inside_natives_and_harm_nobody_else(
    javascript: JavaScript, code: str, limit: str
) -> None:
    assert (await refused(javascript, code)).code == limit
    assert await javascript.run("1 + 1", {}, log=no_log) == 2


@pytest.mark.parametrize(
    "name", ["require", "process", "fetch", "setTimeout", "std", "os", "Deno", "WebAssembly", "load"]
)
async def test_nothing_leads_outside(javascript: JavaScript, name: str) -> None:
    assert await javascript.run(f"typeof {name}", {}, log=no_log) == "undefined"


async def test_a_program_leaves_nothing_for_the_next(javascript: JavaScript) -> None:
    await javascript.run("globalThis.left = also; Array.prototype.left = 1", {"also": 1}, log=no_log)
    seen = "[typeof left, typeof also, typeof [].left]"
    assert await javascript.run(seen, {}, log=no_log) == ["undefined"] * 3


async def test_what_is_printed_is_told_also_when_the_program_fails() -> None:
    javascript = JavaScript(1, max_memory=32 * 2**20, timeout_s=0.2, grace_s=60)
    lines: list[str] = []
    printing = (
        "console.log('n', 1, {a: [1n, null]}, undefined); console.error(new Error('no'), 'two\\nlines')"
    )
    await javascript.run(printing, {}, log=lines.append)
    assert lines == ['n 1 {"a":["1",null]} undefined', "Error: no two", "lines"]
    for ending in ("throw 1", "while (true);", "const x = []; while (true) x.push({x})"):
        lines.clear()
        with pytest.raises(SandboxError):
            await javascript.run(f"console.log('before'); {ending}", {}, log=lines.append)
        assert lines == ["before"]
    await javascript.close()


async def test_printing_without_end_is_a_matter_of_time_only() -> None:
    javascript = JavaScript(1, max_memory=32 * 2**20, timeout_s=0.2, grace_s=60)
    lines: list[str] = []
    with pytest.raises(SandboxError) as caught:
        await javascript.run("while (true) console.log('x'.repeat(1000))", {}, log=lines.append)
    assert caught.value.code == "timeout"
    assert 0 < sum(map(len, lines)) <= 1_001_000
    await javascript.close()


@pytest.mark.parametrize("inputs", [{"x": object()}, {"x": "\ud800"}, {"x": 2**64}, {"x": float}])
async def test_an_input_that_cannot_cross_is_an_error_not_a_crash(
    javascript: JavaScript, inputs: dict[str, Any]
) -> None:
    assert (await refused(javascript, "x", **inputs)).code == "not_json"


async def test_many_callers_share_few_workers() -> None:
    javascript = JavaScript(2, max_memory=32 * 2**20, timeout_s=20)
    programs = [javascript.run("n * 2", {"n": number}, log=no_log) for number in range(40)]
    assert await asyncio.gather(*programs) == [number * 2 for number in range(40)]
    await javascript.close()


async def test_a_worker_is_confined_killed_when_its_caller_gives_up_and_replaced() -> None:
    javascript = JavaScript(1, max_memory=32 * 2**20, timeout_s=20)
    before = set(workers())
    await javascript.run("1", {}, log=no_log)
    (first,) = set(workers()) - before
    assert environment(first) == ""
    assert open_files_limit(first) == "0"
    assert user(first) == (65534 if os.geteuid() == 0 else os.geteuid())
    running = asyncio.create_task(javascript.run("while (true);", {}, log=no_log))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await javascript.run("2", {}, log=no_log) == 2
    (second,) = set(workers()) - before
    assert second != first
    os.kill(second, signal.SIGKILL)
    with pytest.raises(SandboxError) as caught:
        await javascript.run("3", {}, log=no_log)
    assert caught.value.code == "crashed"
    assert await javascript.run("4", {}, log=no_log) == 4
    await javascript.close()
    assert not set(workers()) - before


async def test_a_worker_that_hit_a_limit_is_not_used_again() -> None:
    javascript = JavaScript(1, max_memory=32 * 2**20, timeout_s=20)
    before = set(workers())
    for code, kept in (("1", True), ("null.x", True), ("'x'.repeat(1e9)", False)):
        await javascript.run("0", {}, log=no_log)
        first = set(workers()) - before
        with suppress(SandboxError):
            await javascript.run(code, {}, log=no_log)
        await javascript.run("0", {}, log=no_log)
        assert (set(workers()) - before == first) is kept
    await javascript.close()


def workers() -> Iterator[int]:
    """The JavaScript workers among this process's children."""
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text().split():
            if b"shared.javascript.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                yield int(pid)


def environment(pid: int) -> str:
    """What a process finds in its environment, if this one may know."""
    try:
        return Path(f"/proc/{pid}/environ").read_text()
    except PermissionError:
        return ""


def user(pid: int) -> int:
    (line,) = (each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each[:4] == "Uid:")
    return int(line.split()[2])


def open_files_limit(pid: int) -> str:
    (line,) = (each for each in Path(f"/proc/{pid}/limits").read_text().splitlines() if "open files" in each)
    return line.split()[3]
