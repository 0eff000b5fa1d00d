"""Takes known secrets out of what is to be kept, shown or told: as they are, and as they are often written
(JSON, URLs, HTML, hexadecimal, base64 on its own or in the middle of more)."""

import base64
import html
import re
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from json import dumps
from typing import Any
from urllib.parse import quote, quote_plus

REDACTED = "[redacted]"
LEAST_CHARS = 6
"""Shorter ones stay: they would be found everywhere."""


class Redactor:
    """Knows some secrets. Before anything is cut, it has to be redacted: half a secret is not found."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for each in set(secrets) if len(each) >= LEAST_CHARS for form in _forms(each)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._text = re.compile("|".join(map(re.escape, longest_first))) if forms else None
        raw = [re.escape(each.encode()) for each in longest_first]
        self._bytes = re.compile(b"|".join(raw)) if forms else None

    def text(self, text: str) -> str:
        """The text without them."""
        return self._text.sub(REDACTED, text) if self._text else text

    def raw(self, data: bytes) -> bytes:
        """The bytes without them."""
        return self._bytes.sub(REDACTED.encode(), data) if self._bytes else data

    def finds(self, text: str) -> bool:
        """Whether there is one in it."""
        return bool(self._text and self._text.search(text))

    def value(self, value: Any) -> Any:
        """A JSON value without them: keys, texts, and numbers that one can be read from."""
        match value:
            case str():
                return self.text(value)
            case dict():
                return {self.text(str(key)): self.value(each) for key, each in value.items()}
            case list() | tuple():
                return [self.value(each) for each in value]
            case int() | float() if not isinstance(value, bool) and self.finds(str(value)):
                return REDACTED
        return value


NOTHING = Redactor([])
REDACTING: ContextVar[Redactor] = ContextVar("redacting", default=NOTHING)
"""What is taken out of every line that is logged in the present task."""


def _forms(secret: str) -> Iterator[str]:
    """The ways in which a secret may be written."""
    raw = secret.encode("utf-8", "replace")
    yield secret
    for ascii_only in (True, False):
        once = dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield from (once, once.replace("/", r"\/"), dumps(once, ensure_ascii=ascii_only)[1:-1])
    for url in (quote(raw), quote(raw, safe=""), quote_plus(raw)):
        yield url
        yield re.sub("%..", lambda found: found[0].lower(), url)
    yield html.escape(secret)
    yield raw.hex()
    yield raw.hex().upper()
    for lead in range(3):
        yield from _within_base64(raw, lead)


def _within_base64(raw: bytes, lead: int) -> Iterator[str]:
    """The characters of base64 that follow from the secret alone, `lead` bytes of others being before it in
    the first group of three."""
    start, end = (lead * 8 + 5) // 6, (lead + len(raw)) * 8 // 6
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        core = encode(b"\0" * lead + raw).decode()[start:end]
        if len(core) >= LEAST_CHARS:
            yield core
