"""Which way a run takes: conditions, dead paths, joins, and the three ways to meet a failure."""

import pytest

from tests.e2e.client import Body, Weft, graph, http, node, values
from tests.http_server import Server


def statuses(run: Body) -> dict[str, str]:
    return {node_id: state["status"] for node_id, state in run["nodes"].items()}


FORK = graph(
    [
        node("big", "condition", {"when": "{{ trigger.amount > 100 }}"}),
        values("ask", by="a person"),
        values("letter", to="the customer"),
        values("pay", by="{{ nodes.ask.by if nodes.ask else 'nobody' }}"),
        values("log", seen=True),
    ],
    "big:true > ask > letter",
    "big:false > pay",
    "ask > pay",
    "letter > log",
)


@pytest.mark.parametrize(
    ("amount", "skipped", "by"), [(500, set[str](), "a person"), (5, {"ask", "letter", "log"}, "nobody")]
)
async def test_a_condition_decides_and_the_other_way_dies_with_all_behind_it(
    weft: Weft, amount: int, skipped: set[str], by: str
) -> None:
    run = await weft.run(FORK, {"amount": amount})
    assert run["status"] == "succeeded"
    assert {name for name, status in statuses(run).items() if status == "skipped"} == skipped
    assert run["output"]["pay"] == {"by": by}


async def test_join_all_waits_for_every_branch_and_join_any_for_the_first(weft: Weft, target: Server) -> None:
    joined = graph(
        [
            values("quick", n=1),
            http("slow", target.url("/gate/slow")),
            node("first", "set", {"values": {"saw": "{{ nodes.slow }}"}}, join="any"),
            node("both", "set", {"values": {"saw": "{{ nodes.slow.status + nodes.quick.n }}"}}),
        ],
        "quick > first", "slow > first", "quick > both", "slow > both",
    )  # fmt: skip
    run_id = await weft.start(joined)
    await weft.until(run_id, "node.succeeded", node="first")
    assert (await weft.call("GET", f"/runs/{run_id}"))[1]["nodes"]["both"]["status"] == "pending"
    target.open("slow")
    run = await weft.end(run_id)
    assert run["output"] == {"first": {"saw": None}, "both": {"saw": 201}}
    ready = [each["node"] for each in await weft.events(run_id) if each["type"] == "node.ready"]
    assert sorted(ready) == ["both", "first", "quick", "slow"], "a join is made once"


async def test_a_failure_stops_the_run_and_cancels_the_rest(weft: Weft, target: Server) -> None:
    stopped = graph(
        [
            node("bad", "fail", {"message": "Out of paper", "code": "no_paper"}),
            values("after", text="{{ nodes.bad }}"),
            http("hangs", target.url("/slow")),
        ],
        "bad > after",
    )
    run = await weft.run(stopped)
    assert run["status"] == "failed"
    assert (run["failure"]["code"], run["failure"]["message"]) == ("no_paper", "Out of paper")
    assert run["failure"]["node"] == "bad"
    assert statuses(run) == {"bad": "failed", "after": "cancelled", "hangs": "cancelled"}
    types = [each["type"] for each in await weft.events(run["id"])]
    assert types[-1] == "run.failed"
    assert len([each for each in types if each.startswith("run.")]) == 2


async def test_the_run_continues_with_the_failure_as_output(weft: Weft) -> None:
    on = graph(
        [
            node("bad", "fail", {"message": "Out of paper", "code": "no_paper"}, on_failure="continue"),
            values("after", code="{{ nodes.bad.code }}", said="{{ nodes.bad.message }}"),
        ],
        "bad > after",
    )
    run = await weft.run(on)
    assert run["status"] == "succeeded"
    assert statuses(run) == {"bad": "failed", "after": "succeeded"}
    assert run["output"] == {"after": {"code": "no_paper", "said": "Out of paper"}}


async def test_a_failure_leaves_through_its_port_and_the_other_ports_die(weft: Weft, target: Server) -> None:
    ported = graph(
        [
            http("call", target.url("/status/404?body=gone"), on_failure="port"),
            values("fine", body="{{ nodes.call.body }}"),
            values("mend", code="{{ nodes.call.code }}", status="{{ nodes.call.details.status }}"),
        ],
        "call > fine",
        "call:failure > mend",
    )
    run = await weft.run(ported)
    assert run["status"] == "succeeded"
    assert statuses(run) == {"call": "failed", "fine": "skipped", "mend": "succeeded"}
    assert run["output"]["mend"] == {"code": "http_404", "status": 404}
    assert run["nodes"]["call"]["port"] == "failure"


async def test_the_output_is_the_path_of_the_settings(weft: Weft) -> None:
    made = [values("a", items=[{"name": "Ada"}, {"name": "Grace"}]), values("b", n=2)]
    run = await weft.run(graph(made, "a > b", output="{{ nodes.a.items[1].name }}"))
    assert run["output"] == "Grace"
    run = await weft.run(graph(made, "a > b", output="{{ trigger.who }}"), {"who": "Edsger"})
    assert run["output"] == "Edsger"
    run = await weft.run(graph(made, "a > b", output="{{ nodes.a.items[7].name }}"))
    assert (run["status"], run["output"]) == ("succeeded", None)
    run = await weft.run(graph(made, "a > b"))
    assert run["output"] == {"b": {"n": 2}}, "without a path, the end nodes by id"


async def test_every_script_and_sign_comes_through(weft: Weft, target: Server) -> None:
    text = "Grüße 世界 🌍\u200d👩‍🚀 \\ \" ' \t \n \u0000 \u2028 𝕎 }}{{"
    graphed = graph(
        [
            values("keep", **{"schlüssel 🔑": "{{ trigger.text }}"}),
            node("send", "http.request", {"method": "POST", "url": target.url("/echo"),
                                          "json": "{{ nodes.keep }}"}),
            node("read", "json.parse", {"text": "{{ nodes.send.body.body }}"}),
        ],
        "keep > send > read",
        output="{{ nodes.read }}",
    )  # fmt: skip
    run = await weft.run(graphed, {"text": text, "$where.a": {"a.b": 1}})
    assert run["output"] == {"schlüssel 🔑": text}
    assert run["input"] == {"text": text, "$where.a": {"a.b": 1}}
