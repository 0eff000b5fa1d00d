"""Graphs within graphs: for each item, in turn, or as an attempt."""

from typing import Any

import pytest

from shared.ids import new_id
from shared.storage.mongo import Store
from tests.e2e.client import Body, Weft, graph, http, node, values
from tests.e2e.containers import attempt, choosy, doubled, each, fetching, loop
from tests.http_server import Server
from tests.waiting import until


def only(container: Body) -> Body:
    """A graph whose output is that of its one container."""
    return graph([container], output=f"{{{{ nodes.{container['id']} }}}}")


async def output(weft: Weft, of: Body, given: Any = None) -> Any:
    run = await weft.run(of, given)
    assert run["status"] == "succeeded", run["failure"]
    return run["output"]


async def failure(weft: Weft, of: Body, given: Any = None) -> Body:
    run = await weft.run(of, given)
    assert run["status"] == "failed", run["output"]
    return run["failure"]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([3, 1, 2], [6, 2, 4]),
        ([], []),
        ({}, {}),
    ],
    ids=["a list", "an empty list", "an empty mapping"],
)
async def test_a_map_answers_in_the_order_of_its_items(weft: Weft, items: Any, expected: Any) -> None:
    assert await output(weft, only(each("each", doubled())), {"items": items}) == expected


async def test_a_map_over_a_mapping_answers_with_a_mapping(weft: Weft) -> None:
    body = graph([values("show", text="{{ item.key }} is {{ item.value }}, {{ index }}")])
    found = await output(weft, only(each("each", body)), {"items": {"zinc": 30, "air": 0, "a.b$": None}})
    assert list(found) == ["zinc", "air", "a.b$"]
    assert [one["show"]["text"] for one in found.values()] == ["zinc is 30, 0", "air is 0, 1", "a.b$ is , 2"]


async def test_items_that_take_their_time_stay_in_order_and_are_limited(weft: Weft, target: Server) -> None:
    run_id = await weft.start(
        only(each("each", fetching(target, "/gate/order"), concurrency=2)), {"items": [5, 6, 7]}
    )
    await until(lambda: len(target.paths) == 2)
    for key in ("0", "1"):
        await weft.until(f"{run_id}.each.{key}", "node.started", node="fetch")
    assert len(target.paths) == 2, "the third has to wait"
    target.open("order")
    assert (await weft.end(run_id))["output"] == [5, 6, 7]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("drop", [1, 2, 4]), ("keep", [1, 2, None, 4])],
)
async def test_failed_items_are_dropped_or_kept_in_their_place(
    weft: Weft, choice: str, expected: list[Any]
) -> None:
    of = only(each("each", choosy(3), on_item_failure=choice))
    found = await output(weft, of, {"items": [1, 2, 3, 4]})
    assert [one if isinstance(one, int) else None for one in found] == expected
    if choice == "keep":
        kept = found[2]["failure"]
        assert (kept["code"], kept["message"]) == ("unwanted", "not 3")
        assert (kept["path"], kept["node"]) == ("each[2].refuse", "each")


async def test_a_failed_item_stops_the_map_and_the_failure_says_where(weft: Weft) -> None:
    found = await failure(weft, only(each("each", choosy(4))), {"items": [1, 2, 3, 4]})
    assert (found["code"], found["node"], found["path"]) == ("unwanted", "each", "each[3].refuse")


async def test_a_failed_item_keeps_the_others_from_being_begun(weft: Weft, target: Server) -> None:
    body = graph(
        [*choosy(1)["nodes"][:2], http("call", target.url("/echo"), "POST")],
        "check:true > refuse",
        "check:false > call",
    )
    found = await failure(weft, only(each("each", body, concurrency=1)), {"items": [0, 1, 2, 3]})
    assert found["path"] == "each[1].refuse"
    assert len(target.paths) == 1, "items 2 and 3 were never begun"


async def test_fifteen_hundred_items_go_through_in_windows(weft: Weft, system_store: Store) -> None:
    items = [{"n": n, "text": "x" * 300} for n in range(1500)]
    body = graph([values("show", n="{{ item.n + 1 }}", text="{{ item.text }}")], output="{{ nodes.show }}")
    run_id = await weft.start(only(each("each", body, concurrency=100)), {"items": items})
    largest = begun = 0
    async with weft.stream(run_id) as events:
        async for event in events:
            if event["type"] == "node.suspended":
                break
    while (stored := await system_store["runs"].find_one({"_id": run_id})) is not None:
        children = (stored["nodes"]["each"].get("suspended") or {}).get("children", {})
        assert len(children.get("open", [])) <= 100
        begun, largest = max(begun, children.get("released", 0)), max(largest, len(str(stored)))
        if stored["status"] == "succeeded":
            break
    assert begun >= 100
    assert largest < 50_000, "neither items nor answers lie in the run's document"
    found = (await weft.end(run_id))["output"]
    assert found == [{"n": n + 1, "text": "x" * 300} for n in range(1500)]


