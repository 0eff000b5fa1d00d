"""Known secrets are found however they are written."""

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from shared.redaction import REDACTED, Redactor

SECRET = 'pa$$ "wörd"/+<x>&=?~'
REDACTOR = Redactor([SECRET, "short", "longer-secret", "longer-secret-still"])
WRITTEN = {
    "as it is": SECRET,
    "as JSON": json.dumps({"a": SECRET}),
    "as JSON in UTF-8": json.dumps({"a": SECRET}, ensure_ascii=False),
    "as JSON in JSON": json.dumps({"a": json.dumps(SECRET, ensure_ascii=False)}, ensure_ascii=False),
    "as JSON of PHP": json.dumps(SECRET).replace("/", "\\/"),
    "in a URL": f"https://x/?key={quote(SECRET)}&b=1",
    "in a URL, all quoted": f"https://x/?key={quote(SECRET, safe='')}&b=1",
    "in a form": f"key={quote_plus(SECRET)}",
    "in a URL, lower case": "".join(f"%{byte:02x}" if byte > 127 else quote(chr(byte), safe="").lower()
                                     for byte in SECRET.encode()),
    "in HTML": f"<b title='{html.escape(SECRET)}'>",
    "in hexadecimal": SECRET.encode().hex(),
}  # fmt: skip


@pytest.mark.parametrize("how", WRITTEN)
def test_a_secret_is_found_however_it_is_written(how: str) -> None:
    text = WRITTEN[how]
    assert REDACTED in REDACTOR.text(text)
    assert "rd" not in REDACTOR.text(text).replace(REDACTED, "")
    assert REDACTED.encode() in REDACTOR.raw(text.encode())


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:"])
@pytest.mark.parametrize("after", ["", "z", "yz"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_hides_it_at_no_offset(before: str, after: str, encode: Callable[[bytes], bytes]) -> None:
    encoded = encode(f"{before}{SECRET}{after}".encode()).decode()
    redacted = REDACTOR.text(encoded)
    assert REDACTED in redacted
    left = redacted.replace(REDACTED, "")
    assert len(left) <= len(encode(f"{before}{after}".encode())) + 6


def test_the_longest_is_taken_first_and_short_ones_stay() -> None:
    assert REDACTOR.text("longer-secret-still, longer-secret, short") == f"{REDACTED}, {REDACTED}, short"


def test_values_are_redacted_in_keys_texts_and_numbers() -> None:
    redactor = Redactor(["1234567", "s3cret!"])
    value = {"s3cret!": [1234567, 12.5, True, None, {"a": ("x s3cret! y",)}], "n": 91234567.5}
    expected = {REDACTED: [REDACTED, 12.5, True, None, {"a": [f"x {REDACTED} y"]}], "n": REDACTED}
    assert redactor.value(value) == expected


def test_without_secrets_nothing_changes() -> None:
    assert Redactor([]).text("anything") == "anything"
    assert not Redactor(["", "abc"]).finds("abc")
