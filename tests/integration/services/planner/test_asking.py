"""Who is to decide a review gets a mail, once, and nobody else does: planner, broker, store and mail server
are real."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from services.planner import __main__ as main
from services.planner.asking import Asking
from services.planner.saved import Saved
from services.planner.settings import PlannerSettings
from shared.contracts.directive import AwaitDecision
from shared.contracts.events import NodeReady, RunRequested
from shared.contracts.identity import Grant, Member, User
from shared.contracts.node_run import NodeResult
from shared.contracts.run import Run
from shared.contracts.value import inline, to_json
from shared.ids import now_ms
from shared.messaging.topology import planner_key
from shared.storage.deliveries import Deliveries, Delivery
from shared.storage.mongo import Store
from shared.storage.payloads import Payloads
from shared.storage.people import Users
from shared.storage.runs import Runs
from shared.storage.workflows import Workflow, Workflows
from shared.storage.workspaces import Grants, Members
from tests.builders import finished, graph, pinned, run
from tests.integration.gateway.identity.post import PUBLIC, SETTINGS, connectors, link_in
from tests.integration.services.frame import Peer, working
from tests.smtp_server import MailBox, mail_server
from tests.waiting import LOOK_EVERY_S, until

Work = Callable[[], Awaitable[NodeReady]]
PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"role": "runner"},
    "bob": {"role": "viewer", "grant": "editor"},
    "cem": {"role": "runner", "grant": "none"},
    "dan": {"role": "viewer"},
    "eve": {},
    "fay": {"role": "editor", "state": "disabled"},
    "gus": {"role": "admin", "grant": "none"},
    "hal": {"role": "editor"},
}
ASSIGNEES = ["Ada@Example.com", "bob@example.com", "cem@example.com", "dan@example.com", "eve@example.com",
             "fay@example.com", "user_gus", "Nobody in particular", "stranger@example.com"]  # fmt: skip


@pytest.fixture
async def people(store: Store) -> None:
    """Some of them may decide what becomes of workflow wf_1."""
    for name, about in PEOPLE.items():
        user = User(
            id=f"user_{name}", email=f"{name}@example.com", state=about.get("state", "active"), created_at=0
        )
        await Users(store).insert(user)
        if role := about.get("role"):
            await Members(store).insert(
                Member(workspace_id="default", user_id=user.id, role=role, created_at=0)
            )
        if role := about.get("grant"):
            await Grants(store).put(
                Grant(workspace_id="default", workflow_id="wf_1", user_id=user.id, role=role, created_at=0)
            )
    flow = Workflow(
        id="wf_1", workspace_id="default", name="Orders", graph="{}", rev=1, created_at=0, updated_at=0
    )
    await Workflows(store).insert(flow)


@pytest.fixture
async def box() -> AsyncIterator[MailBox]:
    async with mail_server() as box:
        yield box


@pytest.fixture
async def mailing(
    amqp_url: str, store_url: str, store: Store, published: None, executor: Peer, people: None, box: MailBox,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[None]:  # fmt: skip
    """A planner of an installation that sends mails, and the connectors that do it."""
    given = {"smtp_from": SETTINGS["smtp_from"], "public_url": PUBLIC}
    monkeypatch.setattr(main, "SETTINGS", PlannerSettings.model_validate(given))
    async with (
        working("planner", main.planner, amqp_url, store_url),
        connectors(amqp_url, store, box),
    ):
        yield


def review(*assignees: str) -> NodeResult:
    """What a review answers with once its config is evaluated."""
    config = {"title": "Refund\r\nBcc: eve@example.com", "instructions": "Up to 100 €."}
    asked = AwaitDecision(decisions=["approve", "reject"], assignees=list(assignees))
    now = now_ms()
    return NodeResult(
        node="a", attempt=1, status="suspended", directive=asked, input=inline(to_json(config)),
        started_at=now, finished_at=now,
    )  # fmt: skip


async def waiting(store: Store, executor: Peer, work: Work, *assignees: str) -> Run:
    """A run whose review waits for these."""
    fresh = run(rev=0)
    await Runs(store).insert(fresh)
    key = planner_key(RunRequested.event, "run_1")
    await executor.bus.publish(RunRequested(run_id="run_1", run=fresh), key)
    await work()
    answered = finished(review(*assignees))
    await executor.bus.publish(answered, planner_key(answered.event, "run_1"))
    async with asyncio.timeout(20):
        while True:
            saved = (await Runs(store).load(["run_1"]))["run_1"]
            if saved.nodes["a"].status == "suspended":
                return saved
            await asyncio.sleep(LOOK_EVERY_S)


async def deliveries(store: Store) -> list[Delivery]:
    return await Deliveries(store).page("default", before=None, limit=100)


@pytest.mark.usefixtures("mailing")
async def test_those_who_may_decide_get_a_mail_each(
    store: Store, executor: Peer, work: Work, box: MailBox
) -> None:
    await waiting(store, executor, work, *ASSIGNEES)
    await until(lambda: len(box.mails) == 3)
    assert sorted(each["To"] for each in box.mails) == [
        "ada@example.com",
        "bob@example.com",
        "gus@example.com",
    ]
    mail = box.mails[0]
    assert (mail["Subject"], mail["Bcc"]) == ("For you to decide: Refund Bcc: eve@example.com", None)
    text = mail.get_content()
    assert "Up to 100 €." in text
    assert "Workflow: Orders" in text
    assert link_in(mail) == f"{PUBLIC}/api/v1/workspaces/default/runs/run_1/nodes/a"


@pytest.mark.usefixtures("mailing")
async def test_a_planner_that_fails_in_between_tells_it_after_all(
    store: Store, executor: Peer, work: Work, box: MailBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had saved by then is told with the next try."""
    insert, failed = Deliveries.insert, asyncio.Event()

    async def failing(self: Deliveries, wanted: list[Delivery]) -> None:
        if not failed.is_set():
            failed.set()
            raise ConnectionError("the store is away")
        await insert(self, wanted)

    monkeypatch.setattr(Deliveries, "insert", failing)
    saved = await waiting(store, executor, work, "ada@example.com", "hal@example.com")
    await until(lambda: len(box.mails) == 2)
    assert failed.is_set()
    monkeypatch.undo()
    before = await deliveries(store)
    assert {each.workflow_id for each in before} == {"wf_1"}
    another = Asking(store, Payloads(store), PUBLIC)
    await another.ask([Saved(saved, pinned(graph("a")), [], {}, "")], now_ms())
    again = [each.id for each in await deliveries(store)]
    assert again == [each.id for each in before], "one that does not know it is told already adds nothing"
