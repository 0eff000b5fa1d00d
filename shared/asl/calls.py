"""How calls of functions are written: `States.Format('{} of {}', $.at, States.ArrayLength($.all))`."""

import math
import re
from dataclasses import dataclass
from typing import Any

from shared.asl.spelling import QUOTED

PREFIX = "States."
MOST_NESTED = 20
MOST_DIGITS = 40

_NAME = re.compile(r"States\.[A-Za-z0-9]+")
_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?(?=[\s,)])")
_WORD = re.compile(r"(?:true|false|null)(?=[\s,)])")
_WORDS = {"true": True, "false": False, "null": None}
_SPACE = re.compile(r"\s*")


class CallSpellingError(ValueError):
    """A call that cannot be read; the message says where."""


@dataclass(frozen=True)
class Text:
    """A literal between single quotes, its backslashes still in it."""

    raw: str


@dataclass(frozen=True)
class Literal:
    """A number, true, false or null."""

    value: Any


@dataclass(frozen=True)
class PathTo:
    """A path into the data or, with `$$`, into the Context Object."""

    path: str


@dataclass(frozen=True)
class Call:
    """A function and what it is called with."""

    name: str
    arguments: tuple["Argument", ...]


Argument = Text | Literal | PathTo | Call


def parse_call(source: str) -> Call:
    """The call that a text holds; raises CallSpellingError."""
    text = source.strip()
    call, end = _call(text, 0, 1)
    if end != len(text):
        raise CallSpellingError(f"nothing may follow the call, but {text[end : end + 40]!r} does")
    return call


def paths_in(call: Call) -> list[str]:
    """Every path among the arguments, nested calls included."""
    found: list[str] = []
    for argument in call.arguments:
        if isinstance(argument, PathTo):
            found.append(argument.path)
        elif isinstance(argument, Call):
            found += paths_in(argument)
    return found


def _call(text: str, at: int, depth: int) -> tuple[Call, int]:
    name = _NAME.match(text, at)
    if name is None or depth > MOST_NESTED:
        raise CallSpellingError(f"a function is expected at {text[at : at + 40]!r}")
    at = _skip(text, name.end())
    if text[at : at + 1] != "(":
        raise CallSpellingError(f"`(` is expected after {name[0]}")
    at = _skip(text, at + 1)
    arguments: list[Argument] = []
    while text[at : at + 1] != ")":
        if arguments:
            if text[at : at + 1] != ",":
                raise CallSpellingError(f"`,` or `)` is expected at {text[at : at + 40]!r}")
            at = _skip(text, at + 1)
        argument, at = _argument(text, at, depth)
        arguments.append(argument)
        at = _skip(text, at)
    return Call(name[0], tuple(arguments)), at + 1


def _argument(text: str, at: int, depth: int) -> tuple[Argument, int]:
    if match := _TEXT.match(text, at):
        return Text(match[1]), match.end()
    if match := _NUMBER.match(text, at):
        return Literal(_number(match)), match.end()
    if match := _WORD.match(text, at):
        return Literal(_WORDS[match[0]]), match.end()
    if text.startswith("$", at):
        end = _path_end(text, at)
        return PathTo(text[at:end].strip()), end
    return _call(text, at, depth + 1)


def _number(match: re.Match[str]) -> int | float:
    """Raises CallSpellingError for one that no other system could read."""
    whole = not (match[1] or match[2])
    if len(match[0]) > MOST_DIGITS or not math.isfinite(float(match[0])):
        raise CallSpellingError(f"the number {match[0][:MOST_DIGITS]} is too large")
    return int(match[0]) if whole else float(match[0])


def _path_end(text: str, start: int) -> int:
    """A path ends at the first comma or closing parenthesis that is not within brackets, parentheses or
    quotes of its own."""
    depth, at = 0, start
    while at < len(text):
        if depth and (match := QUOTED.match(text, at)):
            at = match.end()
            continue
        if depth and text[at] in "'\"":
            raise CallSpellingError("a quote is not closed")
        if depth == 0 and text[at] in ",)":
            return at
        depth += (text[at] in "[(") - (text[at] in "])")
        at += 1
    raise CallSpellingError("a `)` is missing")


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
