"""Requests that carry a credential: to the hosts that may see it, after a 401 once more with a new token."""

from dataclasses import replace

from services.connectors.http.credentials import HttpCredential
from shared.credentials import Opened
from shared.http import HttpClient, HttpRequest, HttpResponse
from shared.nodes import NodeFailed
from shared.redaction import Redactor


async def send_signed(http: HttpClient, request: HttpRequest, credential: Opened) -> HttpResponse:
    """The answer, without what the credential is made of, should the server send it back. Raises HttpFailed,
    or NodeFailed where the credential must not be sent there or needs somebody to sign in."""
    answer = await http.send(signed(request, credential))
    if answer.status == 401 and await credential.renewed():
        answer = await http.send(signed(request, credential))
    redactor = Redactor(credential.secrets)
    headers = {name: redactor.text(value) for name, value in answer.headers.items()}
    return replace(answer, body=redactor.raw(answer.body), headers=headers, url=redactor.text(answer.url))


def signed(request: HttpRequest, credential: Opened) -> HttpRequest:
    """The request with the credential; raises NodeFailed (`credential_host`)."""
    data = credential.data
    if not isinstance(data, HttpCredential) or not data.allows(request.url):
        said = "the credential may only be sent to the hosts that it names, and this URL is of another"
        raise NodeFailed("credential_host", said)
    headers = data.headers(credential.token)
    given = {name.lower() for name in headers}
    kept = {name: value for name, value in request.headers.items() if name.lower() not in given}
    return replace(
        request, headers=kept | headers, query=[*request.query, *data.query()],
        private_headers=request.private_headers | headers.keys(),
    )  # fmt: skip
