"""JavaScript programs, in worker processes that reach nothing and stop at their limits."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from shared.contracts.value import from_json, to_json
from shared.javascript.frames import LENGTH_BYTES, frame
from shared.sandbox_error import SandboxError

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 60.0
GRACE_S = 2.0
"""How long past its limit a worker may say for itself that time is up, before it is killed. The limit counts
the worker's time on the CPU, this the clock: a busy machine is not the program's fault."""
MAX_RUNS = 500
"""A worker is replaced after so many, lest what the engine loses adds up."""
MAX_INPUT_CHARS = 30_000_000
"""A worker would die of more than its memory holds twice over."""
LIMITS_HIT = ("timeout", "memory_exceeded")

Log = Callable[[str], None]


class _Worker:
    """A worker process, which runs one program at a time."""

    def __init__(self, process: Process) -> None:
        assert process.stdin
        assert process.stdout
        self._process, self._requests, self._answers = process, process.stdin, process.stdout
        self.runs = 0

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Raises OSError or EOFError when the worker has died."""
        self.runs += 1
        self._requests.write(frame(orjson.dumps(request)))
        await self._requests.drain()
        return orjson.loads(await self.hear())

    async def hear(self) -> bytes:
        length = int.from_bytes(await self._answers.readexactly(LENGTH_BYTES))
        return await self._answers.readexactly(length)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        self._requests.close()

    async def end(self) -> int:
        """How it ended: negative for the signal that killed it."""
        return await self._process.wait()


class JavaScript:
    """`processes` workers, started when first needed; callers beyond that wait their turn. `max_memory` is in
    bytes, for one program."""

    def __init__(
        self, processes: int, *, max_memory: int, timeout_s: float, grace_s: float = GRACE_S
    ) -> None:
        self._max_memory = max_memory
        self._timeout_s = timeout_s
        self._grace_s = grace_s
        self._workers: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue()
        for _ in range(processes):
            self._workers.put_nowait(None)
        self._ending: set[asyncio.Task[int]] = set()

    async def close(self) -> None:
        """End the workers that are idle; those at work are ended by their callers."""
        while not self._workers.empty():
            if worker := self._workers.get_nowait():
                self._end(worker)
        if self._ending:
            await asyncio.wait(self._ending)

    async def run(
        self, code: str, inputs: Mapping[str, Any], *, timeout_s: float | None = None, log: Log
    ) -> Any:
        """The value of a program's last expression, with `inputs` as its global names; what it prints goes to
        `log`, line by line, also when it fails. Raises SandboxError."""
        limit_s = self._timeout_s if timeout_s is None else timeout_s
        request = {"code": code, "inputs": _crossing(code, inputs), "cpu_s": limit_s}
        answer = await self._asked(request, limit_s)
        for text in answer.get("printed", ()):
            for line in text.splitlines() or [""]:
                log(line)
        if "error" in answer:
            raise SandboxError(*answer["error"])
        return _value(answer["value"])

    async def _asked(self, request: dict[str, Any], limit_s: float) -> dict[str, Any]:
        worker, keep = await self._workers.get(), False
        try:
            if worker is None or not worker.is_alive:
                worker = None
                worker = await self._start()
            async with asyncio.timeout(limit_s + self._grace_s):
                answer = await worker.ask(request)
            keep = worker.runs < MAX_RUNS and answer.get("error", [""])[0] not in LIMITS_HIT
            return answer
        except TimeoutError:
            raise SandboxError("timeout", "it took too long and was stopped") from None
        except (OSError, EOFError):
            raise await _died(worker) from None
        finally:
            if worker and not keep:
                self._end(worker)
            self._workers.put_nowait(worker if keep else None)

    async def _start(self) -> _Worker:
        command = [sys.executable, "-E", "-s", "-m", "shared.javascript.worker", str(self._max_memory)]
        # stderr is the service's: what the interpreter itself has to say belongs into its log.
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env={}, stdin=PIPE, stdout=PIPE, start_new_session=True
        )
        worker = _Worker(process)
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await worker.hear()
        except BaseException as error:
            self._end(worker)
            if isinstance(error, TimeoutError):
                raise EOFError from error
            raise
        return worker

    def _end(self, worker: _Worker) -> None:
        """Kill it now; its end is awaited by the way."""
        worker.kill()
        ending = asyncio.create_task(worker.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


def _crossing(code: str, inputs: Mapping[str, Any]) -> str:
    """The inputs as JSON text, once it is certain that they and the code can cross."""
    try:
        code.encode()
        text = to_json(dict(inputs))
    except (TypeError, ValueError) as error:
        raise SandboxError("not_json", f"an input is not a JSON value: {error}") from error
    if len(text) > MAX_INPUT_CHARS:
        said = f"its inputs have {len(text):,} characters of JSON; {MAX_INPUT_CHARS:,} may be"
        raise SandboxError("memory_exceeded", said)
    return text


def _value(text: str) -> Any:
    try:
        value = from_json(text)
        to_json(value)  # refuses what is nested too deep for anybody else
    except (TypeError, ValueError) as error:
        raise SandboxError("not_json", f"its value is not a JSON value: {error}") from error
    return value


async def _died(worker: _Worker | None) -> SandboxError:
    if worker is None:
        return SandboxError("crashed", "its worker process did not start; the runner's log says why")
    worker.kill()
    code = await worker.end()
    if code == -signal.SIGXCPU:
        return SandboxError("timeout", "it took too long and was stopped")
    how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    return SandboxError("crashed", f"its worker process died ({how}); was it too deep or too large?")
