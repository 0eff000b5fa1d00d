"""Schemathesis let loose on a gateway that runs."""

import ast
import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import RLock
from typing import Any
from unittest.mock import patch

import schemathesis
from schemathesis import hooks
from schemathesis.engine import events, from_schema

from tests.fuzz.judging import filter_failure
from tests.fuzz.outcome import Outcome
from tests.fuzz.settings import Ids, settings

WAIT_S, MOST_WAIT_S = 0.05, 60


async def fuzzed(
    root: str, headers: Mapping[str, str], ids: Ids, *, phases: Sequence[str], only: str = "."
) -> Outcome:
    """Call the API at `root` in every way that its document allows, and in some that it does not.
    `only` is a regular expression of paths."""
    schemathesis.hook(before_call)
    try:
        with _parsing_one_by_one():
            return await asyncio.to_thread(_run, root, headers, ids, phases, only)
    finally:
        hooks.unregister(before_call)


@contextmanager
def _parsing_one_by_one() -> Iterator[None]:
    """Hypothesis parses Python in each of its threads. CPython 3.11 counts how deep all threads are together,
    and fails with a SystemError where one goes on in the midst of another."""
    lock, parse = RLock(), ast.parse

    def alone(*given: Any, **named: Any) -> Any:
        with lock:
            return parse(*given, **named)

    with patch.object(ast, "parse", alone):
        yield


def _run(root: str, headers: Mapping[str, str], ids: Ids, phases: Sequence[str], only: str) -> Outcome:
    config = schemathesis.Config.from_dict(settings(headers, ids, phases, only))
    schema = schemathesis.openapi.from_url(f"{root}/api/v1/openapi.json", config=config)
    schema.config.update(base_url=root)
    schema.hook(filter_failure)
    outcome = Outcome()
    for event in from_schema(schema).execute():
        match event:
            case events.ScenarioFinished():
                outcome.take(event.phase.value, event.recorder, event.elapsed_time)
            case events.NonFatalError():
                outcome.findings[event.label, "error", str(event.value)] = f"{event.info}"
            case events.FatalError():
                raise event.exception
    return outcome


def before_call(_context: Any, case: schemathesis.Case, _kwargs: dict[str, Any]) -> None:
    """Nobody waits here for what the stand-ins never do."""
    query = case.query if isinstance(case.query, dict) else {}
    given = query.get("wait", 15 if case.path.endswith("/test") and "/alerts/" in case.path else 0)
    with suppress(TypeError, ValueError):
        if WAIT_S < float(given) <= MOST_WAIT_S:
            case.query = {**query, "wait": WAIT_S}