async def test_bodies_see_item_index_trigger_and_what_came_before(weft: Weft) -> None:
    show = values(
        "show",
        item="{{ item }}", index="{{ index }}", trigger="{{ trigger.items }}",
        base="{{ nodes.base.n }}", local="{{ nodes.local.n }}",
    )  # fmt: skip
    body = graph([values("local", n="{{ item * nodes.base.n }}"), show], "local > show")
    of = graph(
        [values("base", n=10), values("local", n="outer"), each("each", body)],
        "base > local > each",
        output="{{ nodes.each }}",
    )
    found = await output(weft, of, {"items": [1, 2]})
    assert found[1]["show"] == {"item": 2, "index": 1, "trigger": [1, 2], "base": 10, "local": 20}


async def test_a_loop_carries_its_state_from_turn_to_turn(weft: Weft) -> None:
    body = graph(
        [values("next", n="{{ item.n * 2 }}", seen="{{ item.seen + [index] }}")], output="{{ nodes.next }}"
    )
    of = only(loop("grow", body, "item.n < 100 and index < 50", {"n": "{{ trigger.n }}", "seen": []}))
    assert await output(weft, of, {"n": 3}) == {"n": 192, "seen": [0, 1, 2, 3, 4, 5]}
    assert await output(weft, of, {"n": 100}) == {"n": 100, "seen": []}


async def test_a_loop_that_does_not_end_fails_clearly(weft: Weft) -> None:
    found = await failure(weft, only(loop("spin", doubled(), "True", 1, max=3)))
    assert (found["code"], found["node"]) == ("loop_limit", "spin")
    assert "3 turns" in found["message"]


async def test_a_turn_that_fails_ends_the_loop_with_its_path(weft: Weft) -> None:
    body = graph(
        [node("check", "condition", {"when": "{{ index == 2 }}"}), node("refuse", "fail"), values("on", n=1)],
        "check:true > refuse",
        "check:false > on",
    )
    found = await failure(weft, only(loop("spin", body, "index < 5", 0)))
    assert found["path"] == "spin[2].refuse"


async def test_a_try_repeats_its_whole_body(weft: Weft, target: Server) -> None:
    name = new_id("flaky")
    body = graph(
        [http("first", target.url("/echo"), "POST"), http("second", target.url(f"/flaky/{name}?times=2"))],
        "first > second",
        output="{{ nodes.second.body.calls }}",
    )
    finish = http("tidy", target.url("/status/200"), "POST")
    finish["config"]["json"] = "{{ item }}"
    retry = {"max_attempts": 3, "initial_s": 0.05}
    run = await weft.run(only(attempt("careful", body, graph([finish]), retry=retry)))
    assert (run["status"], run["output"]) == ("succeeded", 3), run["failure"]
    assert run["nodes"]["careful"]["attempt"] == 3
    assert target.paths.count("/echo") == 3, "the body is repeated from its beginning"
    last = [one for one in target.seen if one["path"] == "/status/200"]
    assert [one["body"] for one in last] == ['{"output":3,"failure":null}'], "finally runs once"


async def test_a_try_that_fails_goes_on_through_its_failure_port(weft: Weft) -> None:
    finish = graph([values("note", code="{{ item.failure.code }}", output="{{ item.output }}")])
    of = graph(
        [
            attempt("careful", graph([node("refuse", "fail", {"code": "unwanted"})]), finish),
            values("worked", n=1),
            values("saved", code="{{ nodes.careful.code }}", path="{{ nodes.careful.path }}"),
        ],
        "careful > worked",
        "careful:failure > saved",
        output="{{ nodes.saved }}",
    )
    run = await weft.run(of)
    assert run["output"] == {"code": "unwanted", "path": "careful.refuse"}, run["failure"]
    assert run["nodes"]["worked"]["status"] == "skipped"
    child = (await weft.call("GET", f"/runs/{run['id']}.careful.finally"))[1]
    assert child["output"] == {"note": {"code": "unwanted", "output": None}}


async def test_containers_within_containers(weft: Weft) -> None:
    one = graph([values("one", n="{{ item * nodes.round.n }}")], output="{{ nodes.one.n }}")
    inner = each("squares", one, items=[1, 2, 3])
    tried = attempt("careful", graph([inner], output="{{ nodes.squares }}"))
    turn = graph(
        [
            values("round", n="{{ item.n + 1 }}"),
            tried,
            values("next", n="{{ nodes.round.n }}", all="{{ item.all + nodes.careful }}"),
        ],
        "round > careful > next",
        output="{{ nodes.next }}",
    )
    of = only(loop("rounds", turn, "item.n < 3", {"n": 0, "all": []}))
    assert await output(weft, of) == {"n": 3, "all": [1, 2, 3, 2, 4, 6, 3, 6, 9]}


async def test_a_failure_deep_inside_carries_the_whole_way(weft: Weft) -> None:
    tried = attempt("careful", graph([each("items", choosy(1), [0, 1])]))
    fail = node("again", "fail", {"message": "{{ nodes.careful.path }}", "code": "still"})
    turn = graph([tried, fail], "careful:failure > again")
    found = await failure(weft, only(loop("rounds", turn, "index < 3", 0)))
    assert (found["code"], found["path"]) == ("still", "rounds[0].again")
    assert found["message"] == "careful.items[1].refuse"
