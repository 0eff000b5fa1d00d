"""The runner on a real broker and store: what comes in, what goes out, and how it stops."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from services.runner import nodes
from services.runner.__main__ import runner
from shared.contracts.events import Message, NodeFinished, NodeReady, NodeStarted, NodeTask
from shared.contracts.value import from_json, inline, to_json
from shared.ids import now_ms
from shared.messaging.topology import ready_key
from shared.nodes import Context, NodeConfig, discover, node
from shared.pool import executor
from shared.sandbox import Sandbox
from shared.service import Service
from shared.storage.executors import Executors
from shared.storage.mongo import Store
from shared.storage.node_types import NodeTypes
from shared.storage.payloads import Payloads
from shared.tree import TreeRunner
from tests.integration.services.frame import Peer, as_planner, working
from tests.waiting import LOOK_EVERY_S

Drop = Callable[..., Awaitable[None]]


def told(run_id: str, *tree: NodeTask) -> NodeReady:
    return NodeReady(
        run_id=run_id, workspace_id="default", pool="core", side_effects="none", nodes=list(tree),
        trigger=inline(to_json({"n": 1})), sent_at=now_ms(),
    )  # fmt: skip


def setting(name: str, after: str | None = None, **values: str) -> NodeTask:
    return NodeTask(node=name, type="set", attempt=1, config=to_json({"values": values}), timeout_s=5,
                    after=after, after_port="out" if after else None,
                    references=[after] if after else [])  # fmt: skip


HELD = NodeTask(node="held", type="held", attempt=1, config="{}", timeout_s=60)
RELEASE = asyncio.Event()


@node("held", title="Held", category="test")
async def held(config: NodeConfig, context: Context) -> str:
    """Answers when the test lets it."""
    await RELEASE.wait()
    return "released"


@asynccontextmanager
async def holding(service: Service) -> AsyncIterator[None]:
    """A runner that also knows `held`."""
    found = {**discover(nodes), "held": held.registered}  # type: ignore[attr-defined]
    async with Sandbox(processes=1) as sandbox:
        trees = TreeRunner(found, sandbox, Payloads(service.store))
        async with executor(service, found, trees, prefetch=20):
            yield


async def send(peer: Peer, ready: NodeReady) -> None:
    await peer.bus.publish(ready, ready_key("core", "normal"))


async def test_a_tree_of_nodes_is_answered_in_one_message(
    amqp_url: str, store_url: str, store: Store, drop_queues: Drop
) -> None:
    async with working("runner", runner, amqp_url, store_url) as service, as_planner(amqp_url) as planner:
        await send(
            planner,
            told("run_1", setting("a", n="{{ trigger.n }}"), setting("b", "a", n="{{ nodes.a.n + 1 }}")),
        )
        answer = await planner.until(lambda each: isinstance(each, NodeFinished))
        async with asyncio.timeout(60):
            while not {"set", "condition", "code.python"} <= set(await NodeTypes(store).all()):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_EVERY_S)  # it announces what it can do while it works
    assert isinstance(answer, NodeFinished)
    assert (answer.run_id, answer.head, answer.executor, answer.stored) == ("run_1", "a", service.id, False)
    outputs = [from_json(each.output.json_text or "") for each in answer.results if each.output]
    assert outputs == [{"n": 1}, {"n": 2}]
    assert await Executors(store).all() == {}, "it has left"


async def test_what_comes_in_while_one_runner_stops_goes_to_another(
    amqp_url: str, store_url: str, store: Store, drop_queues: Drop
) -> None:
    RELEASE.clear()
    async with as_planner(amqp_url) as planner, working("runner", holding, amqp_url, store_url) as first:
        await send(planner, told("run_long", HELD))
        await planner.until(lambda each: isinstance(each, NodeStarted))
        async with working("runner", holding, amqp_url, store_url) as second, asyncio.timeout(60):
            stopping = asyncio.create_task(first.bus.stop_consuming())
            answers: list[Message] = []
            for i in range(6):
                await send(planner, told(f"run_{i}", setting("a", n="1")))
                answers.append(await planner.until(lambda each: isinstance(each, NodeFinished)))
            RELEASE.set()
            last = await planner.until(lambda each: isinstance(each, NodeFinished))
            await stopping
    assert isinstance(answers[-1], NodeFinished)
    assert answers[-1].executor == second.id
    assert isinstance(last, NodeFinished)
    assert (last.run_id, last.executor) == ("run_long", first.id), "it finished what it had begun"
