"""Which workflows would miss a credential."""

from services.gateway.parts import Gateway
from services.gateway.pinned import version_id
from shared.storage.workflows import Workflow

AT_ONCE = 200


async def users_of(gateway: Gateway, workspace_id: str, credential_id: str) -> list[Workflow]:
    """Those that name it in their draft or latest version. Reads them all, for it happens rarely."""
    using: list[Workflow] = []
    before: str | None = None
    quoted = f'"{credential_id}"'
    while found := await gateway.workflows.page(workspace_id, before=before, limit=AT_ONCE):
        latest = [version_id(each.id, each.latest) for each in found if each.latest]
        versions = await gateway.versions.load(latest) if latest else {}
        for each in found:
            version = versions.get(version_id(each.id, each.latest))
            if quoted in each.graph or (version and quoted in version.graph):
                using.append(each)
        before = found[-1].id
    return using
