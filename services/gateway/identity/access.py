"""What the routes ask of their callers. Every route says what it needs: see `needs`."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.gateway.errors import Refused
from services.gateway.identity.callers import Caller, caller_of
from services.gateway.identity.permissions import Permission
from services.gateway.identity.rights import Access
from services.gateway.parts import gateway_of


def access_of(request: Request) -> Access:
    """What this caller may do in the workspace of the path."""
    return request.scope["access"]


class Needs:
    """A route's dependency that lets only those through who have a permission. `where` names what is open:
    `anybody` to all, `signed in` to whoever presents a key or token, `somewhere` to who has the permission
    for any workflow."""

    def __init__(self, permission: Permission | None, where: str = "") -> None:
        self.permission: Permission | None = permission
        self.where = where

    async def __call__(self, request: Request) -> None:
        if self.permission is None:
            if self.where == SIGNED and "caller" not in request.scope:
                raise Refused("unauthorized", "Send an API key or an access token")
            return
        if self.permission == "platform":
            _need_owner(caller_of(request))
            return
        access = access_of(request)
        if self.where == "somewhere":
            access.need_somewhere(self.permission)
        else:
            access.need(self.permission, await _workflow_of(request, access))


def needs(permission: Permission) -> Any:
    """For `dependencies=[...]` of a route: who may call it. A grant for the workflow of the path, or of the
    run or trigger of the path, counts."""
    return Depends(Needs(permission))


def needs_somewhere(permission: Permission) -> Any:
    """For a route whose body names a workflow: it asks itself (`Access.need`) once it has read which."""
    return Depends(Needs(permission, "somewhere"))


SIGNED = "signed in"
ANYBODY = Depends(Needs(None, "anybody"))
"""For a route that is open to all, or guarded by something in its path or body."""
SIGNED_IN = Depends(Needs(None, SIGNED))
"""For a route that tells everybody about themselves, or what is no secret to any caller."""


def declared(dependant: Dependant) -> Iterator[Needs]:
    """What a route needs, as it says itself."""
    for each in dependant.dependencies:
        if isinstance(each.call, Needs):
            yield each.call


def check_routes(app: FastAPI) -> None:
    """Raises RuntimeError naming the routes that do not say what they need: nothing is open by mistake."""
    silent = [
        f"{sorted(route.methods or ())} {route.path}"
        for route in _routes(app.routes)
        if len(list(declared(route.dependant))) != 1
    ]
    if silent:
        raise RuntimeError(f"these routes must have one needs(...): {', '.join(silent)}")


def _routes(within: Iterable[object]) -> Iterator[APIRoute]:
    """All of them, also those of the routers that were included, which FastAPI keeps as they are."""
    for each in within:
        if isinstance(each, APIRoute):
            yield each
        elif (router := getattr(each, "original_router", None)) is not None:
            yield from _routes(router.routes)


def _need_owner(caller: Caller) -> None:
    if not caller.owner or (caller.scopes is not None and "platform" not in caller.scopes):
        raise Refused("forbidden", "That is for owners of this installation")


async def _workflow_of(request: Request, access: Access) -> str | None:
    """The workflow that the path is about. A run or trigger is only looked up where it makes a difference."""
    if workflow_id := request.path_params.get("workflow_id"):
        return workflow_id
    if not access.grants:
        return None
    if run_id := request.path_params.get("run_id"):
        return (await gateway_of(request).run(access.workspace_id, run_id)).workflow_id
    if trigger_id := request.path_params.get("trigger_id"):
        return (await gateway_of(request).trigger(access.workspace_id, trigger_id)).workflow_id
    return None
