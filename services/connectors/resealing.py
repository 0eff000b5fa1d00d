"""After a rotation: what is sealed to an old key of the vault is sealed anew to the newest, bit by bit."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.connectors.opening import resealed_variables
from services.connectors.vault import CannotOpen, Vault
from shared.contracts.credential import Credential, CredentialState
from shared.storage.alert_channels import AlertChannel, AlertChannels, channel_context
from shared.storage.credentials import Credentials, CredentialStates, data_context, tokens_context
from shared.storage.variables import Variables
from shared.telemetry import logger

AT_ONCE = 100
EVERY_S = 60


S = TypeVar("S", Credential, CredentialState, AlertChannel)


async def resealing(
    vault: Vault,
    credentials: Credentials,
    states: CredentialStates,
    channels: AlertChannels,
    variables: Variables,
) -> None:
    """Look again now and then, until cancelled: gateways may use the old key for a while. Without old keys
    there is nothing to do."""
    old = vault.kids[1:]
    while old:
        try:
            done = await _resealed(
                vault, lambda: credentials.sealed_to(old, AT_ONCE), data_context, credentials.save
            )
            done += await _resealed(
                vault, lambda: states.sealed_to(old, AT_ONCE), tokens_context, states.save
            )
            done += await _resealed(
                vault, lambda: channels.sealed_to(old, AT_ONCE), channel_context, channels.save
            )
            done += await resealed_variables(vault, variables, old, AT_ONCE)
            if done:
                logger.info("vault.resealed", count=done, to=vault.sealing.kid)
                continue
        except Exception as error:
            logger.warning("vault.reseal_failed", error=f"{type(error).__name__}: {error}"[:300])
        await asyncio.sleep(EVERY_S)


async def _resealed(
    vault: Vault,
    find: Callable[[], Awaitable[list[S]]],
    context: Callable[[S], bytes],
    save: Callable[[S], Awaitable[bool]],
) -> int:
    """How many of those found have been sealed anew. What somebody changes in the same moment is left."""
    done = 0
    for each in await find():
        try:
            envelope = vault.renewed(each.sealed, context(each)) or each.sealed
        except CannotOpen as error:
            logger.warning("vault.unopened", id=each.id, error=str(error))
            continue
        changes = {"sealed": envelope, "kid": vault.sealing.kid, "rev": each.rev + 1}
        done += await save(each.model_copy(update=changes))
    return done
