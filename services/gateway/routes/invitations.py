"""Asking people into a workspace."""

from fastapi import APIRouter, Request, Response

from services.gateway.documented import answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import access_of, needs
from services.gateway.identity.browsers import base_of
from services.gateway.identity.inviting import invited, renewed
from services.gateway.identity.key_making import check_role
from services.gateway.identity.mails import mail_invitation
from services.gateway.identity_inputs import NewInvitation
from services.gateway.identity_resources import (
    InvitationsPage,
    NewInvitationResource,
    all_of,
    invitation_shown,
)
from services.gateway.limits.rates import TooMany
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import json_response
from services.gateway.reading import read
from shared.contracts.base import Millis
from shared.contracts.identity import Invitation
from shared.ids import now_ms

MOST_OPEN = 500
AGAIN_MS = 60_000
"""Nobody is mailed an invitation more often than that."""

router = APIRouter(tags=["members"])


@router.post(
    "/invitations",
    dependencies=[needs("members:write")],
    summary="Invite somebody",
    status_code=201,
    responses=answers(403, 404, 409, 413, _201=(NewInvitationResource, "Made; the token is shown this once")),
    openapi_extra=takes(NewInvitation),
)
async def create(request: Request, workspace_id: str) -> Response:
    """For this address only, once, within a week, if the plan allows it. Where this installation sends mails,
    they get one with the URL (`mailed`); otherwise pass it on."""
    gateway, access, now = gateway_of(request), access_of(request), now_ms()
    directory = gateway.directory
    wanted, _ = await read(request, NewInvitation)
    await gateway.quotas.allow_sharing(workspace_id)
    check_role(wanted.role, access.role)
    user = await directory.users.with_email(wanted.email)
    if user and await directory.members.get(workspace_id, user.id):
        raise Refused("already_member", f"{wanted.email} is a member already: change their role instead")
    await directory.invitations.forget(workspace_id, now)
    if len(await directory.invitations.of_workspace(workspace_id, now)) >= MOST_OPEN:
        raise Refused("not_possible", f"{MOST_OPEN} invitations are open: revoke some first")
    invitation, token = invited(workspace_id, wanted.email, wanted.role, access.caller.name, now)
    invitation = _stamped(gateway, invitation, now)
    await directory.invitations.insert(invitation)
    return await _with_token(request, invitation, token, 201)


@router.get(
    "/invitations",
    dependencies=[needs("members:write")],
    summary="List the invitations",
    responses=answers(403, 404, _200=(InvitationsPage, "Those that are open, the newest first")),
)
async def list_all(request: Request, workspace_id: str) -> Response:
    """Without their tokens, which nobody knows any more."""
    found = await gateway_of(request).directory.invitations.of_workspace(workspace_id, now_ms())
    return json_response(all_of([invitation_shown(each) for each in found]))


@router.post(
    "/invitations/{invitation_id}/resend",
    dependencies=[needs("members:write")],
    summary="Send an invitation again",
    responses=answers(403, 404, 409, _200=(NewInvitationResource, "It has a new token, shown this once")),
)
async def resend(request: Request, workspace_id: str, invitation_id: str) -> Response:
    """With a new token, good for a week from now; the one before opens nothing any more. By mail once a
    minute at most."""
    gateway, access, now = gateway_of(request), access_of(request), now_ms()
    before = await gateway.directory.invitations.get(invitation_id)
    if before is None or before.workspace_id != workspace_id:
        raise Refused("not_found", f"There is no invitation {invitation_id!r} here")
    check_role(before.role, access.role)
    if gateway.sends_mail and before.mailed_at and (wait_ms := before.mailed_at + AGAIN_MS - now) > 0:
        wait_s = -(-wait_ms // 1000)
        raise TooMany(f"It was mailed just now; try again in {wait_s} s", {"Retry-After": str(wait_s)})
    after, token = renewed(before, now)
    after = _stamped(gateway, after, now)
    if not await gateway.directory.invitations.save(after, over=before):
        raise Refused("stale_revision", "Somebody else has just sent it again, revoked it, or come with it")
    return await _with_token(request, after, token, 200)


@router.delete(
    "/invitations/{invitation_id}",
    dependencies=[needs("members:write")],
    summary="Revoke an invitation",
    status_code=204,
    responses=answers(403, 404),
)
async def revoke(request: Request, workspace_id: str, invitation_id: str) -> Response:
    """Nobody can come with it any more."""
    if not await gateway_of(request).directory.invitations.remove(workspace_id, invitation_id):
        raise Refused("not_found", f"There is no invitation {invitation_id!r} here")
    return Response(status_code=204)


def _stamped(gateway: Gateway, invitation: Invitation, now: Millis) -> Invitation:
    return invitation.model_copy(update={"mailed_at": now if gateway.sends_mail else None})


async def _with_token(request: Request, invitation: Invitation, token: str, status: int) -> Response:
    gateway = gateway_of(request)
    url = f"{base_of(gateway, request)}/invitation#{token}"
    mailed = await mail_invitation(gateway, invitation, token)
    return json_response(
        {**invitation_shown(invitation), "token": token, "url": url, "mailed": mailed}, status
    )
