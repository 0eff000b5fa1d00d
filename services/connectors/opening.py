"""Secret variables, opened for the connectors' nodes, and sealed anew after a rotation."""

from collections.abc import Collection

from services.connectors.vault import CannotOpen, Vault
from shared.nodes import NodeFailed
from shared.sealing import context_of
from shared.secret_variables import Opener
from shared.storage.variables import Variables
from shared.telemetry import logger


def opener(vault: Vault) -> Opener:
    """Opens with the keys of this vault."""

    def opened(workspace_id: str, name: str, sealed: str) -> str:
        try:
            return vault.open(sealed, context_of("variable", workspace_id, name)).decode()
        except CannotOpen as error:
            raise NodeFailed("secret_unreadable", f"vars.{name} cannot be opened: {error}") from None

    return opened


async def resealed_variables(vault: Vault, variables: Variables, old: Collection[str], most: int) -> int:
    """Seal some that are sealed to old keys to the newest; how many. What somebody changes in the same moment
    is left."""
    done = 0
    for each in await variables.sealed_to(old, most):
        try:
            value = vault.renewed(each.value, context_of("variable", each.workspace_id, each.name))
        except CannotOpen as error:
            logger.warning("vault.unopened", variable=each.name, error=str(error))
            continue
        changes = {"value": value or each.value, "kid": vault.sealing.kid, "rev": each.rev + 1}
        done += await variables.save(each.model_copy(update=changes))
    return done
