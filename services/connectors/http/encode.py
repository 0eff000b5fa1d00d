"""From the author's values to what goes over the wire."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from shared.contracts.value import to_json

Scalar = str | int | float | bool
Multi = Scalar | None | list[Scalar | None]


def text_of(value: Scalar) -> str:
    """A value as a URL, a form or a header writes it: `true`, not `True`."""
    return value if isinstance(value, str) else to_json(value)


def pairs(values: Mapping[str, Multi]) -> Iterator[tuple[str, str]]:
    """Name and text for every value; a list repeats its name, null leaves it out."""
    for name, value in values.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield name, text_of(each)


def json_body(value: Any) -> tuple[bytes, str]:
    """Body and content type; raises TypeError for what JSON cannot hold."""
    return to_json(value).encode(), "application/json"


def form_body(values: Mapping[str, Multi]) -> tuple[bytes, str]:
    """Body and content type of a form as a browser sends it."""
    return urlencode(list(pairs(values))).encode(), "application/x-www-form-urlencoded"


def text_body(text: str) -> tuple[bytes, str]:
    """Body and content type of plain text."""
    return text.encode(), "text/plain; charset=utf-8"


def base64_body(text: str) -> tuple[bytes, str]:
    """Body and content type of bytes; raises ValueError when the text is not base64."""
    try:
        return base64.b64decode(text, validate=True), "application/octet-stream"
    except ValueError as error:
        raise ValueError(f"body_base64 is not base64: {error}") from None
