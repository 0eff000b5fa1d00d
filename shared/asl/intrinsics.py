"""The intrinsic functions: `States.Format`, `States.ArrayRange` and the like."""

from collections.abc import Callable
from typing import Any

from shared.asl import arrays, numbers, texts
from shared.asl.calls import Argument, Call, CallSpellingError, Literal, PathTo, Text, parse_call, paths_in
from shared.asl.errors import INTRINSIC, StatesError
from shared.asl.paths import PathMissing, check_path, read
from shared.asl.texts import unescaped

_SHOWN = 200

FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int | None]] = {
    "States.Format": (texts.fill, 1, None),
    "States.StringToJson": (texts.string_to_json, 1, 1),
    "States.JsonToString": (texts.json_to_string, 1, 1),
    "States.StringSplit": (texts.string_split, 2, 2),
    "States.Base64Encode": (texts.base64_encode, 1, 1),
    "States.Base64Decode": (texts.base64_decode, 1, 1),
    "States.Hash": (texts.hash_of, 2, 2),
    "States.UUID": (texts.uuid, 0, 0),
    "States.Array": (arrays.array, 0, None),
    "States.ArrayPartition": (arrays.partition, 2, 2),
    "States.ArrayContains": (arrays.contains, 2, 2),
    "States.ArrayRange": (arrays.arithmetic, 3, 3),
    "States.ArrayGetItem": (arrays.get_item, 2, 2),
    "States.ArrayLength": (arrays.length, 1, 1),
    "States.ArrayUnique": (arrays.unique, 1, 1),
    "States.JsonMerge": (arrays.json_merge, 3, 3),
    "States.MathRandom": (numbers.random_between, 2, 3),
    "States.MathAdd": (numbers.add, 2, 2),
}
"""Each with the least and the most arguments it takes (None: any number)."""


def evaluate(source: str, data: Any, context: dict[str, Any]) -> Any:
    """What a call answers; raises StatesError `States.IntrinsicFailure`."""
    try:
        call = parse_call(source)
    except CallSpellingError as error:
        raise StatesError(INTRINSIC, f"'{source[:_SHOWN]}' cannot be read: {error}") from error
    try:
        return _called(call, data, context)
    except PathMissing as error:
        raise StatesError(INTRINSIC, f"'{source[:_SHOWN]}': {error}") from error


def check_call(source: str) -> str | None:
    """What is wrong with a call as it is written, if anything is."""
    try:
        call = parse_call(source)
    except CallSpellingError as error:
        return str(error)
    wrong_paths = (f"{path}: {wrong}" for path in paths_in(call) if (wrong := check_path(path)))
    return _wrong_call(call) or next(wrong_paths, None)


def _called(call: Call, data: Any, context: dict[str, Any]) -> Any:
    if wrong := _wrong_call(call):
        raise StatesError(INTRINSIC, wrong)
    function, _, _ = FUNCTIONS[call.name]
    arguments = [_value(argument, data, context) for argument in call.arguments]
    if call.name == "States.Format" and isinstance(call.arguments[0], Text):
        arguments[0] = call.arguments[0].raw  # its own escapes are told from placeholders there
    try:
        return function(*arguments)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise StatesError(INTRINSIC, f"{call.name} had the following error: {error}") from error


def _value(argument: Argument, data: Any, context: dict[str, Any]) -> Any:
    match argument:
        case Text():
            return unescaped(argument.raw)
        case Literal():
            return argument.value
        case PathTo():
            return read(argument.path, data, context)
        case Call():
            return _called(argument, data, context)


def _wrong_call(call: Call) -> str | None:
    if call.name not in FUNCTIONS:
        return f"there is no function {call.name}"
    _, least, most = FUNCTIONS[call.name]
    given = len(call.arguments)
    if given < least or (most is not None and given > most):
        takes = f"{least} arguments" if least == most else f"at least {least} arguments"
        return f"{call.name} takes {takes}, not {given}"
    nested = (each for each in call.arguments if isinstance(each, Call))
    return next((wrong for each in nested if (wrong := _wrong_call(each))), None)
