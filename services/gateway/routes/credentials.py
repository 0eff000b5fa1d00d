"""Credentials: what nodes sign in with elsewhere."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.credentials import signing_in
from services.gateway.credentials.asking import ask
from services.gateway.credentials.inputs import (
    CredentialChange,
    CredentialsQuery,
    CredentialTest,
    DeletionQuery,
    NewCredential,
    SignInCode,
)
from services.gateway.credentials.keeping import changed, found, kept, need_own, visible
from services.gateway.credentials.resources import (
    CredentialPage,
    CredentialResource,
    CredentialTestResource,
    SignInResource,
    credential_shown,
    expires_before,
    test_shown,
)
from services.gateway.credentials.using import users_of
from services.gateway.documented import answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import access_of, needs
from services.gateway.identity.rights import Access
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import iso, json_response, page
from services.gateway.reading import read
from shared.contracts.credential import Credential
from shared.contracts.events import CredentialAsked
from shared.ids import new_id, now_ms

DAY_MS = 86_400_000

router = APIRouter(tags=["credentials"])


@router.post(
    "/credentials",
    dependencies=[needs("credentials:write")],
    summary="Keep a credential",
    status_code=201,
    responses=answers(413, 501, _201=(CredentialResource, "Sealed and stored")),
    openapi_extra=takes(NewCredential),
)
async def create(request: Request, workspace_id: str) -> Response:
    """Its data is sealed at once: only connectors can open it, and nobody can read it again."""
    gateway, access = gateway_of(request), access_of(request)
    wanted, _ = await read(request, NewCredential)
    credential = await kept(gateway, access, wanted)
    location = {"Location": f"{request.url.path}/{credential.id}"}
    return json_response(credential_shown(credential, None, now_ms()), 201, location)


@router.get(
    "/credentials",
    dependencies=[needs("credentials:read")],
    summary="List credentials",
    responses=answers(_200=(CredentialPage, "The newest first")),
)
async def list_all(
    request: Request, workspace_id: str, query: Annotated[CredentialsQuery, Query()]
) -> Response:
    """Without those that are private to others."""
    gateway, access = gateway_of(request), access_of(request)
    shown, now = await _page(gateway, access, query), now_ms()
    states = await gateway.credential_states.load([each.id for each in shown])
    return json_response(
        page([credential_shown(each, states.get(each.id), now) for each in shown], query.limit)
    )


@router.get(
    "/credentials/{credential_id}",
    dependencies=[needs("credentials:read")],
    summary="Get a credential",
    responses=answers(404, _200=(CredentialResource, "Without its secrets")),
)
async def get(request: Request, workspace_id: str, credential_id: str) -> Response:
    """What is no secret of it, and what has become of it in use."""
    gateway = gateway_of(request)
    return await _answer(gateway, await found(gateway, access_of(request), credential_id))


@router.put(
    "/credentials/{credential_id}",
    dependencies=[needs("credentials:write")],
    summary="Change a credential",
    responses=answers(403, 404, 409, 413, 501, _200=(CredentialResource, "Saved as the next revision")),
    openapi_extra=takes(CredentialChange),
)
async def put(request: Request, workspace_id: str, credential_id: str) -> Response:
    """Over revision `rev`, by its owner or an admin. With `data` all of its data is replaced, and whoever
    signed in with the other side has to again."""
    gateway, access = gateway_of(request), access_of(request)
    change, _ = await read(request, CredentialChange)
    before = await found(gateway, access, credential_id)
    return await _answer(gateway, await changed(gateway, access, before, change))


@router.delete(
    "/credentials/{credential_id}",
    dependencies=[needs("credentials:write")],
    summary="Delete a credential",
    status_code=204,
    responses=answers(403, 404, 409),
)
async def delete(
    request: Request, workspace_id: str, credential_id: str, query: Annotated[DeletionQuery, Query()]
) -> Response:
    """For good. 409 with the workflows that use it, unless `force`; their nodes fail from then on."""
    gateway, access = gateway_of(request), access_of(request)
    credential = await found(gateway, access, credential_id)
    need_own(access, credential)
    using = [] if query.force else await users_of(gateway, workspace_id, credential.id)
    if using:
        seen = [each for each in using if access.sees(each.id)]
        said = (
            f"{len(using)} workflow{' uses' if len(using) == 1 else 's use'} it; send force=true all the same"
        )
        faults = [
            {"path": "", "code": "in_use", "message": f"workflow {each.id} ({each.name})"} for each in seen
        ]
        raise Refused("credential_in_use", said, faults)
    await gateway.credentials.delete(workspace_id, credential.id)
    await gateway.credential_states.delete(workspace_id, credential.id)
    return Response(status_code=204)


@router.post(
    "/credentials/{credential_id}/test",
    dependencies=[needs("credentials:write")],
    summary="Try a credential out",
    responses=answers(504, _200=(CredentialTestResource, "Whether it works, and why not")),
    openapi_extra=takes(CredentialTest, required=False),
)
async def test(request: Request, workspace_id: str, credential_id: str) -> Response:
    """A connector opens it and asks for its `test_url`, or the `url` that is sent."""
    gateway, access = gateway_of(request), access_of(request)
    wanted, _ = await read(request, CredentialTest)
    credential = await found(gateway, access, credential_id)
    if not credential.usable_by(access.caller.id):
        need_own(access, credential)
    asked = CredentialAsked(
        id=new_id("ask"), workspace_id=workspace_id, credential_id=credential.id, ask="test", url=wanted.url,
        at=now_ms(),
    )  # fmt: skip
    state = await ask(gateway, credential, asked, request.scope["traceparent"])
    return json_response(test_shown(state))


@router.post(
    "/credentials/{credential_id}/authorize",
    dependencies=[needs("credentials:write")],
    summary="Begin to sign in",
    responses=answers(403, 404, 409, 501, _200=(SignInResource, "Where to send the person's browser")),
)
async def authorize(request: Request, workspace_id: str, credential_id: str) -> Response:
    """For OAuth 2.0 with an authorization code. The cookie that is set here ties the sign-in to this browser;
    without it, it is finished by `connect`."""
    gateway, access = gateway_of(request), access_of(request)
    sign_in = await signing_in.begun(gateway, access, await found(gateway, access, credential_id))
    answer = json_response({"url": sign_in.url, "expires_at": iso(sign_in.expires_at)})
    answer.set_cookie(
        sign_in.cookie_name, sign_in.cookie, max_age=signing_in.LASTS_MS // 1000, path=signing_in.CALLBACK,
        secure=gateway.public_url.startswith("https:"), httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


@router.post(
    "/credentials/{credential_id}/connect",
    dependencies=[needs("credentials:write")],
    summary="Finish to sign in",
    responses=answers(409, 504, _200=(CredentialTestResource, "Whether tokens were given out, and why not")),
    openapi_extra=takes(SignInCode),
)
async def connect(request: Request, workspace_id: str, credential_id: str) -> Response:
    """By who began it, where another browser was used: with the `state` and `code` that it came back with."""
    gateway, access = gateway_of(request), access_of(request)
    sent, _ = await read(request, SignInCode)
    credential = await found(gateway, access, credential_id)
    begun = await signing_in.of_caller(gateway, access, credential, sent.state)
    state = await signing_in.finished(gateway, begun, sent.code, request.scope["traceparent"])
    return json_response(test_shown(state))


async def _answer(gateway: Gateway, credential: Credential) -> Response:
    states = await gateway.credential_states.load([credential.id])
    return json_response(credential_shown(credential, states.get(credential.id), now_ms()))


async def _page(gateway: Gateway, access: Access, query: CredentialsQuery) -> list[Credential]:
    """One more than wanted of those that are asked for and may be seen."""
    limit, shown, before = query.limit + 1, list[Credential](), query.cursor
    until = None if query.expiring_days is None else now_ms() + query.expiring_days * DAY_MS
    while found := await gateway.credentials.page(access.workspace_id, before=before, limit=limit):
        for each in found:
            wanted = query.type in (None, each.type) and (until is None or expires_before(each, until))
            if wanted and visible(access, each):
                shown.append(each)
        if len(found) < limit or len(shown) >= limit:
            break
        before = found[-1].id
    return shown[:limit]
