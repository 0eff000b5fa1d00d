"""How paths are written: the names and indexes that lead to one place, and what comes after them."""

import re

Key = str | int
MOST_DESCENTS = 3

_DOT = re.compile(r"\.(?!\.)([^.\[\]()*'\"\s]+)(?!\()")
_BRACKETED = re.compile(r"""\.?\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]""")
_INDEX = re.compile(r"\.?\[\s*(-?[0-9]{1,9})\s*\]")
_NAME = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
QUOTED = re.compile(_NAME)
SEVERAL_NAMES = re.compile(rf"\.?\[\s*({_NAME}(?:\s*,\s*{_NAME})+)\s*\]$")
"""A list of names at the end of a path."""
_PATTERN = re.compile(r"=~|\b(?:match|search)\s*\(")
LENGTH = ".length()"
"""What AWS takes at the end of a path to one value, though no specification has it."""


class PathSpellingError(ValueError):
    """A path that cannot be read; the message says why."""


def split(path: str) -> tuple[list[Key], str]:
    """The names and indexes a path begins with, and the rest: from the first wildcard, slice, list, filter
    or `..` on."""
    if not path.startswith("$"):
        raise PathSpellingError("it must begin with $")
    keys: list[Key] = []
    at = 1
    while at < len(path):
        if path[at:] == LENGTH:
            break
        if match := _BRACKETED.match(path, at):
            keys.append(_unescaped(match[1] if match[1] is not None else match[2]))
        elif match := _INDEX.match(path, at):
            keys.append(int(match[1]))
        elif match := _DOT.match(path, at):
            keys.append(match[1])
        else:
            break
        at = match.end()
    return keys, path[at:]


def keys_of(path: str) -> list[Key]:
    """The names and indexes of a Reference Path; raises PathSpellingError when it could select several."""
    if path.startswith("$$"):
        raise PathSpellingError("it may not lead into the Context Object")
    keys, rest = split(path)
    if rest:
        raise PathSpellingError(f"{rest[:40]!r} does not name one place")
    return keys


def named(keys: list[Key]) -> str:
    """Names and indexes in RFC 9535's spelling."""
    return "".join(f"[{key}]" if isinstance(key, int) else f"['{_escaped(key)}']" for key in keys)


def spelled(rest: str) -> str:
    """The rest of a path in RFC 9535's spelling, names in brackets and quotes."""
    made: list[str] = []
    at = 0
    while at < len(rest):
        at = _next(rest, at, made)
    bare = QUOTED.sub("''", rest)
    if _PATTERN.search(bare):
        raise PathSpellingError("patterns in filters are not supported")
    if bare.count("..") > MOST_DESCENTS:
        raise PathSpellingError(f"it may have .. {MOST_DESCENTS} times at most")
    return "".join(made)


def _next(rest: str, at: int, made: list[str]) -> int:
    """Add what begins at a place to what was made; the place after it."""
    dots = ".." if rest.startswith("..", at) else ""
    after = at + (len(dots) or rest.startswith(".", at))
    if rest.startswith("[", after):
        end = _closing(rest, after)
        made.append(dots + rest[after:end])
        return end
    if rest.startswith("*", after) and after > at:
        made.append(f"{dots}[*]")
        return after + 1
    match = _DOT.match("." + rest[after:]) if after > at else None
    if match is None:
        raise PathSpellingError(f"nothing can be made of {rest[at : at + 40]!r}")
    made.append(f"{dots}['{_escaped(match[1])}']")
    return after + len(match[1])


def _closing(text: str, start: int) -> int:
    """The place after the bracket that closes the one at `start`."""
    depth, at = 0, start
    while at < len(text):
        if match := QUOTED.match(text, at):
            at = match.end()
            continue
        if text[at] in "'\"":
            raise PathSpellingError("a quote is not closed")
        depth += (text[at] == "[") - (text[at] == "]")
        at += 1
        if depth == 0:
            return at
    raise PathSpellingError("a [ is not closed")


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("'", "\\'")


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
