"""What only the store can be given: what others than callers make, and what the document's examples name."""

from services.gateway.resources import WORKFLOW_ID
from shared.contracts.alert import Alert, Notice
from shared.contracts.credential import CredentialType
from shared.ids import new_id, now_ms
from shared.storage.alerts import Alerts
from shared.storage.credential_types import CredentialTypes
from shared.storage.deliveries import Deliveries, Delivery
from shared.storage.mongo import Store
from shared.storage.node_types import NodeTypes
from shared.storage.workflows import Workflows
from tests.contract.nodes import TYPES


async def known_types(store: Store) -> None:
    """The whole catalog of the runner, and a type of credential."""
    await NodeTypes(store).put([each.node_type for each in TYPES.values()])
    schema = {"type": "object", "properties": {"token": {"type": "string", "writeOnly": True}}}
    bearer = CredentialType(type="http.bearer", title="Bearer", description="", data_schema=schema)
    await CredentialTypes(store).put([bearer])


async def exemplary(store: Store, workflow_id: str) -> None:
    """The workflow that the examples are about: a copy of this one."""
    workflow = await Workflows(store).get("default", workflow_id)
    assert workflow
    await Workflows(store).insert(workflow.model_copy(update={"id": WORKFLOW_ID}))


async def alert(store: Store) -> str:
    """The id of one that is open."""
    found = Alert(
        id=new_id("alr"), workspace_id="default", rule_id="rule_x", rule_name="R", kind="failure",
        severity="warning", said="It has failed", at=now_ms(),
    )  # fmt: skip
    await Alerts(store).insert([found])
    return found.id


async def delivery(store: Store, channel_id: str) -> str:
    """The id of one that has failed."""
    notice = Notice(kind="test", title="T", text="T", at=now_ms(), workspace_id="default")
    failed = Delivery(
        id=new_id("dlv"), workspace_id="default", channel_id=channel_id, notice=notice, status="failed",
        most_attempts=1, next_at=None, created_at=now_ms(),
    )  # fmt: skip
    await Deliveries(store).insert([failed])
    return failed.id
