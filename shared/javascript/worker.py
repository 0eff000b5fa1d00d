"""The other side of the pool: runs one program after the other, each in an engine of its own, under limits.

A limit of the engine is met first and tells the line; those of the process hold where the engine does not
look. What is needed later is loaded before the process confines itself: afterwards it can open nothing."""

import re
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from quickjs import Context, JSException, StackOverflow

from shared.confine import confine, keep_secrets, limit_cpu
from shared.javascript.frames import read_frame, write_frame

PRELUDE = Path(__file__).with_name("prelude.js").read_text()
STACK_BYTES = 1_000_000
SPARE_BYTES = 128 * 2**20
TOLD_WITHIN_S = 0.2
MAX_VALUE_CHARS = 16_000_000
LONGEST_MESSAGE = 2000
FRAME = re.compile(r"<input>:([0-9]+)(?::[0-9]+)?")
OUT_OF_MEMORY = "InternalError: out of memory"
INTERRUPTED = "InternalError: interrupted"
NOT_TOLD = "(Failed obtaining QuickJS error string"

Answer = dict[str, Any]


class _Program:
    """One program in a context that nobody saw before. `cpu_s` is for all of it."""

    def __init__(self, memory: int, cpu_s: float) -> None:
        self._memory = memory
        self._until = time.process_time() + cpu_s
        self._context = Context()
        self._context.set_memory_limit(memory)
        self._context.set_max_stack_size(STACK_BYTES)
        self._host = self._context.eval(PRELUDE)

    def run(self, code: str, inputs: str) -> Answer:
        """What it came to: `{"value": JSON text}` or `{"error": [code, message, line]}`."""
        try:
            self._step("inputs", inputs)
            self._step("run", code)
            self._finish_promises()
        except (JSException, StackOverflow) as error:  # what a program cannot catch
            return self._stopped(str(error), _line(_frames(str(error))))
        try:
            return self._answer(self._step("outcome"))
        except (JSException, StackOverflow) as error:
            return self._stopped(str(error), None)

    def printed(self) -> list[str]:
        """What it printed, also when a limit ended it."""
        self._until = time.process_time() + TOLD_WITHIN_S
        self._context.set_memory_limit(2 * self._memory)
        try:
            return orjson.loads(self._step("printed") or "[]")
        except (JSException, StackOverflow, ValueError):
            return []

    @property
    def _left_s(self) -> float:
        return self._until - time.process_time()

    def _step(self, name: str, argument: str | None = None) -> Any:
        self._context.set_time_limit(max(self._left_s, 0))
        return self._host(name, argument)

    def _finish_promises(self) -> None:
        while True:
            self._context.set_time_limit(max(self._left_s, 0))
            if not self._context.execute_pending_job():
                return

    def _answer(self, text: str | None) -> Answer:
        if self._left_s <= 0:  # inside a promise an interruption looks like any other error
            return _timeout(None)
        if text is None:  # too large to leave the engine
            return _memory_exceeded("its value is too large")
        if text.startswith('{"value":'):
            if len(text) > MAX_VALUE_CHARS:
                return _memory_exceeded(f"its value has more than {MAX_VALUE_CHARS:,} characters of JSON")
            return {"value": text.removeprefix('{"value":')[:-1]}
        return _told(orjson.loads(text))

    def _stopped(self, said: str, line: int | None) -> Answer:
        if self._left_s <= 0 or said.startswith(INTERRUPTED):
            return _timeout(line)
        if said.startswith((OUT_OF_MEMORY, NOT_TOLD, "null\n")):
            return _memory_exceeded("it used too much memory", line)
        return _error("code_error", said.partition("\n")[0], line)


def _told(problem: dict[str, Any]) -> Answer:
    """A problem the prelude caught, as an answer."""
    said, frames = problem["error"], _frames(problem.get("stack", ""))
    line = None if problem.get("unfit") else _line(frames)
    if problem.get("lost"):
        return _memory_exceeded("it used too much memory, or threw null")
    if said.startswith(OUT_OF_MEMORY):
        return _memory_exceeded("it used too much memory", line)
    if problem.get("unfit"):
        return _error("not_json", f"its value is not a JSON value: {said.removeprefix('Error: ')}")
    is_syntax = problem.get("syntax") and len(frames.splitlines()) == 1 and "(" not in frames
    return _error("syntax_error" if is_syntax else "code_error", said, line)


def _frames(stack: str) -> str:
    """The program's own part of a stack, innermost first."""
    own, mark, _ = stack.rpartition("    at eval (native)")
    return own if mark else stack


def _line(text: str) -> int | None:
    found = FRAME.search(text)
    return int(found[1]) if found else None


def _timeout(line: int | None) -> Answer:
    return _error("timeout", "it took too long and was stopped", line)


def _memory_exceeded(message: str, line: int | None = None) -> Answer:
    return _error("memory_exceeded", message, line)


def _error(code: str, message: str, line: int | None = None) -> Answer:
    return {"error": [code, message[:LONGEST_MESSAGE], line]}


def ran(request: dict[str, Any], memory: int) -> tuple[_Program | None, Answer]:
    """A program, and what it came to and `printed`."""
    limit_cpu(request["cpu_s"] + 1)
    try:
        program = _Program(memory, request["cpu_s"])
        answer = program.run(request["code"], request["inputs"])
        return program, {**answer, "printed": program.printed()}
    except MemoryError:
        return None, _memory_exceeded("it used too much memory")


def serve(requests: BinaryIO, answers: BinaryIO, memory: int) -> None:
    """Answer until there are no more requests."""
    while (content := read_frame(requests)) is not None:
        program, answer = ran(orjson.loads(content), memory)
        write_frame(answers, orjson.dumps(answer))
        del program  # not before it has answered: after a limit the engine may not survive being cleared away


def main() -> None:
    """Confine this process for good and serve; the memory limit of a program is the only argument."""
    memory = int(sys.argv[1])
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    confine(memory=2 * memory + SPARE_BYTES, file_bytes=0, open_files=0, processes=0)
    keep_secrets()
    write_frame(answers, b"ready")
    serve(requests, answers, memory)


if __name__ == "__main__":
    main()
