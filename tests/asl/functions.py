"""Intrinsic functions: `States.Format('{} of {}', $.a, States.ArrayLength($.b))`."""

import base64
import hashlib
import json
import math
import re
import uuid
from collections.abc import Callable
from typing import Any

from tests.asl.faults import Failed

Read = Callable[[str], Any]
WORD = re.compile(
    r"\s*(States\.\w+\s*\(|'(?:[^'\\]|\\.)*'|[,)]|[^\s,()'\[]+(?:\[(?:'[^']*'|[^\]])*\][^\s,()'\[]*)*)"
)
HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def call(text: str, read: Read) -> Any:
    """What a call comes to. Raises Failed: States.IntrinsicFailure, or what `read` raises."""
    words = WORD.findall(text)
    value, rest = _value(words, read)
    if rest:
        raise Failed("States.IntrinsicFailure", f"{text} goes on")
    return value


def _value(words: list[str], read: Read) -> tuple[Any, list[str]]:
    word, rest = words[0], words[1:]
    if word.startswith("States."):
        return _called(word[7:-1].strip(), rest, read)
    if word.startswith("'"):
        return _Text(word[1:-1]), rest
    if word.startswith("$"):
        return read(word), rest
    return json.loads(word), rest


def _called(name: str, rest: list[str], read: Read) -> tuple[Any, list[str]]:
    arguments: list[Any] = []
    while rest[0] != ")":
        value, rest = _value(rest[1:] if rest[0] == "," else rest, read)
        arguments.append(value)
    raw = [each if isinstance(each, _Text) and name == "Format" else _plain(each) for each in arguments]
    try:
        return FUNCTIONS[name](*raw), rest[1:]
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise Failed("States.IntrinsicFailure", f"{name}: {error}") from error


class _Text(str):
    """A text as it was written, with its escapes: a template needs to know of `\\{`."""


def _plain(value: Any) -> Any:
    return re.sub(r"\\([\\'{}])", r"\1", value) if isinstance(value, _Text) else value


def _need(condition: bool, said: str) -> None:
    if not condition:
        raise ValueError(said)


def _whole(value: Any) -> int:
    _need(type(value) in (int, float), f"{value!r} is no number")
    return math.floor(value + 0.5)


def _list(value: Any) -> list[Any]:
    _need(isinstance(value, list), f"{value!r} is no array")
    return value


def _text(value: Any) -> str:
    _need(isinstance(value, str), f"{value!r} is no string")
    return value


def _key(value: Any) -> str:
    value = float(value) if type(value) is int else value
    return json.dumps(value, sort_keys=True)


def _shown(value: Any) -> str:
    return _plain(value) if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _format(template: str, *arguments: Any) -> str:
    pattern = r"\\(.)|(\{\})" if isinstance(template, _Text) else r"(?!)()|(\{\})"
    left = list(arguments)
    _need(len([1 for _, hole in re.findall(pattern, template) if hole]) == len(left), "wrong number")
    return re.sub(pattern, lambda match: _shown(left.pop(0)) if match[2] else match[1], template)


def _range(first: Any, last: Any, each: Any) -> list[int]:
    first, last, each = _whole(first), _whole(last), _whole(each)
    found = list(range(first, last + (1 if each > 0 else -1), each))
    _need(len(found) <= 1000, "too many")
    return found


def _partition(items: Any, size: Any) -> list[Any]:
    size = _whole(size)
    _need(size > 0, "no size")
    return [_list(items)[at : at + size] for at in range(0, len(items), size)]


def _item(items: Any, at: Any) -> Any:
    _need(type(at) is int and 0 <= at < len(_list(items)), "no such item")
    return items[at]


def _in_order(items: Any) -> list[Any]:
    seen: dict[str, Any] = {}
    for each in _list(items):
        seen.setdefault(_key(each), each)
    return list(seen.values())


def _merge(one: Any, two: Any, deep: Any) -> Any:
    _need(isinstance(one, dict) and isinstance(two, dict) and deep is False, "objects, and false")
    return {**one, **two}


def _split(text: Any, marks: Any) -> list[str]:
    return [each for each in re.split("[" + re.escape(_text(marks)) + "]", _text(text)) if each]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Format": _format,
    "StringToJson": lambda text: json.loads(_text(text)),
    "JsonToString": _json,
    "Array": lambda *items: list(items),
    "ArrayPartition": _partition,
    "ArrayContains": lambda items, value: _key(value) in [_key(each) for each in _list(items)],
    "ArrayRange": _range,
    "ArrayGetItem": _item,
    "ArrayLength": lambda items: len(_list(items)),
    "ArrayUnique": _in_order,
    "Base64Encode": lambda text: base64.b64encode(_text(text).encode()).decode(),
    "Base64Decode": lambda text: base64.b64decode(_text(text), validate=True).decode(),
    "Hash": lambda text, name: hashlib.new(HASHES[name], _text(text).encode()).hexdigest(),
    "JsonMerge": _merge,
    "MathAdd": lambda one, two: _whole(one) + _whole(two),
    "StringSplit": _split,
    "UUID": lambda: str(uuid.uuid4()),
}
