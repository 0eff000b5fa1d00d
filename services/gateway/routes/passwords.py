"""Passwords that somebody has forgotten."""

from fastapi import APIRouter, Request, Response
from starlette.background import BackgroundTask

from services.gateway.documented import OPEN, answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import ANYBODY
from services.gateway.identity.callers import Caller
from services.gateway.identity.reset_mails import mail_new_password, mail_reset
from services.gateway.identity.resetting import chosen
from services.gateway.identity_inputs import Forgotten, PasswordChosen
from services.gateway.identity_resources import SignedUp
from services.gateway.parts import gateway_of
from services.gateway.present import json_response
from services.gateway.reading import read
from shared.ids import now_ms

SAID = "If somebody here signs in with this address and a password, they get a mail with a link"

router = APIRouter(tags=["signing in"], prefix="/auth")


@router.post(
    "/forgot",
    dependencies=[ANYBODY],
    summary="Have a link mailed that sets a new password",
    status_code=202,
    responses=answers(413, 501, _202=(SignedUp, "The same for every address")),
    openapi_extra={**takes(Forgotten), **OPEN},
)
async def forgot(request: Request) -> Response:
    """The link is good once, for 45 minutes. Neither the answer nor how long it takes tells whether anybody
    has this address: that is looked up afterwards. Whoever signs in elsewhere only has no password to
    forget, and gets no mail."""
    gateway = gateway_of(request)
    given, _ = await read(request, Forgotten)
    if not gateway.sends_mail:
        raise Refused("no_mail", "No mails are sent here: ask whoever runs this installation for a link")
    address, account = request.client.host if request.client else "", f"forgot {given.email}"
    await gateway.throttle.check(account, address, now_ms())
    await gateway.throttle.failed(account, address, now_ms())
    answer = json_response({"message": SAID}, 202)
    answer.background = BackgroundTask(mail_reset, gateway, given.email, request.scope)
    return answer


@router.post(
    "/reset",
    dependencies=[ANYBODY],
    summary="Set a new password",
    status_code=204,
    responses=answers(404, 409, 413),
    openapi_extra={**takes(PasswordChosen), **OPEN},
)
async def reset(request: Request) -> Response:
    """With the token of a link. All sessions end: sign in with the new password. API keys stay."""
    gateway = gateway_of(request)
    given, _ = await read(request, PasswordChosen)
    user = await chosen(gateway.directory, given.token, given.password, now_ms())
    await gateway.access_changed()
    await gateway.throttle.succeeded(user.email, request.client.host if request.client else "")
    request.scope["caller"] = Caller("person", user.id, user.email, owner=user.owner)
    return Response(status_code=204, background=BackgroundTask(mail_new_password, gateway, user))
