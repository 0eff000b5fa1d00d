"""Credentials as earlier releases have sealed and stored them are read, opened and saved again."""

from services.connectors.vault import Vault
from shared.storage.credential_types import CredentialTypes
from shared.storage.credentials import (
    Connectings,
    Credentials,
    CredentialStates,
    connecting_context,
    data_context,
    tokens_context,
)
from shared.storage.mongo import Store
from tests.contract.test_stored_shapes import golden, laid

VAULT = Vault([bytes(range(32))])


async def test_credentials_are_opened_and_saved_again(store: Store) -> None:
    (credential_id,) = await laid(store, "credentials", 1)
    credentials = Credentials(store)
    found = await credentials.get("default", credential_id)
    assert found
    assert (
        VAULT.open(found.sealed, data_context(found)) == b'{"token":"s3cret-token","hosts":["api.shop.com"]}'
    )
    assert (found.usable_in("wf_1"), found.usable_in("wf_2"), found.usable_by("user_2")) == (
        True,
        False,
        True,
    )
    assert await credentials.save(found.model_copy(update={"rev": found.rev + 1}))
    stored = await store["credentials"].find_one({"_id": credential_id})
    assert stored == {**golden("credentials")[1][0], "rev": 4}
    assert await credentials.get("other", credential_id) is None


async def test_their_states_are_opened_and_saved_again(store: Store) -> None:
    (credential_id,) = await laid(store, "credential_states", 1)
    states = CredentialStates(store)
    found = (await states.load([credential_id]))[credential_id]
    assert b'"refresh":"r-token"' in VAULT.open(found.sealed, tokens_context(found))
    assert await states.save(found.model_copy(update={"rev": found.rev + 1}))
    stored = await store["credential_states"].find_one({"_id": credential_id})
    assert stored == {**golden("credential_states")[1][0], "rev": 5}


async def test_sign_ins_and_types_are_read(store: Store) -> None:
    (connecting_id,) = await laid(store, "connecting", 1)
    connectings = Connectings(store)
    found = await connectings.get(connecting_id, 1_700_000_000_000)
    assert found
    assert VAULT.open(found.verifier, connecting_context(found, "verifier")) == b"a-verifier"
    answered = found.model_copy(update={"code": "sealed"})
    assert [await connectings.answered(answered) for _ in range(2)] == [True, False]
    assert [await connectings.end(found.id) for _ in range(2)] == [True, False]
    await laid(store, "credential_types", 1)
    assert (await CredentialTypes(store).all())["http.bearer"].secret_fields == ["token"]
