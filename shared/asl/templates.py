"""Payload Templates: fields whose names end in `.$` are replaced by what a path or a function gives."""

from typing import Any

from shared.asl.calls import PREFIX
from shared.asl.errors import PARAMETER_PATH, StatesError
from shared.asl.intrinsics import check_call, evaluate
from shared.asl.paths import PathMissing, check_path, read

MARK = ".$"


def resolve(template: Any, data: Any, context: dict[str, Any]) -> Any:
    """A copy of the template with its paths and functions evaluated over the data; raises StatesError."""
    if isinstance(template, list):
        return [resolve(each, data, context) for each in template]
    if not isinstance(template, dict):
        return template
    made: dict[str, Any] = {}
    for name, value in template.items():
        if name.endswith(MARK):
            made[name.removesuffix(MARK)] = _field(name, value, data, context)
        else:
            made[name] = resolve(value, data, context)
    return made


def path_or_call(source: str, data: Any, context: dict[str, Any]) -> Any:
    """What a path or a call of an intrinsic function gives; raises StatesError."""
    return evaluate(source, data, context) if source.startswith(PREFIX) else read(source, data, context)


def check_path_or_call(source: Any) -> str | None:
    """What is wrong with a text that should be a path or a call."""
    if not isinstance(source, str):
        return "a path or a call of an intrinsic function is wanted"
    return check_call(source) if source.startswith(PREFIX) else check_path(source)


def check_template(template: Any, where: str) -> list[tuple[str, str]]:
    """Each place in a template that is wrong, and what is."""
    if isinstance(template, list):
        return [found for at, each in enumerate(template) for found in check_template(each, f"{where}[{at}]")]
    if not isinstance(template, dict):
        return []
    found: list[tuple[str, str]] = []
    for name, value in template.items():
        if not name.endswith(MARK):
            found += check_template(value, f"{where}.{name}")
        elif wrong := check_path_or_call(value):
            found.append((f"{where}.{name}", wrong))
    return found


def _field(name: str, source: Any, data: Any, context: dict[str, Any]) -> Any:
    if not isinstance(source, str):
        raise StatesError(PARAMETER_PATH, f"The field '{name[:100]}' must hold a path or a function")
    try:
        return path_or_call(source, data, context)
    except PathMissing as error:
        raise StatesError(PARAMETER_PATH, f"{error} (specified for the field '{name[:100]}')") from error
