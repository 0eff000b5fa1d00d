"""What is sealed opens only in the vault, only in its own place."""

import base64
import os

import pytest

from services.connectors.vault import CannotOpen, Vault
from shared.sealing import SealingKey, context_of, key_of_envelope

OLD, NEW = os.urandom(32), os.urandom(32)
HERE = context_of("credential", "ws_1", "cred_1")


def test_only_the_vault_opens_what_was_sealed_to_its_public_key() -> None:
    vault = Vault([NEW])
    public = SealingKey.parse(base64.b64encode(vault.sealing.public).decode())
    envelope = public.seal(b"s3cret", HERE)
    assert vault.open(envelope, HERE) == b"s3cret"
    assert "s3cret" not in envelope
    assert public.seal(b"s3cret", HERE) != envelope
    with pytest.raises(CannotOpen, match="do not have"):
        Vault([OLD]).open(envelope, HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        context_of("credential", "ws_1", "cred_2"),
        context_of("credential", "ws_2", "cred_1"),
        context_of("variable", "ws_1", "cred_1"),
        context_of("credential", "ws_1cred_1"),
        HERE[:-1],
        HERE + b"x",
        b"",
    ],
)
def test_an_envelope_in_anothers_place_does_not_open(elsewhere: bytes) -> None:
    vault = Vault([NEW])
    with pytest.raises(CannotOpen, match="another place"):
        vault.open(vault.sealing.seal(b"s3cret", HERE), elsewhere)


def test_every_damage_is_noticed() -> None:
    vault = Vault([NEW])
    envelope = vault.sealing.seal(b"s3cret", HERE)
    places = range(len("sealed.v1."), len(envelope), 7)
    flipped = [envelope[:at] + "BA"[envelope[at] != "A"] + envelope[at + 1 :] for at in places]
    for each in [
        *flipped,
        envelope[:-8],
        envelope + "AAAA",
        f"{envelope[:-4]}####",
        "",
        "sealed.v1",
        "x.y.z",
    ]:
        with pytest.raises(CannotOpen):
            vault.open(each, HERE)


def test_after_a_rotation_old_envelopes_open_and_are_renewed() -> None:
    before, both = Vault([OLD]), Vault([NEW, OLD])
    old = before.sealing.seal(b"s3cret", HERE)
    new = both.renewed(old, HERE)
    assert both.open(old, HERE) == b"s3cret"
    assert new
    assert key_of_envelope(new) == both.sealing.kid
    assert Vault([NEW]).open(new, HERE) == b"s3cret"
    assert both.renewed(new, HERE) is None


@pytest.mark.parametrize("text", ["", ",", "abc", "!!!", base64.b64encode(b"x" * 31).decode()])
def test_what_is_no_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="key") as raised:
        Vault.parse(text)
    assert not text.strip(",") or text not in str(raised.value)
