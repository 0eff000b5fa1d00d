"""What a node logs is kept within limits, and what is not kept is told."""

from typing import Any, cast

import pytest

from shared.context import MAX_LOG_CHARS, Context
from shared.contracts.node_run import MAX_LINE_CHARS, MAX_LOG_LINES
from tests.builders import succeeded


@pytest.fixture
def context() -> Context:
    return Context("run_1", "default", "a", 1, sandbox=cast("Any", None), bindings={})


def test_lines_are_kept_as_they_are(context: Context) -> None:
    for line in ("one", "", "x" * MAX_LINE_CHARS):
        context.log(line)
    assert context.logs == ["one", "", "x" * MAX_LINE_CHARS]


def test_a_long_line_is_cut(context: Context) -> None:
    context.log("x" * (MAX_LINE_CHARS + 1))
    assert context.logs == ["x" * (MAX_LINE_CHARS - 1) + "\u2026"]


@pytest.mark.parametrize(
    ("lines", "each", "kept"),
    [(MAX_LOG_LINES + 50, 1, MAX_LOG_LINES - 1), (30, 1000, MAX_LOG_CHARS // 1000), (1, MAX_LOG_CHARS, 1)],
)
def test_what_is_not_kept_is_counted(context: Context, lines: int, each: int, kept: int) -> None:
    for _ in range(lines):
        context.log("x" * each)
    left = lines - kept
    assert len(context.logs) == kept + bool(left)
    assert context.logs[-1] == (f"({left} more lines not kept)" if left else context.logs[0])
    assert sum(map(len, context.logs)) <= MAX_LOG_CHARS + 100
    result = succeeded("a").model_copy(update={"logs": context.logs})
    assert type(result).model_validate(result.model_dump()) == result


def test_one_line_more_is_one_line(context: Context) -> None:
    for _ in range(MAX_LOG_LINES):
        context.log("x")
    assert context.logs[-2:] == ["x", "(1 more line not kept)"]
