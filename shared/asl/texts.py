"""Intrinsic functions on strings. They raise ValueError or TypeError with what is wrong."""

import base64
import hashlib
import json
import re
from typing import Any
from uuid import uuid4

from shared.contracts.value import from_json, to_json

MOST_CHARS = 10_000
_ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_ESCAPE = re.compile(r"\\([\\'{}])")
_PLACE = re.compile(r"\\([\\'{}])|(\{\})")


def unescaped(raw: str) -> str:
    """A literal's characters; other backslashes stand for themselves."""
    return _ESCAPE.sub(r"\1", raw)


def fill(template: Any, *values: Any) -> str:
    """The template with a value for each `{}`."""
    if not isinstance(template, str):
        raise TypeError("the first argument must be a string")
    places = sum(1 for match in _PLACE.finditer(template) if match[2])
    if places != len(values):
        raise ValueError(f"the template has {places} {{}} for {len(values)} values")
    left = iter(values)
    return _PLACE.sub(lambda match: _shown(next(left)) if match[2] else match[1], template)


def string_to_json(text: Any) -> Any:
    """The value of JSON text."""
    return from_json(_string(text)) if _string(text).strip() else None


def json_to_string(value: Any) -> str:
    """JSON text without spaces."""
    return to_json(value)


def string_split(text: Any, delimiters: Any) -> list[str]:
    """The parts between any of the delimiters' characters, without empty ones."""
    characters = _string(delimiters)
    if not characters:
        return [_string(text)]
    return [part for part in re.split(f"[{re.escape(characters)}]", _string(text)) if part]


def base64_encode(text: Any) -> str:
    """UTF-8 in base64."""
    return base64.b64encode(_limited(text).encode()).decode()


def base64_decode(text: Any) -> str:
    """The UTF-8 text that base64 holds."""
    return base64.b64decode(_limited(text), validate=True).decode()


def hash_of(value: Any, algorithm: Any) -> str:
    """A hexadecimal digest; what is no string is hashed as its JSON text."""
    if not isinstance(algorithm, str) or algorithm not in _ALGORITHMS:
        raise ValueError(f"the algorithm must be one of {', '.join(_ALGORITHMS)}, not {algorithm!r:.50}")
    text = _limited(value if isinstance(value, str) else to_json(value))
    return hashlib.new(_ALGORITHMS[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def uuid() -> str:
    """A random version 4 UUID."""
    return str(uuid4())


def _shown(value: Any) -> str:
    """A value within text, as AWS writes it."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a string is wanted, not {value!r:.100}")
    return value


def _limited(value: Any) -> str:
    text = _string(value)
    if len(text) > MOST_CHARS:
        raise ValueError(f"the string has {len(text):,} characters; {MOST_CHARS:,} may be")
    return text
