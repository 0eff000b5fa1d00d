"""What people ask of credentials: to be tried out, and to finish a sign-in with the code that came back."""

from collections.abc import Awaitable, Callable

from services.connectors.http.credentials import HttpCredential
from services.connectors.http.signing import send_signed
from services.connectors.keyring import Keyring
from services.connectors.oauth2 import OAuth2
from services.connectors.oauth2.endpoint import Denied, Unreached
from services.connectors.oauth2.tokens import Tokens
from services.connectors.vault import CannotOpen
from shared.contracts.credential import Credential
from shared.contracts.events import CredentialAnswered, CredentialAsked
from shared.credentials import Opened
from shared.http import HttpClient, HttpFailed, HttpRequest
from shared.ids import now_ms
from shared.messaging.broker import Bus, Delivery
from shared.nodes import NodeFailed
from shared.patience import patiently
from shared.storage.credentials import Connectings, Credentials, CredentialStates
from shared.telemetry import logger

LATE_MS = 60_000
"""Nobody waits for an answer any longer."""
TIMEOUT_S = 10


class Asked:
    """Answers into the credential's state, and tells whoever waits to look there."""

    def __init__(
        self,
        bus: Bus,
        http: HttpClient,
        keyring: Keyring,
        tokens: Tokens | None,
        credentials: Credentials,
        states: CredentialStates,
        connectings: Connectings,
    ) -> None:
        self._bus = bus
        self._http = http
        self._keyring = keyring
        self._tokens = tokens
        self._credentials = credentials
        self._states = states
        self._connectings = connectings

    async def heard(self, delivery: Delivery) -> None:
        """One question."""
        asked: CredentialAsked = delivery.message
        found = await patiently(
            lambda: self._credentials.get(asked.workspace_id, asked.credential_id), "credential"
        )
        if found is None or now_ms() - asked.at > LATE_MS:
            return
        answer = {"test": self._tested, "connect": self._connected}[asked.ask]
        works, said = await self._answered(answer, asked, found)
        await self._tell(asked, found, works=works, said=said)

    async def _answered(
        self,
        answer: Callable[[CredentialAsked, Credential], Awaitable[str]],
        asked: CredentialAsked,
        found: Credential,
    ) -> tuple[bool, str]:
        """Whether it works, and what is to be said of it."""
        try:
            return True, await answer(asked, found)
        except NodeFailed as failed:
            return False, failed.failure.message
        except (HttpFailed, Denied, Unreached, CannotOpen) as error:
            return False, str(error)
        except Exception:
            logger.exception("credential.ask_failed", credential=found.id, ask=asked.ask)
            return False, "something went wrong inside the connectors; their log says what"

    async def _tested(self, asked: CredentialAsked, credential: Credential) -> str:
        opened = await self._keyring.opened(credential)
        data = opened.data
        if not isinstance(data, HttpCredential):
            return "it can be opened; there is nothing to try it out with"
        url = asked.url or data.test_url
        if not url:
            return (
                "it can be opened and has a token"
                if opened.tokens
                else "it can be opened; give it a test_url"
            )
        return await self._called(opened, url)

    async def _called(self, opened: Opened, url: str) -> str:
        request = HttpRequest("GET", url, timeout_s=TIMEOUT_S, max_bytes=1_000_000)
        answer = await send_signed(self._http, request, opened)
        if not 200 <= answer.status < 300:
            excerpt = answer.body[:300].decode("utf-8", "replace")
            raise NodeFailed("test_failed", f"the server answered {answer.status}: {excerpt}".rstrip(": "))
        return f"the server answered {answer.status}"

    async def _connected(self, asked: CredentialAsked, credential: Credential) -> str:
        found = await self._connectings.get(asked.connecting_id, now_ms())
        data = self._keyring.data(credential)
        if (
            not found
            or not found.code
            or found.data_rev != credential.data_rev
            or not isinstance(data, OAuth2)
        ):
            raise Denied("this sign-in has expired, or the credential has been replaced since: begin anew")
        if self._tokens is None or not await self._connectings.end(found.id):
            raise Denied("this sign-in has been finished before")
        await self._tokens.connect(credential, data, found)
        return "connected"

    async def _tell(self, asked: CredentialAsked, credential: Credential, *, works: bool, said: str) -> None:
        async def once() -> bool:
            state = await self._states.of(credential)
            told = {"answered": asked.id, "rev": state.rev + 1, "works": works, "test_message": said[:1000]}
            return await self._states.save(state.model_copy(update={**told, "tested_at": now_ms()}))

        while not await patiently(once, "answer"):
            pass
        message = CredentialAnswered(
            id=asked.id, workspace_id=asked.workspace_id, credential_id=asked.credential_id
        )
        try:
            await self._bus.show(message, CredentialAnswered.event)
        except Exception as error:  # whoever waits looks into the store as well
            logger.info("credential.untold", error=f"{type(error).__name__}: {error}"[:300])
