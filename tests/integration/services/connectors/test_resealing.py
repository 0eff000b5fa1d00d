"""After a rotation everything is sealed anew, by several connectors at once, and old keys can go."""

import asyncio

import pytest

from services.connectors.resealing import resealing
from services.connectors.vault import CannotOpen, Vault
from shared.contracts.credential import Credential, CredentialState
from shared.contracts.variable import Variable
from shared.sealing import context_of
from shared.storage.alert_channels import AlertChannels
from shared.storage.credentials import Credentials, CredentialStates, data_context, tokens_context
from shared.storage.mongo import Store
from shared.storage.variables import Variables

OLD, NEW = bytes(range(32)), bytes(range(1, 33))


def sealed_by(vault: Vault, number: int) -> tuple[Credential, CredentialState]:
    credential = Credential(
        id=f"cred_{number}", workspace_id="default", name="x", type="http.bearer", owner="me", rev=1,
        sealed="", kid=vault.sealing.kid, created_at=1, updated_at=1,
    )  # fmt: skip
    state = CredentialState(id=credential.id, workspace_id="default", rev=1, kid=vault.sealing.kid)
    data, tokens = (vault.sealing.seal(b"data", data_context(credential)),
                    vault.sealing.seal(b"tokens", tokens_context(state)))  # fmt: skip
    return credential.model_copy(update={"sealed": data}), state.model_copy(update={"sealed": tokens})


async def test_all_is_sealed_to_the_newest_key_and_the_old_one_is_no_longer_needed(store: Store) -> None:
    credentials, states = Credentials(store), CredentialStates(store)
    for number in range(150):
        credential, state = sealed_by(Vault([OLD]), number)
        await credentials.insert(credential)
        await states.save(state)
    vault = Vault([NEW, OLD])
    channels = AlertChannels(store)
    variables, place = Variables(store), context_of("variable", "default", "key")
    await variables.insert(Variable(
        workspace_id="default", name="key", secret=True, value=Vault([OLD]).sealing.seal(b"1", place),
        kid=Vault([OLD]).sealing.kid, created_at=1, updated_at=1,
    ))  # fmt: skip
    connectors = [
        asyncio.create_task(resealing(vault, credentials, states, channels, variables)) for _ in range(2)
    ]
    both = {vault.sealing.kid: 150}
    async with asyncio.timeout(30):
        while (await credentials.by_key(), await states.by_key()) != (both, both):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        while not (renewed_variable := await variables.sealed_to([vault.sealing.kid], 1)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert Vault([NEW]).open(renewed_variable[0].value, place) == b"1"
    for each in connectors:
        each.cancel()
    renewed = await credentials.get("default", "cred_7")
    state = (await states.load(["cred_7"]))["cred_7"]
    assert renewed
    assert Vault([NEW]).open(renewed.sealed, data_context(renewed)) == b"data"
    assert Vault([NEW]).open(state.sealed, tokens_context(state)) == b"tokens"
    with pytest.raises(CannotOpen):
        Vault([OLD]).open(renewed.sealed, data_context(renewed))
