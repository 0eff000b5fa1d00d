"""A config's expressions turned into values. Paths are looked up here; all the rest goes to the sandbox."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from shared.expressions.errors import ExpressionError
from shared.expressions.fields import Where, changed, shown
from shared.expressions.paths import Miss, code_of, find
from shared.expressions.syntax import Expression
from shared.expressions.templates import Template, bare, parse
from shared.sandbox_error import SandboxError

if TYPE_CHECKING:
    from shared.sandbox import Sandbox

_CODES = {
    "timeout": "expression_timeout",
    "memory_exceeded": "expression_memory",
    "crashed": "expression_crashed",
}
_MISSING = ("KeyError", "IndexError")
_ITEMS = "_items"
_SHOWN_SOURCE = 200


async def resolve(
    sandbox: "Sandbox",
    config: Mapping[str, Any],
    bindings: Mapping[str, Any],
    *,
    per_item: Iterable[str] = (),
    code: Iterable[str] = (),
) -> dict[str, Any]:
    """A copy of the config with every `{{ }}` evaluated over the bindings; raises ExpressionError.

    Fields at the paths `per_item` and `code`, and the keys of dicts, stay as they are."""
    kept = (*per_item, *code)
    places: dict[str, Where] = {}

    def note(text: str, where: Where) -> str:
        places.setdefault(text, where)
        return text

    result = changed(config, kept, note)
    if not places:
        return result
    found = [(shown(where), _sound(parse(text), where)) for text, where in places.items()]
    values = await _values(sandbox, found, bindings)
    texts = {template.text: _assembled(template, values) for _, template in found}
    return changed(config, kept, lambda text, _: texts[text])


async def evaluate_each(
    sandbox: "Sandbox", expression: str, items: Sequence[Any], bindings: Mapping[str, Any]
) -> list[Any]:
    """The expression's value for each of the items, as `item` and `index`, in one sandbox call.

    It may have `{{ }}` around it. Raises ExpressionError that names the item."""
    each = _sound(bare(expression), ()).expressions[0]
    if each.path:
        every = enumerate(items)
        return [_looked_up(each, {**bindings, "item": item, "index": index}, index) for index, item in every]
    if not items:
        return []
    inputs = _needed([("", each)], {**bindings, "item": None, "index": None})
    code = f"[{each.code} for index, item in enumerate({_ITEMS})]"
    try:
        return await sandbox.evaluate(code, {**inputs, _ITEMS: items})
    except SandboxError as error:
        raise await _blamed(sandbox, each, items, inputs, error) from error


async def evaluate_one(sandbox: "Sandbox", expression: str, bindings: Mapping[str, Any]) -> Any:
    """The value of one expression, which may have `{{ }}` around it. Raises ExpressionError."""
    template = _sound(bare(expression), ())
    values = await _values(sandbox, [("", template)], bindings)
    return values[template.expressions[0].source]


def _sound(template: Template, where: Where) -> Template:
    if not template.problems:
        return template
    problem, path = template.problems[0], shown(where)
    place = f"{path}: " if path else ""
    message = f"{place}{problem.message} (at character {problem.offset})"
    raise ExpressionError("expression_error", message, path)


async def _values(
    sandbox: "Sandbox", found: list[tuple[str, Template]], bindings: Mapping[str, Any]
) -> dict[str, Any]:
    """Values by source of expression."""
    values: dict[str, Any] = {}
    rest: dict[str, tuple[str, Expression]] = {}
    for path, template in found:
        for expression in template.expressions:
            if expression.path is None:
                rest.setdefault(expression.source, (path, expression))
                continue
            try:
                values[expression.source] = find(expression.path, bindings)
            except Miss as miss:
                raise _error(path, expression, code_of(miss), str(miss)) from miss
    if rest:
        asked = list(rest.values())
        values.update(zip(rest, await _evaluated(sandbox, asked, bindings), strict=True))
    return values


async def _evaluated(
    sandbox: "Sandbox", asked: list[tuple[str, Expression]], bindings: Mapping[str, Any]
) -> list[Any]:
    """All of these in one call, each on lines of its own, so that the line tells which one is at fault."""
    lines: list[int] = []
    for position, (_, expression) in enumerate(asked):
        lines.extend([position] * (expression.code.count("\n") + 1))
    code = ",\n".join(expression.code for _, expression in asked)
    inputs = _needed(asked, bindings)
    try:
        return await sandbox.evaluate(f"[\n{code},\n]", inputs)
    except SandboxError as error:
        if error.line is not None and 0 <= error.line - 2 < len(lines):
            path, expression = asked[lines[error.line - 2]]
            raise _error(path, expression, *_explained(expression, error, bindings)) from error
        if len(asked) == 1:
            raise _error(*asked[0], *_explained(asked[0][1], error, bindings)) from error
        paths = ", ".join(dict.fromkeys(path for path, _ in asked))
        message = f"one of the expressions in {paths}: {error}"
        raise ExpressionError(_CODES.get(error.code, "expression_error"), message, asked[0][0]) from error


def _needed(asked: list[tuple[str, Expression]], bindings: Mapping[str, Any]) -> dict[str, Any]:
    """Only what these expressions name: values cross to another process."""
    inputs: dict[str, Any] = {}
    named: set[str] | None = set()
    for path, expression in asked:
        for root in expression.roots:
            if root not in bindings:
                message = f"`{root}` is not available here"
                raise _error(path, expression, "expression_missing", message)
            inputs[root] = bindings[root]
        named = None if named is None or expression.references is None else named | expression.references
    if "nodes" in inputs:
        nodes: Mapping[str, Any] = inputs["nodes"]
        inputs["nodes"] = dict(nodes) if named is None else {key: nodes[key] for key in named if key in nodes}
    return inputs


def _explained(expression: Expression, error: SandboxError, bindings: Mapping[str, Any]) -> tuple[str, str]:
    """A code and message; when a path within the expression leads nowhere, it tells how far it led."""
    kind, _, said = str(error).partition(": ")
    if error.code == "code_error" and kind in (*_MISSING, "TypeError"):
        for path in expression.paths:
            try:
                find(path, bindings)
            except Miss as miss:
                if miss.kind == kind and (kind != "KeyError" or said == str(miss.key)):
                    return code_of(miss), str(miss)
        if kind in _MISSING:
            return "expression_missing", f"no key {said!r}" if kind == "KeyError" else said
    return _CODES.get(error.code, "expression_error"), str(error)


def _error(path: str, expression: Expression, code: str, message: str) -> ExpressionError:
    source = expression.source
    if len(source) > _SHOWN_SOURCE:
        source = source[:_SHOWN_SOURCE] + " ..."
    place = f"{path}: " if path else ""
    return ExpressionError(code, f"{place}{{{{ {source} }}}}: {message}", path)


def _looked_up(expression: Expression, bindings: Mapping[str, Any], index: int) -> Any:
    assert expression.path
    try:
        return find(expression.path, bindings)
    except Miss as miss:
        raise _error("", expression, code_of(miss), f"item {index}: {miss}") from miss


async def _blamed(
    sandbox: "Sandbox", each: Expression, items: Sequence[Any], inputs: dict[str, Any], error: SandboxError
) -> ExpressionError:
    """The error of the first item that the expression fails for, sought by halves."""
    code = _CODES.get(error.code, "expression_error")
    if error.code not in ("code_error", "not_json"):
        return _error("", each, code, str(error))
    low, high = 0, len(items)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            part = f"[{each.code} for index, item in enumerate({_ITEMS}, {low})]"
            await sandbox.evaluate(part, {**inputs, _ITEMS: items[low:middle]})
            low = middle
        except SandboxError as found:
            high, error = middle, found
    found = _explained(each, error, {**inputs, "item": items[low], "index": low})
    return _error("", each, found[0], f"item {low}: {found[1]}")


def _assembled(template: Template, values: Mapping[str, Any]) -> Any:
    if template.single:
        return values[template.single.source]
    return "".join(
        _as_text(values[part.source]) if isinstance(part, Expression) else part for part in template.parts
    )


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return orjson.dumps(value).decode()
