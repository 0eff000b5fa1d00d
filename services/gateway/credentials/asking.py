"""Questions to connectors: sent over the broker, answered in the store, where a hint has us look."""

import asyncio

from services.gateway.errors import Refused
from services.gateway.parts import Gateway
from shared.contracts.credential import Credential, CredentialState
from shared.contracts.events import CredentialAsked

WAIT_S = 20.0
LOOK_EVERY_S = 1.0


async def ask(
    gateway: Gateway, credential: Credential, asked: CredentialAsked, trace: str
) -> CredentialState:
    """The state of the credential once this has been done; raises Refused (`not_answered`)."""
    deadline = asyncio.get_running_loop().time() + WAIT_S
    with gateway.answers.to(asked.id) as answered:
        await gateway.publish(asked, CredentialAsked.event, trace)
        while (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait((answered,), timeout=min(LOOK_EVERY_S, left))
            state = (await gateway.credential_states.load([credential.id])).get(credential.id)
            if state and state.answered == asked.id:
                return state
            if answered.done():
                break
    raise Refused("not_answered", "The connectors have not answered; see `last_test` of the credential later")
