"""Strings with `{{ }}` in them, taken apart once and remembered."""

import re
from dataclasses import dataclass
from functools import lru_cache

from shared.expressions.errors import ExpressionError, Problem
from shared.expressions.paths import Path
from shared.expressions.syntax import MAX_CHARS, Expression, Refused, read

OPEN, CLOSE = "{{", "}}"
_CACHED_CHARS = 4_000
_MAX_PROBLEMS = 5
_TOKEN = re.compile(
    r"""(?P<long>\"{3}|'{3})(?:\\.|(?!(?P=long))[^\\])*+(?P=long)
      | "(?:\\.|[^"\\\n])*+" | '(?:\\.|[^'\\\n])*+' | [][(){}"']""",
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True)
class Template:
    """A string taken apart: literal text and expressions, in order. The problems' paths are empty."""

    text: str
    parts: tuple[str | Expression, ...]
    problems: tuple[Problem, ...]

    @property
    def expressions(self) -> list[Expression]:
        """Its expressions in order."""
        return [part for part in self.parts if isinstance(part, Expression)]

    @property
    def single(self) -> Expression | None:
        """The expression that the whole string is, so that the value keeps its type."""
        first = self.parts[0] if len(self.parts) == 1 else None
        return first if isinstance(first, Expression) else None


def parse(text: str) -> Template:
    """Take a string apart; never raises, for what is wrong stands in `problems`."""
    return _remembered(text) if len(text) <= _CACHED_CHARS else _parsed(text)


def bare(text: str) -> Template:
    """As `parse`, for a field that holds one expression with or without `{{ }}` around it."""
    stripped = text.strip()
    wrapped = parse(stripped)
    if wrapped.single or (stripped.startswith(OPEN) and stripped.endswith(CLOSE) and wrapped.problems):
        return wrapped
    return _bare(text)


def path(text: str) -> Path:
    """The path in `{{ nodes.z.items[0] }}`; raises ExpressionError when it is anything else."""
    template = parse(text)
    if template.problems:
        problem = template.problems[0]
        raise ExpressionError("expression_error", f"{problem.message} (at character {problem.offset})")
    if template.single is None:
        raise ExpressionError("expression_error", "it must be one path and no more, such as {{ nodes.a.b }}")
    if template.single.path is None:
        start = template.single.start
        message = f"only a path may stand here, such as {{{{ nodes.a.b[0] }}}} (at character {start})"
        raise ExpressionError("expression_error", message)
    return template.single.path


def _parsed(text: str) -> Template:
    parts: list[str | Expression] = []
    problems: list[Problem] = []
    done = 0
    while (opened := text.find(OPEN, done)) >= 0 and len(problems) < _MAX_PROBLEMS:
        start = opened + len(OPEN)
        end = _end(text, start)
        if end is None:
            problems.append(Problem("", "expression_syntax", "`{{` is never closed with `}}`", opened))
            break
        if opened > done:
            parts.append(text[done:opened])
        try:
            parts.append(read(text[start:end], start))
        except Refused as refused:
            offset = start + refused.offset
            problems.append(Problem("", refused.code, str(refused), offset))
        done = end + len(CLOSE)
    if done < len(text):
        parts.append(text[done:])
    return Template(text, tuple(parts), tuple(problems))


_remembered = lru_cache(4096)(_parsed)


@lru_cache(1024)
def _bare(text: str) -> Template:
    try:
        return Template(text, (read(text),), ())
    except Refused as refused:
        return Template(text, (), (Problem("", refused.code, str(refused), refused.offset),))


def _end(text: str, start: int) -> int | None:
    """Where the `}}` is that closes an expression: outside of brackets and strings, or else the next one."""
    depth = 0
    for token in _TOKEN.finditer(text, start, min(len(text), start + MAX_CHARS + len(CLOSE))):
        sign = token.group()
        if depth == 0 and sign == "}" and text.startswith(CLOSE, token.start()):
            return token.start()
        if sign in ("(", "[", "{"):
            depth += 1
        elif sign in (")", "]", "}"):
            depth -= 1
        if depth < 0 or sign in ('"', "'"):
            break
    end = text.find(CLOSE, start)
    return end if end >= 0 else None
