"""The credentials that a graph names, as far as its author may use them, and the variables there are."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.gateway.drafts import NONE_GIVEN, Given
from services.gateway.errors import Refused
from services.gateway.identity.rights import Access
from services.gateway.parts import Gateway
from shared.contracts.credential import Credential
from shared.contracts.version import PinnedGraph
from shared.ids import now_ms

MOST = 1_000
MOST_TRIES = 10


@dataclass(frozen=True)
class Named:
    """What was found of them, and what the check of the graph is told."""

    found: tuple[Credential, ...] = ()
    given: Given = NONE_GIVEN


async def named(gateway: Gateway, access: Access, graph: Any, workflow_id: str | None = None) -> Named:
    """One look into the store each, and none for a graph that names no credentials, or no variables."""
    ids = list(dict.fromkeys(_ids(graph)))[:MOST]
    variables = await _variables(gateway, access.workspace_id) if "vars" in str(graph) else None
    if not ids:
        return Named(given=Given(variables=variables))
    found = await gateway.credentials.load(access.workspace_id, ids)
    unshared = {each.id for each in found.values() if not _usable(each, access, workflow_id)}
    types = {each.id: each.type for each in found.values()}
    return Named(tuple(found.values()), Given(types, frozenset(unshared), variables))


async def check_again(gateway: Gateway, access: Access, graph: PinnedGraph, workflow_id: str | None) -> None:
    """Raises Refused where a graph that is to be run again names credentials that the runs of its workflow,
    or without one whoever asks, may not use, or not any more."""
    ids = list(dict.fromkeys(_ids([each.model_dump() for each in graph.nodes.values()])))[:MOST]
    found = await gateway.credentials.load(access.workspace_id, ids) if ids else {}
    for each in found.values():
        if workflow_id is None and not each.usable_by(access.caller.id):
            raise Refused("forbidden", f"Credential {each.name!r} is not shared with you: ask its owner")
        if not each.usable_in(workflow_id):
            said = f"Credential {each.name!r} is no longer shared with this workflow: ask its owner"
            raise Refused("forbidden", said)


async def _variables(gateway: Gateway, workspace_id: str) -> dict[str, bool]:
    """All there are, each with whether it is secret."""
    names = gateway.variables.names
    every, secret = await asyncio.gather(names(workspace_id, 0), names(workspace_id, 0, secret=True))
    return {name: name in secret for name in every}


async def share(gateway: Gateway, credentials: tuple[Credential, ...], workflow_id: str) -> None:
    """Whoever may use credentials, and publishes a workflow with them or runs its draft, shares them with
    it: connectors open them for workflows, not for people."""
    for credential in credentials:
        for _ in range(MOST_TRIES):
            if credential.usable_in(workflow_id):
                break
            shared = credential.shared
            wider = shared.model_copy(update={"workflows": [*shared.workflows, workflow_id]})
            changes = {"shared": wider, "rev": credential.rev + 1, "updated_at": now_ms()}
            after = credential.model_copy(update=changes)
            if await gateway.credentials.save(after):
                break
            again = await gateway.credentials.get(credential.workspace_id, credential.id)
            if again is None:
                break
            credential = again
        else:
            raise Refused(
                "stale_revision", f"Others keep changing credential {credential.id!r}; please retry"
            )


def _usable(credential: Credential, access: Access, workflow_id: str | None) -> bool:
    mine = credential.usable_by(access.caller.id)
    return mine or (workflow_id is not None and workflow_id in credential.shared.workflows)


def _ids(graph: Any) -> Iterator[str]:
    """Whatever stands under `credential_id`, in the graphs of containers too. No recursion."""
    parts = [graph]
    while parts:
        part = parts.pop()
        if isinstance(part, list):
            parts += part
        elif isinstance(part, dict):
            if isinstance(name := part.get("credential_id"), str) and len(name) <= 200:
                yield name
            parts += part.values()
