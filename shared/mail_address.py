"""What counts as an email address: what every mail server takes, and nothing that could end a header."""

import re

ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,9}"
NAMED = r'[^<>"@,;:\\\x00-\x1f\x7f\u0085\u2028\u2029]{0,200}'
PATTERN = rf"^(?:{ADDRESS}|{NAMED}<{ADDRESS}>)$"
"""The same, for JSON Schema."""
WHOLE = re.compile(rf'(?P<bare>{ADDRESS})|(?P<name>[^<>"@,;:\\]{{0,200}})<(?P<named>{ADDRESS})>')
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029\ud800-\udfff]+")
MOST_CHARS = 320


def name_and_address(text: str) -> tuple[str, str]:
    """From `ada@example.com` or `Ada <ada@example.com>`; raises ValueError for anything else."""
    found = None if len(text) > MOST_CHARS or UNPRINTABLE.search(text) else WHOLE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:100]!r} is not an email address")
    return (found["name"] or "").strip(), found["bare"] or found["named"]


def is_address(text: str) -> bool:
    """Whether mails can be sent there."""
    return WHOLE.fullmatch(text) is not None and "<" not in text and len(text) <= MOST_CHARS
