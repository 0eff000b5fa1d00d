"""Credentials as they come in: checked against their type, sealed, and forgotten; and who may see which."""

from typing import Any

from services.gateway.checking import check_fits
from services.gateway.credentials.inputs import CredentialChange, NewCredential, SharingInput
from services.gateway.errors import Refused
from services.gateway.identity.rights import Access
from services.gateway.parts import Gateway
from shared.contracts.credential import Credential, Sharing
from shared.contracts.value import to_json
from shared.ids import new_id, now_ms
from shared.storage.credentials import data_context

MOST_BYTES = 100_000


async def kept(gateway: Gateway, access: Access, wanted: NewCredential) -> Credential:
    """A new credential of the caller's, stored."""
    await _allow_sharing(gateway, access, wanted.shared)
    now = now_ms()
    blank = Credential(
        id=new_id("cred"), workspace_id=access.workspace_id, name=wanted.name, type=wanted.type,
        owner=access.caller.id, shared=_sharing(wanted.shared), sealed="", kid="", rev=1,
        expires_at=wanted.expires, created_at=now, updated_at=now,
    )  # fmt: skip
    credential = blank.model_copy(update=await _sealed(gateway, blank, wanted.data))
    await gateway.credentials.insert(credential)
    return credential


async def changed(
    gateway: Gateway, access: Access, before: Credential, change: CredentialChange
) -> Credential:
    """The credential after a change over the revision that the caller has seen, stored."""
    need_own(access, before)
    changes: dict[str, Any] = {"rev": change.rev + 1, "updated_at": now_ms()}
    if change.name is not None:
        changes["name"] = change.name
    if change.shared is not None:
        await _allow_sharing(gateway, access, change.shared)
        changes["shared"] = _sharing(change.shared)
    if "expires_at" in change.model_fields_set:
        changes["expires_at"] = change.expires
    if change.data is not None:
        changes |= {**await _sealed(gateway, before, change.data), "data_rev": before.data_rev + 1}
    after = before.model_copy(update=changes)
    if before.rev != change.rev or not await gateway.credentials.save(after):
        said = f"The credential is no longer at revision {change.rev}: read it again, then save over that"
        raise Refused("stale_revision", said)
    return after


async def _allow_sharing(gateway: Gateway, access: Access, wanted: SharingInput) -> None:
    """Raises QuotaExceeded where the plan lets nobody share anything with other people."""
    if wanted.workspace or wanted.people:
        await gateway.quotas.allow_sharing(access.workspace_id)


async def found(gateway: Gateway, access: Access, credential_id: str) -> Credential:
    """A credential that the caller may know of; raises Refused (`not_found`)."""
    credential = await gateway.credentials.get(access.workspace_id, credential_id)
    if credential is None or not visible(access, credential):
        raise Refused("not_found", f"There is no credential {credential_id[:200]!r} here")
    return credential


def visible(access: Access, credential: Credential) -> bool:
    """Whether the caller is told of it: what is private to others is their own business."""
    workflows = credential.shared.workflows
    if access.role == "admin" or credential.usable_by(access.caller.id):
        return True
    return any(access.may("credentials:read", each) for each in workflows)


def need_own(access: Access, credential: Credential) -> None:
    """Raises Refused unless it is the caller's, or they are an admin."""
    if access.role != "admin" and access.caller.id != credential.owner:
        raise Refused("forbidden", "That is for the credential's owner, or an admin of the workspace")


async def _sealed(gateway: Gateway, credential: Credential, data: dict[str, Any]) -> dict[str, Any]:
    """The fields of a stored credential that follow from its data; raises Refused."""
    if (key := gateway.sealing_key) is None:
        raise Refused(
            "no_vault", "No secrets can be kept: the gateway was started without WEFT_VAULT_PUBLIC_KEY"
        )
    known = await gateway.credential_types.current()
    about = known.get(credential.type)
    if about is None:
        raise Refused(
            "unknown_credential_type", f"type: there is no type {credential.type!r}; {_names(known)}"
        )
    text = to_json(data)
    if len(text) > MOST_BYTES:
        raise Refused("value_too_large", f"data has {len(text):,} characters; {MOST_BYTES:,} may be")
    await check_fits(data, to_json(about.data_schema), name="data", secret=True)
    secret = set(about.secret_fields)
    shown = {name: value for name, value in data.items() if name not in secret}
    defaults = {
        name: each["default"] for name, each in _properties(about.data_schema).items() if "default" in each
    }
    fields = {**{name: each for name, each in defaults.items() if name not in secret}, **shown}
    sealed = key.seal(text.encode(), data_context(credential))
    return {"sealed": sealed, "kid": key.kid, "fields": to_json(fields)}


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    return schema.get("properties", {})


def _names(known: Any) -> str:
    return f"these are known: {', '.join(known)}" if known else "no connectors have been up yet"


def _sharing(wanted: SharingInput) -> Sharing:
    return Sharing(
        workspace=wanted.workspace, workflows=sorted(set(wanted.workflows)), people=sorted(set(wanted.people))
    )
