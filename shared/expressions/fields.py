"""The strings of a config: which hold templates, which one bare expression, and which program text."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from shared.expressions.errors import Problem
from shared.expressions.paths import Path
from shared.expressions.syntax import Expression
from shared.expressions.templates import OPEN, Template, bare, parse

Where = tuple[str | int, ...]
_ANY = object()
_Patterns = tuple[tuple[object, ...], ...]
PER_ITEM_ROOTS = frozenset({"item", "index"})


def changed(
    config: Mapping[str, Any], kept: Iterable[str], change: Callable[[str, Where], Any]
) -> dict[str, Any]:
    """A copy of the config with `change(text, where)` in place of every string that holds `{{`.

    Dict keys, and what stands at the `kept` paths (`rules[].when`, `measures{}.value`), stay as they are."""
    return _changed(config, _patterns(tuple(kept)), (), change)


def templates(config: Mapping[str, Any], kept: Iterable[str]) -> list[tuple[Where, Template]]:
    """Every string of the config that holds `{{`, taken apart, and where it stands."""
    found: list[tuple[Where, Template]] = []
    changed(config, kept, lambda text, where: found.append((where, parse(text))))
    return found


def per_item_templates(config: Mapping[str, Any], per_item: Iterable[str]) -> list[tuple[Where, Template]]:
    """Every string at the `per_item` paths as the one bare expression it holds."""
    return [
        (where, bare(text))
        for pattern in _patterns(tuple(per_item))
        for where, text in _at(config, pattern, ())
        if isinstance(text, str)
    ]


def expressions(
    config: Mapping[str, Any], per_item: Iterable[str], code: Iterable[str]
) -> Iterator[Expression]:
    """Every readable expression of a config, those per item without `item` and `index` among their roots."""
    per_item = tuple(per_item)
    for _, template in templates(config, (*per_item, *code)):
        yield from template.expressions
    for _, template in per_item_templates(config, per_item):
        for expression in template.expressions:
            yield replace(expression, roots=expression.roots - PER_ITEM_ROOTS)


def references(
    config: Mapping[str, Any], per_item: Iterable[str] = (), code: Iterable[str] = ()
) -> tuple[list[str] | None, list[str]]:
    """The nodes that a config's expressions name (None: any of them), and the other roots; both sorted."""
    named: set[str] = set()
    roots: set[str] = set()
    any_node = False
    for expression in expressions(config, per_item, code):
        any_node = any_node or expression.references is None
        named |= expression.references or frozenset()
        roots |= expression.roots
    return (None if any_node else sorted(named)), sorted(roots - {"nodes"})


def variables(
    config: Mapping[str, Any], per_item: Iterable[str] = (), code: Iterable[str] = ()
) -> list[str] | None:
    """The workspace's variables that a config's expressions name, sorted; None for any of them."""
    found = [expression.variables for expression in expressions(config, per_item, code)]
    return None if None in found else sorted({name for names in found for name in names or ()})


def problems(
    config: Mapping[str, Any], per_item: Iterable[str] = (), code: Iterable[str] = ()
) -> list[Problem]:
    """What is wrong with a config's expressions, with paths such as `headers.Accept`."""
    per_item = tuple(per_item)
    found = [*templates(config, (*per_item, *code)), *per_item_templates(config, per_item)]
    return [
        replace(problem, path=shown(where), message=f"{problem.message} (at character {problem.offset})")
        for where, template in found
        for problem in template.problems
    ]


def shown(where: Where) -> str:
    """A place in a config as text: `rules[0].when`, `headers["X-Api-Key"]`."""
    if not where:
        return ""
    first, *rest = where
    return str(Path(str(first), tuple(rest)))


def _changed(value: Any, patterns: _Patterns, where: Where, change: Callable[[str, Where], Any]) -> Any:
    if isinstance(value, str):
        return change(value, where) if OPEN in value else value
    if isinstance(value, Mapping):
        pairs: Iterable[tuple[str | int, Any]] = value.items()
        return {key: _inner(key, each, patterns, where, change) for key, each in pairs}
    if isinstance(value, list):
        return [_inner(index, each, patterns, where, change) for index, each in enumerate(value)]
    return value


def _inner(
    key: str | int, value: Any, patterns: _Patterns, where: Where, change: Callable[[str, Where], Any]
) -> Any:
    if patterns:
        patterns = tuple(pattern[1:] for pattern in patterns if pattern[0] is _ANY or pattern[0] == key)
        if () in patterns:
            return value
    return _changed(value, patterns, (*where, key), change)


def _at(value: Any, pattern: tuple[object, ...], where: Where) -> Iterator[tuple[Where, Any]]:
    if not pattern:
        yield where, value
        return
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        pairs = value.items()
    elif isinstance(value, list) and pattern[0] is _ANY:
        pairs = enumerate(value)
    for key, each in pairs:
        if pattern[0] is _ANY or pattern[0] == key:
            yield from _at(each, pattern[1:], (*where, key))


@lru_cache(256)
def _patterns(paths: tuple[str, ...]) -> _Patterns:
    """`rules[].when` as the keys `rules`, any, `when`."""
    marked = (path.replace("[]", ".\0").replace("{}", ".\0").split(".") for path in paths)
    return tuple(tuple(_ANY if part == "\0" else part for part in parts) for parts in marked)
