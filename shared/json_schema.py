"""JSON Schema for schemas and values that strangers wrote: no network, no files, no backtracking patterns,
and an end to schemas that take for ever."""

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from jsonschema_specifications import REGISTRY
from pydantic_core import SchemaError as PatternError
from pydantic_core import SchemaValidator, core_schema
from referencing.exceptions import Unresolvable

MAX_CHECKS = 1_000_000
MAX_MESSAGE = 300

Schema = dict[str, Any] | bool
Keyword = Callable[[Any, Any, Any, Any], Any]
_STOCK: dict[str, Keyword] = dict(Draft202012Validator.VALIDATORS)
_checks: ContextVar[list[int]] = ContextVar("_checks")
_formats = FormatChecker(("date", "email", "ipv4", "ipv6", "uuid"))


@dataclass(frozen=True)
class Fault:
    """Where a value does not fit (`$.items[0].name`) and why; `rule` says so without repeating the value."""

    path: str
    message: str
    rule: str = ""


class SchemaFailed(Exception):
    """The schema cannot be used, or not on this value: `invalid_schema`, `too_deep` or `too_large`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def faults(value: Any, schema: Schema, *, at_most: int) -> list[Fault]:
    """The first places where the value does not fit; raises SchemaFailed."""
    token = _checks.set([0])
    try:
        Draft202012Validator.check_schema(schema)
        validator = _Validator(_without_dialect(schema), registry=REGISTRY, format_checker=_formats)
        errors = islice(validator.iter_errors(value), at_most)
        return [Fault(error.json_path, error.message[:MAX_MESSAGE], _rule(error)) for error in errors]
    except SchemaError as error:
        message = f"The schema is not a JSON Schema: at {error.json_path}, {error.message[:MAX_MESSAGE]}."
        raise SchemaFailed("invalid_schema", message) from error
    except PatternError as error:
        message = f"The schema has a pattern that cannot be used: {error}"
        raise SchemaFailed("invalid_schema", message) from error
    except Unresolvable as error:
        message = f"The schema refers to {error.ref!r}, which is not in it; nothing is fetched."
        raise SchemaFailed("invalid_schema", message) from error
    except RecursionError as error:
        message = "The schema or the value is nested too deeply, or refers to itself."
        raise SchemaFailed("too_deep", message) from error
    finally:
        _checks.reset(token)


def _rule(error: ValidationError) -> str:
    """The names of what is missing or too much, or else what the schema wants."""
    if error.validator in ("required", "additionalProperties"):
        return error.message[:MAX_MESSAGE]
    return f"it does not meet {error.validator}: {error.validator_value}"[:MAX_MESSAGE]


def _without_dialect(schema: Any) -> Any:
    """The schema without `$schema`, wherever it stands: it would bring back the validators replaced here."""
    if isinstance(schema, list):
        return [_without_dialect(element) for element in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: inner if key in ("const", "enum", "default", "examples") else _without_dialect(inner)
        for key, inner in schema.items()
        if not (key == "$schema" and isinstance(inner, str))
    }


@lru_cache(maxsize=512)
def _pattern(pattern: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))


def _matches(pattern: str, text: str) -> bool:
    """Whether the pattern occurs in the text, in time linear in its length."""
    return _pattern(pattern).isinstance_python(text)


def _identity(value: Any) -> Any:
    """Hashable, and equal for values that are equal as JSON: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, list):
        return tuple([_identity(each) for each in value])
    if isinstance(value, dict):
        return frozenset((key, _identity(inner)) for key, inner in value.items())
    return (value, isinstance(value, bool))


def _text_pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    for pattern, inner in patterns.items() if isinstance(instance, dict) else ():
        for key, value in instance.items():
            if _matches(pattern, key):
                yield from validator.descend(value, inner, path=key, schema_path=pattern)


def _additional_properties(
    validator: Any, allowed: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        extras = {
            key: value for key, value in instance.items()
            if key not in named and not any(_matches(pattern, key) for pattern in patterns)
        }  # fmt: skip
        yield from _STOCK["additionalProperties"](validator, allowed, extras, {}) or ()


def _unique_items(validator: Any, unique: bool, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if unique and isinstance(instance, list) and len({_identity(each) for each in instance}) < len(instance):
        yield ValidationError("has elements that are not unique")


def _unsupported(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    raise SchemaFailed(
        "invalid_schema",
        "unevaluatedProperties and unevaluatedItems cannot be used; use additionalProperties or items.",
    )


def _counted(keyword: Keyword) -> Keyword:
    """The keyword, until there have been too many checks: references multiply a small schema endlessly."""

    def counted(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        checks = _checks.get()
        checks[0] += 1
        if checks[0] > MAX_CHECKS:
            message = f"Checking the value takes more than {MAX_CHECKS:,} comparisons."
            raise SchemaFailed("too_large", message)
        return keyword(validator, value, instance, schema)

    return counted


_REPLACED: dict[str, Keyword] = {
    "pattern": _text_pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "uniqueItems": _unique_items,
    "unevaluatedProperties": _unsupported,
    "unevaluatedItems": _unsupported,
}
_Validator = extend(
    Draft202012Validator, {name: _counted(keyword) for name, keyword in {**_STOCK, **_REPLACED}.items()}
)


@_formats.checks("date-time", raises=ValueError)
def _is_date_time(instance: object) -> bool:
    return not isinstance(instance, str) or datetime.fromisoformat(instance).tzinfo is not None
