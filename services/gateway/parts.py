"""What the routes work with."""

import asyncio
from collections.abc import Sequence

from fastapi import Request

from services.gateway.answers import Answers
from services.gateway.catalog import Catalog
from services.gateway.credentials.types import KnownTypes
from services.gateway.dead.box import DeadBox
from services.gateway.drafts import Drafts
from services.gateway.errors import Refused
from services.gateway.hooks.desk import HookDesk
from services.gateway.identity.directory import Directory
from services.gateway.identity.known_callers import KnownCallers
from services.gateway.identity.provider import provider_of
from services.gateway.identity.round_trips import RoundTrips
from services.gateway.identity.stream_tokens import StreamTokens
from services.gateway.identity.throttle import Throttle
from services.gateway.identity.tokens import Tokens
from services.gateway.pinned import PinnedVersions
from services.gateway.settings import GatewaySettings
from services.gateway.watch import RunHints, Watchers
from shared.batcher import Batcher
from shared.contracts.base import Json
from shared.contracts.events import (
    AccessChanged,
    CredentialAnswered,
    Message,
    NodeProgress,
    NodeTypeAnnounced,
    RunChanged,
    TriggerChanged,
    WorkflowChanged,
)
from shared.contracts.run import Run
from shared.contracts.trigger import Trigger
from shared.contracts.value import MAX_VALUE_BYTES, Value
from shared.contracts.webhook import WebhookConfig
from shared.firing import Firing
from shared.fresh import Fresh
from shared.messaging.broker import Bus, Delivery
from shared.plans import load_plans
from shared.quotas import Quotas
from shared.storage.alert_channels import AlertChannels
from shared.storage.alert_rules import AlertRules
from shared.storage.alert_states import AlertStates
from shared.storage.alerts import Alerts
from shared.storage.audit import Audit
from shared.storage.credential_types import CredentialTypes
from shared.storage.credentials import Connectings, Credentials, CredentialStates
from shared.storage.deliveries import Deliveries
from shared.storage.idempotency import Idempotency
from shared.storage.mongo import Store
from shared.storage.node_runs import NodeRuns
from shared.storage.node_types import NodeTypes
from shared.storage.payloads import Payloads
from shared.storage.rollups import RollUps
from shared.storage.run_events import RunEvents
from shared.storage.runs import Runs
from shared.storage.sources import Sources
from shared.storage.throttles import Throttles
from shared.storage.triggers import Triggers
from shared.storage.variables import Variables
from shared.storage.versions import Versions
from shared.storage.workflows import Workflow, Workflows
from shared.telemetry import logger

PUBLISH_S = 5
UP_S = 2
"""How long a request waits for a connection to the broker that has just been lost."""


