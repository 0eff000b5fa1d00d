"""Paths of the States Language: JSONPath as AWS reads it, and Reference Paths to put a result at.

Paths that name a single value are walked here: AWS takes names that RFC 9535 refuses (`$.a:b`, `$.1a`), and
fails where nothing is found. Wildcards, slices, filters and `..` are left to python-jsonpath."""

import re
from typing import Any

from jsonpath import JSONPathEnvironment, JSONPathError

from shared.asl.errors import RESULT_PATH, RUNTIME, StatesError
from shared.asl.spelling import (
    LENGTH,
    QUOTED,
    SEVERAL_NAMES,
    Key,
    PathSpellingError,
    keys_of,
    named,
    spelled,
    split,
)

MOST_FOUND = 100_000
MOST_CAUSE = 300
PLACES = re.compile(r"\.?\[\s*+-?[0-9]*+\s*+[:,]")
"""A slice or a list of indexes."""
FILTER = re.compile(r"\.?\[\s*\?")


class PathMissing(StatesError):
    """Nothing is where a path leads."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(RUNTIME, f"The JSONPath '{path[:MOST_CAUSE]}' {why}")


class _Environment(JSONPathEnvironment):
    """Without functions: the States Language has none in filters, and patterns could run for ever."""

    def setup_function_extensions(self) -> None:
        """None."""


_ENVIRONMENT = _Environment()


def read(path: str, data: Any, context: dict[str, Any]) -> Any:
    """The value a path selects, a list for one that may select several; `$$` reads the Context Object.
    Raises PathMissing."""
    root, path_in_root = (context, path[1:]) if path.startswith("$$") else (data, path)
    try:
        keys, rest = split(path_in_root)
        value = _walked(path, root, keys)
        if not rest:
            return value
        if rest == LENGTH:
            return _length(path, value)
        if names := SEVERAL_NAMES.search(rest):
            return _fields(path, path_in_root[: -len(names[0])], names[1], root)
        if PLACES.match(rest) and not isinstance(value, list):
            raise PathMissing(path, f"wants an array, not {_kind(value)}")
        if isinstance(value, dict) and FILTER.match(rest):  # AWS tests the object itself, not its values
            return _found(path, spelled(rest), [value])
        return _found(path, named(keys) + spelled(rest), root)
    except PathSpellingError as error:
        raise StatesError(RUNTIME, f"'{path[:MOST_CAUSE]}' is not a JSONPath: {error}") from error


def check_path(path: str) -> str | None:
    """What is wrong with the spelling of a path, if anything is."""
    try:
        _, rest = split(path.removeprefix("$") if path.startswith("$$") else path)
        if rest and rest != LENGTH:
            _ENVIRONMENT.compile("$" + spelled(rest))
    except (PathSpellingError, JSONPathError) as error:
        return str(error).splitlines()[0]
    except ValueError:  # of the library, which takes numbers of any length
        return "a number in it is too large"
    return None


def check_reference(path: str) -> str | None:
    """What is wrong with the spelling of a Reference Path, which names a single place."""
    try:
        keys_of(path)
    except PathSpellingError as error:
        return str(error)
    return None


def put(path: str, raw: Any, result: Any) -> Any:
    """A copy of the raw input with the result at a Reference Path, made with what leads there; raises
    StatesError `States.ResultPathMatchFailure`."""
    try:
        keys = keys_of(path)
    except PathSpellingError as error:
        raise StatesError(RESULT_PATH, f"'{path[:MOST_CAUSE]}' is not a Reference Path: {error}") from error
    return _put(path, raw, keys, result)


def _put(path: str, into: Any, keys: list[Key], result: Any) -> Any:
    if not keys:
        return result
    key, *rest = keys
    if isinstance(key, str) and isinstance(into, dict):
        return {**into, key: _put(path, into.get(key, {}), rest, result)}
    if isinstance(key, int) and isinstance(into, list) and 0 <= key < len(into):
        return [_put(path, each, rest, result) if at == key else each for at, each in enumerate(into)]
    raise StatesError(
        RESULT_PATH, f"ResultPath '{path[:MOST_CAUSE]}' cannot be applied: {_kind(into)} has no place {key!r}"
    )


def _walked(path: str, root: Any, keys: list[Key]) -> Any:
    value: Any = root
    for key in keys:
        by_name = isinstance(key, str) and isinstance(value, dict) and key in value
        by_place = isinstance(key, int) and isinstance(value, list) and -len(value) <= key < len(value)
        if not (by_name or by_place):
            raise PathMissing(path, f"could not be found in the input: {_kind(value)} has no {key!r}")
        value = value[key]  # type: ignore[index]
    return value


def _found(path: str, selectors: str, value: Any) -> list[Any]:
    try:
        found: list[Any] = []
        for match in _ENVIRONMENT.finditer(f"${selectors}", value):
            found.append(match.obj)
            if len(found) > MOST_FOUND:
                raise StatesError(RUNTIME, f"The JSONPath '{path[:MOST_CAUSE]}' selects too many values")
        return found
    except (ValueError, JSONPathError) as error:
        said = str(error).splitlines()[0]
        raise StatesError(RUNTIME, f"'{path[:MOST_CAUSE]}' is not a JSONPath: {said}") from error


def _fields(path: str, leading: str, names: str, root: Any) -> Any:
    """What AWS makes of a list of names at the end: an object with these of an object's fields, or a list of
    them."""
    wanted = [keys_of(f"$[{each}]")[0] for each in QUOTED.findall(names)]
    found = read(leading, root, {})
    if isinstance(found, list) and split(leading)[1]:
        return [_picked(each, wanted) for each in found if isinstance(each, dict)]
    if not isinstance(found, dict):
        raise PathMissing(path, f"wants an object, not {_kind(found)}")
    return _picked(found, wanted)


def _picked(value: dict[str, Any], names: list[Key]) -> dict[str, Any]:
    return {str(name): value[str(name)] for name in names if name in value}


def _length(path: str, value: Any) -> int:
    if isinstance(value, list | dict | str):
        return len(value)
    raise PathMissing(path, f"asks for the length of {_kind(value)}")


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")
