"""Variables made and changed. What is secret is sealed before anything else is done with it."""

from typing import Any

from services.gateway.errors import Refused
from services.gateway.parts import Gateway
from services.gateway.variable_inputs import NewVariable, VariableChange
from shared.contracts.base import Json
from shared.contracts.value import to_json
from shared.contracts.variable import MAX_VARIABLE_BYTES, Variable
from shared.ids import now_ms
from shared.sealing import context_of

MOST_VARIABLES = 500


async def found(gateway: Gateway, workspace_id: str, name: str) -> Variable:
    """A variable of this workspace; raises Refused (`not_found`)."""
    variable = await gateway.variables.get(workspace_id, name)
    if variable is None:
        raise Refused("not_found", f"There is no variable {name[:100]!r} here")
    return variable


async def made(gateway: Gateway, workspace_id: str, wanted: NewVariable, by: str) -> Variable:
    """Insert a variable; raises Refused."""
    now, text = now_ms(), _text(wanted.value)
    variable = Variable(
        workspace_id=workspace_id,
        name=wanted.name,
        secret=wanted.secret,
        value=_sealed(gateway, workspace_id, wanted.name, text) if wanted.secret else text,
        kid=_kid(gateway, wanted.secret),
        description=wanted.description,
        created_at=now,
        updated_at=now,
        updated_by=by,
    )
    if len(await gateway.variables.names(workspace_id, MOST_VARIABLES)) == MOST_VARIABLES:
        raise Refused("too_many_variables", f"A workspace may have {MOST_VARIABLES} variables, not more")
    if not await gateway.variables.insert(variable):
        raise Refused("name_taken", f"There is a variable {wanted.name!r} already: change that, or delete it")
    return variable


async def replaced(
    gateway: Gateway, workspace_id: str, name: str, wanted: VariableChange, by: str
) -> Variable:
    """Save a change over revision `rev`; raises Refused."""
    before = await found(gateway, workspace_id, name)
    if wanted.rev != before.rev:
        raise _stale(before.rev, wanted.rev)
    secret = before.secret if wanted.secret is None else wanted.secret
    value, kid = before.value, before.kid if secret else ""
    if wanted.has_value:
        value = _text(wanted.value)
    elif before.secret and not secret:
        raise Refused("not_possible", "secret: what is sealed cannot be read back; send a new `value` too")
    if secret and (wanted.has_value or not before.secret):
        value, kid = _sealed(gateway, workspace_id, name, value), _kid(gateway, secret)
    after = before.model_copy(
        update={
            "secret": secret,
            "value": value,
            "kid": kid,
            "description": before.description if wanted.description is None else wanted.description,
            "rev": before.rev + 1,
            "updated_at": now_ms(),
            "updated_by": by,
        }
    )
    if not await gateway.variables.save(after):
        raise _stale(None, wanted.rev)
    return after


def _text(value: Any) -> Json:
    text = to_json(value)
    if (size := len(text.encode())) > MAX_VARIABLE_BYTES:
        said = f"value: it has {size:,} bytes; a variable may have {MAX_VARIABLE_BYTES:,}"
        raise Refused("value_too_large", said)
    return text


def _sealed(gateway: Gateway, workspace_id: str, name: str, text: Json) -> str:
    if gateway.sealing_key is None:
        raise Refused("no_vault", "Secrets cannot be kept here: set WEFT_VAULT_PUBLIC_KEY of the gateway")
    return gateway.sealing_key.seal(text.encode(), context_of("variable", workspace_id, name))


def _kid(gateway: Gateway, secret: bool) -> str:
    return gateway.sealing_key.kid if secret and gateway.sealing_key else ""


def _stale(now: int | None, wanted: int) -> Refused:
    there = "it has just been changed" if now is None else f"it is at revision {now}, not {wanted}"
    return Refused("stale_revision", f"rev: {there}; read the variable again, then save over that")
