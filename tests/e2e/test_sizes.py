"""Large values, wide graphs and long ones."""

import asyncio
from hashlib import sha256

from shared.storage.mongo import Store
from tests.e2e.client import Weft, chain, graph, http, node, values
from tests.http_server import Server

MEGABYTE = 1_000_000


async def test_a_megabyte_goes_through_three_nodes(weft: Weft, system_store: Store) -> None:
    big = [
        node("make", "code.python", {"code": f"'ä' * {MEGABYTE // 2}"}),
        values("keep", text="{{ nodes.make }}"),
        node("digest", "hash", {"value": "{{ nodes.keep.text }}", "algorithm": "sha256"}),
    ]
    run = await weft.run(graph(big, "make > keep > digest"))
    assert run["status"] == "succeeded", run["failure"]
    assert sha256(("ä" * (MEGABYTE // 2)).encode()).hexdigest() in str(run["output"]["digest"])
    made = (await weft.node(run["id"], "make"))["attempts"][0]["output"]
    assert made == "ä" * (MEGABYTE // 2), "what went by reference is shown whole"
    stored = await system_store["runs"].find_one({"_id": run["id"]})
    assert len(str(stored)) < 20_000, "the run document does not carry it"


async def test_large_values_cross_to_another_executor_and_into_the_output(weft: Weft, target: Server) -> None:
    text = "x" * 40_000
    sent = node("send", "http.request", {"method": "POST", "url": target.url("/echo"),
                                         "body": "{{ nodes.keep.text }}"})  # fmt: skip
    run = await weft.run(
        graph(
            [values("keep", text="{{ trigger.text }}"), sent],
            "keep > send",
            output="{{ nodes.send.body.body }}",
        ),
        {"text": text},
    )
    assert run["output"] == text
    assert run["input"] == {"text": text}


async def test_a_hundred_nodes_side_by_side(weft: Weft) -> None:
    names = [f"n{i}" for i in range(98)]
    wide = graph(
        [
            values("start", n=1),
            *(values(each, n=f"{{{{ nodes.start.n + {i} }}}}") for i, each in enumerate(names)),
            values("sum", n=f"{{{{ {' + '.join(f'nodes.{each}.n' for each in names)} }}}}"),
        ],
        *(f"start > {each} > sum" for each in names),
        max_parallel=100,
    )
    run = await weft.run(wide)
    assert run["output"] == {"sum": {"n": sum(range(1, 99))}}


async def test_a_hundred_nodes_in_a_row(weft: Weft) -> None:
    run = await weft.run(chain(100))
    assert run["output"] == {"n99": {"n": 100}}
    events = await weft.events(run["id"])
    assert [each["node"] for each in events if each["type"] == "node.succeeded"] == [
        f"n{i}" for i in range(100)
    ]


async def test_no_more_than_max_parallel_nodes_are_under_way(weft: Weft, target: Server) -> None:
    calls = [http(f"c{i}", target.url("/gate/parallel")) for i in range(6)]
    run_id = await weft.start(graph(calls, max_parallel=2))
    ready = 0
    async with weft.stream(run_id) as events, asyncio.timeout(30):
        async for each in events:
            ready += {"node.ready": 1, "node.succeeded": -1}.get(each["type"], 0)
            assert ready <= 2
            if each["type"] == "node.started":
                target.open("parallel")
    assert (await weft.end(run_id))["status"] == "succeeded"
    assert len(target.seen) == 6
