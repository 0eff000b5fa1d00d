"""A node's config against its type's JSON Schema.

What an expression will come to is not known yet, so a string with one in it is never wrong."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from shared.check.wiring import suggestion
from shared.expressions.errors import Problem
from shared.expressions.fields import shown
from shared.expressions.templates import OPEN

_MOST = 20


def schema_problems(config: Mapping[str, Any], schema: Draft202012Validator) -> Iterator[Problem]:
    """What is wrong with a config, with paths such as `rules[0].when`; at most 20 of them."""
    found: dict[tuple[str, str], Problem] = {}
    for error in _leaves(schema.iter_errors(config)):
        for problem in _told(error):
            found.setdefault((problem.path, problem.message), problem)
        if len(found) >= _MOST:
            break
    yield from found.values()


def _leaves(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """The errors that hold whatever expressions come to; of alternatives, those of the one that fits best.

    An alternative left without errors may yet fit, and then there are none."""
    for error in errors:
        if isinstance(error.instance, str) and OPEN in error.instance:
            continue
        if error.validator not in ("anyOf", "oneOf") or not error.context:
            yield error
            continue
        branches: dict[Any, list[ValidationError]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        real = [list(_leaves(branch)) for branch in branches.values()]
        best = min(real, key=lambda each: (not _deeper(each, error), len(each)))
        if _deeper(best, error):
            yield from best
        else:
            yield error


def _deeper(errors: list[ValidationError], than: ValidationError) -> bool:
    """Whether these are about something within the value, so that its own type was right."""
    within = ("required", "additionalProperties")
    depth = len(than.absolute_path)
    return all(len(error.absolute_path) > depth or error.validator in within for error in errors)


def _told(error: ValidationError) -> Iterator[Problem]:
    where = tuple(error.absolute_path)
    wanted: Any = error.validator_value
    instance: Any = error.instance
    match error.validator:
        case "required":
            for name in wanted:
                if name not in instance:
                    yield Problem(shown((*where, name)), "required", f"`{name}` is required")
        case "additionalProperties" if wanted is False:
            known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
            for name in instance:
                if name not in known:
                    yield Problem(shown((*where, name)), "unknown_key", _unknown(name, known))
        case "anyOf" | "oneOf":
            kinds = ", ".join(dict.fromkeys(_kind(each) for each in wanted))
            said = f"{_short(instance)} is none of: {kinds}"
            yield Problem(shown(where), "invalid", said)
        case "enum":
            choices = ", ".join(_short(each) for each in wanted)
            yield Problem(shown(where), "invalid", f"{_short(instance)} is none of: {choices}")
        case "type":
            kinds = wanted if isinstance(wanted, str) else " or ".join(wanted)
            yield Problem(shown(where), "invalid", f"{_short(instance)} is not of type {kinds}")
        case _:
            yield Problem(shown(where), "invalid", error.message[:300])


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    hint = suggestion(name[:100], known) or f"; there are {', '.join(known) or 'no keys'}"
    return f"`{name[:100]}` is not known here{hint}"


def _kind(schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return "anything"
    if "const" in schema:
        return _short(schema["const"])
    named = str(schema.get("$ref", "object")).rsplit("/", 1)[-1]
    return str(schema.get("type") or schema.get("title") or named)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
