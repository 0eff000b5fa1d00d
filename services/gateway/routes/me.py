"""Who is asking, and what they may change about themselves."""

from fastapi import APIRouter, Request, Response

from services.gateway.documented import answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import SIGNED_IN
from services.gateway.identity.callers import Caller, caller_of, signed_in
from services.gateway.identity.inviting import opened, taken
from services.gateway.identity.membership import removed
from services.gateway.identity.passwords import hashed_password
from services.gateway.identity.rights import Access
from services.gateway.identity.signing_in import changed_user, person_with, refused, unauthorized
from services.gateway.identity_inputs import InvitationTaken, MeChange, PasswordChange
from services.gateway.identity_resources import MeResource, PersonResource, person_shown, workspace_shown
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import Shown, json_response
from services.gateway.reading import read
from shared.contracts.identity import Role, User
from shared.ids import now_ms

router = APIRouter(tags=["me"], prefix="/me")


@router.get(
    "",
    dependencies=[SIGNED_IN],
    summary="Who am I?",
    responses=answers(_200=(MeResource, "You, and your workspaces")),
)
async def get(request: Request) -> Response:
    """A person by sign-in or personal key, or a key that belongs to nobody in particular."""
    gateway, caller = gateway_of(request), caller_of(request)
    user = await gateway.directory.user(caller.id) if caller.kind == "person" else None
    shown = {
        "kind": caller.kind,
        "id": caller.id,
        "email": user.email if user else None,
        "name": user.name if user else caller.name,
        "owner": caller.owner,
        "scopes": None if caller.scopes is None else sorted(caller.scopes),
        "everywhere": caller.everywhere,
        "workspaces": await workspaces_of(gateway, caller),
    }
    return json_response(shown)


@router.patch(
    "",
    dependencies=[SIGNED_IN],
    summary="Change your name",
    responses=answers(403, 413, _200=(PersonResource, "Changed")),
    openapi_extra=takes(MeChange),
)
async def change(request: Request) -> Response:
    """Nothing else can be changed this way; addresses stay what they are."""
    caller = signed_in(request)
    wanted, _ = await read(request, MeChange)
    user = await changed_user(gateway_of(request), caller.id, name=wanted.name)
    return json_response(person_shown(user))


@router.post(
    "/password",
    dependencies=[SIGNED_IN],
    summary="Change your password",
    status_code=204,
    responses=answers(403, 413),
    openapi_extra=takes(PasswordChange),
)
async def change_password(request: Request) -> Response:
    """All other sessions end, this one goes on. Who has signed in at the OpenID provider only and has no
    password yet chooses one without an old one. API keys stay."""
    gateway, caller = gateway_of(request), signed_in(request)
    wanted, _ = await read(request, PasswordChange)
    user = await gateway.directory.users.get(caller.id)
    if user is None or not await _proven(gateway, request, user, wanted.old):
        await refused(gateway, request, caller)
        raise unauthorized()
    after = await changed_user(gateway, user.id, password=await hashed_password(wanted.new))
    session = await gateway.directory.sessions.get(caller.session_id or "")
    if session:
        kept = session.model_copy(update={"epoch": after.epoch, "rev": session.rev + 1})
        await gateway.directory.sessions.save(kept)
        await gateway.access_changed()
    return Response(status_code=204)


@router.post(
    "/invitations",
    dependencies=[SIGNED_IN],
    summary="Take an invitation",
    status_code=204,
    responses=answers(403, 404, 413),
    openapi_extra=takes(InvitationTaken),
)
async def take_invitation(request: Request) -> Response:
    """It has to be one for your address."""
    gateway, caller = gateway_of(request), signed_in(request)
    given, _ = await read(request, InvitationTaken)
    invitation = await opened(gateway.directory, given.token, now_ms())
    user = await gateway.directory.users.get(caller.id)
    if user is None or user.email != invitation.email:
        raise Refused("forbidden", "This invitation is for another address than yours")
    await taken(gateway.directory, invitation, user)
    await gateway.access_changed()
    request.scope["access"] = Access(caller, invitation.workspace_id, invitation.role)
    return Response(status_code=204)


@router.delete(
    "/workspaces/{workspace_id}",
    dependencies=[SIGNED_IN],
    summary="Leave a workspace",
    status_code=204,
    responses=answers(403, 404, 409),
)
async def leave(request: Request, workspace_id: str) -> Response:
    """The last admin cannot."""
    gateway, caller = gateway_of(request), signed_in(request)
    member = await gateway.directory.members.get(workspace_id, caller.id)
    if member is None:
        raise Refused("not_found", f"There is no such workspace, or it is not yours: {workspace_id!r}")
    await removed(gateway.directory, workspace_id, caller.id)
    await gateway.access_changed()
    request.scope["access"] = Access(caller, workspace_id, member.role)
    return Response(status_code=204)


async def workspaces_of(gateway: Gateway, caller: Caller) -> list[Shown]:
    """Those that the caller belongs to, by name."""
    if caller.kind == "person":
        members = await gateway.directory.members.of_user(caller.id)
        roles: dict[str, Role | None] = {each.workspace_id: each.role for each in members}
    else:
        roles = {caller.workspace_id: caller.role} if caller.workspace_id else {}
    found = await gateway.directory.workspaces.load(list(roles))
    mine = sorted(found.values(), key=lambda each: (each.name, each.id))
    return [workspace_shown(each, roles[each.id]) for each in mine]


async def _proven(gateway: Gateway, request: Request, user: User, old: str | None) -> bool:
    """Whether this is really them, and not just their browser."""
    if user.password is None:
        return old is None
    return old is not None and await person_with(gateway, request, user.email, old) is not None
