"""Which key a request presents, and what opens."""

import pytest

from services.gateway.identity.keys import hashed, key_id_of, new_key, opens, presented, shown_prefix
from shared.contracts.identity import ApiKey


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ([(b"authorization", b"Bearer abc")], "abc"),
        ([(b"authorization", b"bearer  abc ")], "abc"),
        ([(b"x-api-key", b"abc")], "abc"),
        ([(b"authorization", b"Basic abc")], None),
        ([(b"authorization", b"Bearer")], None),
        ([(b"cookie", b"abc")], None),
        ([], None),
    ],
)
def test_the_key_is_found_in_its_headers(headers: list[tuple[bytes, bytes]], key: str | None) -> None:
    assert presented(headers) == key


def test_a_key_opens_until_it_runs_out_and_only_itself() -> None:
    key_id, text = new_key()
    key = ApiKey(id=key_id, kind="personal", name="k", hash=hashed(text), created_at=0, expires_at=100)
    assert key_id_of(text) == key_id
    assert text.startswith(shown_prefix(key))
    assert text not in key.model_dump_json()
    assert opens(key, text, 99)
    assert not opens(key, text, 100)
    assert not opens(key, text[:-1] + ("0" if text[-1] != "0" else "1"), 99)


@pytest.mark.parametrize("text", ["", "wk_", "wk_x_y", "weft_abc", "wk_0123456789ab_" + "g" * 48])
def test_what_is_no_key_is_not_looked_up(text: str) -> None:
    assert key_id_of(text) is None