class Gateway:
    """The gateway's parts. Runs and workflows are read in natural batches: many callers, one query."""

    def __init__(self, settings: GatewaySettings, store: Store, bus: Bus) -> None:
        self.heartbeat_s = settings.heartbeat_s
        self.public_url = settings.public_url
        self.max_body_bytes = int(settings.max_body_mb * 1_000_000)
        self.stalled_s = settings.stalled_s
        self._identity(settings, store)
        self._alerting(settings, store)
        self.workflows = Workflows(store)
        self.versions = Versions(store)
        self.runs = Runs(store)
        self.run_events = RunEvents(store)
        self.node_runs = NodeRuns(store)
        self.payloads = Payloads(store)
        self.rollups = RollUps(store)
        self.idempotency = Idempotency(store)
        self.sources = Sources(store)
        self.triggers = Triggers(store)
        self.hooks = HookDesk(settings.secrets, store)
        self.dead_box = DeadBox(settings.amqp_url, store)
        self.catalog, self.variables = Catalog(NodeTypes(store)), Variables(store)
        self.quotas = Quotas(store, load_plans(settings.plans), self.directory.workspace)
        self.firing = Firing(bus, store, self.quotas)
        self.drafts = Drafts(self.catalog, settings.max_nodes)
        self.pinned = PinnedVersions(self.versions, self.drafts, self.catalog)
        self.watchers = Watchers()
        self.answers = Answers()
        self.credentials = Credentials(store)
        self.credential_states = CredentialStates(store)
        self.connectings = Connectings(store)
        self.credential_types = KnownTypes(CredentialTypes(store))
        self.sealing_key = settings.sealing
        self._bus = bus
        self._run_reads: Batcher[str, Run | None] = Batcher(self._load_runs)
        self._workflow_reads: Batcher[str, Workflow | None] = Batcher(self._load_workflows)
        self._published: Fresh[str, Workflow] = Fresh(self._workflow_reads.add)

    def _identity(self, settings: GatewaySettings, store: Store) -> None:
        self.directory = Directory(store)
        self.callers = KnownCallers(self.directory, settings.own_key)
        self.tokens = Tokens(settings.secrets)
        self.stream_tokens = StreamTokens(settings.secrets)
        self.sign_up = settings.sign_up
        self.provider = provider_of(settings)
        self.round_trips = RoundTrips(settings.secrets)
        self.audit = Audit(store)
        self.throttle = Throttle(Throttles(store))

    def _alerting(self, settings: GatewaySettings, store: Store) -> None:
        self.sends_mail = settings.sends_mail
        self.alerts = Alerts(store)
        self.alert_rules = AlertRules(store)
        self.alert_states = AlertStates(store)
        self.alert_channels = AlertChannels(store)
        self.deliveries = Deliveries(store)

    async def run(self, workspace_id: str, run_id: str) -> Run:
        """A run of this workspace; raises Refused (`not_found`)."""
        run = await self._run_reads.add(run_id)
        if run is None or run.workspace_id != workspace_id:
            raise Refused("not_found", f"There is no run {run_id!r} here")
        return run

    async def any_run(self, run_id: str) -> Run | None:
        """A run of whatever workspace, for who proves otherwise that it may be told of it."""
        return await self._run_reads.add(run_id)

    async def run_if_any(self, workspace_id: str, run_id: str) -> Run | None:
        """A run of this workspace, or None."""
        return await self.runs.get(workspace_id, run_id)

    async def workflow(self, workspace_id: str, workflow_id: str) -> Workflow:
        """A workflow of this workspace that is not archived; raises Refused (`not_found`)."""
        return _here(await self._workflow_reads.add(workflow_id), workspace_id, workflow_id)

    async def trigger(self, workspace_id: str, trigger_id: str) -> Trigger:
        """A trigger of this workspace; raises Refused (`not_found`)."""
        trigger = await self.triggers.get(workspace_id, trigger_id)
        if trigger is None:
            raise Refused("not_found", f"There is no trigger {trigger_id!r} here")
        return trigger

    async def published(self, workspace_id: str, workflow_id: str) -> Workflow:
        """The same, as it was a moment ago at the earliest: what is asked for at every start."""
        return _here(await self._published.get(workflow_id), workspace_id, workflow_id)

    async def save_workflow(self, workflow: Workflow, *, over: Workflow) -> bool:
        """Replace what was read as `over`, and let every gateway know; False when it has changed since."""
        saved = await self.workflows.save(workflow, over=over)
        self._published.changed(workflow.id)
        await self._show(WorkflowChanged(workflow_id=workflow.id))
        return saved

    async def trigger_changed(self, trigger: Trigger) -> None:
        """Have this and every other gateway read anew what is at the address of a webhook, as it was."""
        if isinstance(trigger.config, WebhookConfig):
            self.hooks.changed(trigger.config.address)
            await self._show(TriggerChanged(address=trigger.config.address))

    async def access_changed(self) -> None:
        """Have this and every other gateway read anew who may do what."""
        self.directory.changed()
        await self._show(AccessChanged())

    async def hurry(self, message: Message) -> None:
        """Let somebody know at once what would be found a little later anyway."""
        await self._show(message)

    async def _show(self, message: Message) -> None:
        """Tell all gateways of a change. Those that miss it read anew within a second."""
        try:
            await self._bus.show(message, message.event)
        except Exception as error:
            logger.info("change.untold", what=message.event, error=f"{type(error).__name__}: {error}"[:300])

    async def keep(self, text: Json, what: str) -> Value:
        """What a caller has sent, as a value that can travel; raises Refused (`value_too_large`)."""
        size = len(text) if text.isascii() else len(text.encode())
        if size > MAX_VALUE_BYTES:
            said = f"{what} has {size:,} bytes; a value may have at most {MAX_VALUE_BYTES:,}"
            raise Refused("value_too_large", said)
        return await self.payloads.put(text)

    async def reach_broker(self) -> None:
        """Return when the broker takes messages; raises Refused (`broker_unavailable`), so that nothing is
        begun that could not be announced."""
        try:
            await self._bus.up(UP_S)
        except ConnectionError as error:
            raise Refused("broker_unavailable", f"The broker is away: {error}; please try again") from error

    async def publish(self, message: Message, key: str, trace: str) -> None:
        """Publish what work depends on; raises Refused (`broker_unavailable`)."""
        await self.reach_broker()
        try:
            async with asyncio.timeout(PUBLISH_S):
                await self._bus.publish(message, key, trace=trace)
        except Exception as error:  # the client library has no common base for "not connected"
            logger.warning("publish.failed", key=key, error=f"{type(error).__name__}: {error}"[:300])
            raise Refused("broker_unavailable", "The broker cannot be reached; please try again") from error

    async def heard(self, delivery: Delivery) -> None:
        """What planner and executors tell everybody."""
        match delivery.message:
            case RunHints() as message:
                if self.watchers.hinted(message):
                    self.watchers.changed(RunChanged.model_validate_json(delivery.raw.body))
            case NodeProgress() as message:
                self.watchers.progressed(message)
            case WorkflowChanged() as message:
                self._published.changed(message.workflow_id)
            case TriggerChanged() as message:
                self.hooks.changed(message.address)
            case AccessChanged():
                self.directory.changed()
            case NodeTypeAnnounced() as message:
                self.catalog.announced(message.node_types)
                self.credential_types.announced(message.credential_types)
            case CredentialAnswered() as message:
                self.answers.heard(message.id)

    async def _load_runs(self, ids: list[str]) -> Sequence[Run | None]:
        found = await self.runs.load(list(dict.fromkeys(ids)))
        return [found.get(run_id) for run_id in ids]

    async def _load_workflows(self, ids: list[str]) -> Sequence[Workflow | None]:
        found = await self.workflows.load(list(dict.fromkeys(ids)))
        return [found.get(workflow_id) for workflow_id in ids]


def _here(workflow: Workflow | None, workspace_id: str, workflow_id: str) -> Workflow:
    """Raises Refused (`not_found`) unless it is one of this workspace."""
    if workflow is None or workflow.workspace_id != workspace_id:
        raise Refused("not_found", f"There is no workflow {workflow_id!r} here")
    return workflow


def gateway_of(request: Request) -> Gateway:
    """The parts that serve this request."""
    return request.app.state.gateway
