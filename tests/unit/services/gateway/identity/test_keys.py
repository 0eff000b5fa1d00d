"""Which key a request presents."""

import pytest

from services.gateway.identity.keys import presented


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ([(b"authorization", b"Bearer abc")], b"abc"),
        ([(b"authorization", b"bearer  abc ")], b"abc"),
        ([(b"x-api-key", b"abc")], b"abc"),
        ([(b"authorization", b"Basic abc")], None),
        ([(b"authorization", b"Bearer")], None),
        ([(b"cookie", b"abc")], None),
        ([], None),
    ],
)
def test_the_key_is_found_in_its_headers(headers: list[tuple[bytes, bytes]], key: bytes | None) -> None:
    assert presented(headers) == key
