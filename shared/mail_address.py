"""What counts as an email address: what every mail server takes, and nothing that could end a header."""

import re
from email.utils import parseaddr

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029\ud800-\udfff]+")
MOST_CHARS = 320


def name_and_address(text: str) -> tuple[str, str]:
    """From `ada@example.com` or `Ada <ada@example.com>`; raises ValueError for anything else."""
    name, found = parseaddr(text, strict=True)
    if len(text) > MOST_CHARS or UNPRINTABLE.search(text) or not ADDRESS.fullmatch(found):
        raise ValueError(f"{text[:100]!r} is not an email address")
    return name, found
