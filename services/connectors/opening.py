"""Secret variables, opened for the connectors' nodes."""

from services.connectors.vault import CannotOpen, Vault
from shared.nodes import NodeFailed
from shared.sealing import context_of
from shared.secret_variables import Opener


def opener(vault: Vault) -> Opener:
    """Opens with the keys of this vault."""

    def opened(workspace_id: str, name: str, sealed: str) -> str:
        try:
            return vault.open(sealed, context_of("variable", workspace_id, name)).decode()
        except CannotOpen as error:
            raise NodeFailed("secret_unreadable", f"vars.{name} cannot be opened: {error}") from None

    return opened
