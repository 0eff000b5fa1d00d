"""Variables of a workspace: `vars.<name>` in expressions."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.documented import answers, takes
from services.gateway.identity.access import access_of, needs
from services.gateway.parts import gateway_of
from services.gateway.present import json_response
from services.gateway.reading import read
from services.gateway.variable_inputs import NewVariable, VariableChange, VariablesQuery
from services.gateway.variable_resources import VariablePage, VariableResource, variable_shown
from services.gateway.variables import found, made, replaced

router = APIRouter(tags=["variables"])


@router.post(
    "/variables",
    dependencies=[needs("variables:write")],
    summary="Create a variable",
    status_code=201,
    responses=answers(409, 413, 501, _201=(VariableResource, "Created")),
    openapi_extra=takes(NewVariable),
)
async def create(request: Request, workspace_id: str) -> Response:
    """Expressions name it as `vars.<name>`. A secret one is sealed at once: nobody can read it back, and only
    nodes of connectors can use it."""
    wanted, _ = await read(request, NewVariable)
    by = access_of(request).caller.name
    variable = await made(gateway_of(request), workspace_id, wanted, by)
    location = {"Location": f"{request.url.path}/{variable.name}"}
    return json_response(variable_shown(variable), 201, location)


@router.get(
    "/variables",
    dependencies=[needs("variables:read")],
    summary="List variables",
    responses=answers(_200=(VariablePage, "By name")),
)
async def list_all(
    request: Request, workspace_id: str, query: Annotated[VariablesQuery, Query()]
) -> Response:
    """With the values of those that are not secret."""
    variables = gateway_of(request).variables
    some = await variables.page(workspace_id, after=query.cursor, limit=query.limit + 1)
    rest = some[query.limit - 1].name if len(some) > query.limit else None
    return json_response({"items": [variable_shown(each) for each in some[: query.limit]], "next": rest})


@router.get(
    "/variables/{name}",
    dependencies=[needs("variables:read")],
    summary="Get a variable",
    responses=answers(404, _200=(VariableResource, "The variable")),
)
async def get(request: Request, workspace_id: str, name: str) -> Response:
    """The value of a secret one is null."""
    return json_response(variable_shown(await found(gateway_of(request), workspace_id, name)))


@router.put(
    "/variables/{name}",
    dependencies=[needs("variables:write")],
    summary="Change a variable",
    responses=answers(404, 409, 413, 501, _200=(VariableResource, "Saved as the next revision")),
    openapi_extra=takes(VariableChange),
)
async def change(request: Request, workspace_id: str, name: str) -> Response:
    """Over revision `rev`. It counts for every node that is sent afterwards, in runs under way as well:
    variables are not part of a version."""
    wanted, _ = await read(request, VariableChange)
    by = access_of(request).caller.name
    variable = await replaced(gateway_of(request), workspace_id, name, wanted, by)
    return json_response(variable_shown(variable))


@router.delete(
    "/variables/{name}",
    dependencies=[needs("variables:write")],
    summary="Delete a variable",
    status_code=204,
    responses=answers(404),
)
async def delete(request: Request, workspace_id: str, name: str) -> Response:
    """Nodes that name it fail with `unknown_variable` from then on."""
    gateway = gateway_of(request)
    variable = await found(gateway, workspace_id, name)
    await gateway.variables.delete(workspace_id, variable.name)
    return Response(status_code=204)
