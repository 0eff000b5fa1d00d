"""Values of many megabytes: in, through nodes, maps and paths, and out again; and what is too large."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.value import MAX_VALUE_BYTES
from tests.e2e.client import Weft, graph, node, values

SIZE = 22_000_000
TEXT = "ł" * (SIZE // 2)
SUM = sha256(TEXT.encode()).hexdigest()
pytestmark = pytest.mark.timeout(240)


def peak_bytes(weft: Weft, service: str) -> int:
    """The most memory that a service has had since `forget_peak`."""
    status = Path(f"/proc/{weft.pid(service)}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


def forget_peak(weft: Weft, service: str) -> int:
    """The memory it has now, from which peaks count again."""
    Path(f"/proc/{weft.pid(service)}/clear_refs").write_text("5")
    return peak_bytes(weft, service)


def making(node_id: str, size: int) -> dict[str, Any]:
    return node(node_id, "code.python", {"code": f"'x' * {size - 2}"})


async def test_a_runs_input_goes_through_and_comes_back(weft: Weft) -> None:
    """Named by expressions, carried along by a node, looked into by a path, and the run's output."""
    before = forget_peak(weft, "planner")
    through = [
        values("keep", text="{{ trigger.text }}", n=1),
        node("digest", "hash", {"value": "{{ nodes.keep.text }}", "algorithm": "sha256"}),
        node("same", "noop"),
    ]
    run_id = await weft.start(graph(through, "keep > digest", "keep > same"), {"text": TEXT})
    run = await weft.end(run_id)
    assert run["status"] == "succeeded", run["failure"]
    assert SUM in str(run["output"]["digest"])
    assert run["input"] == {"text": TEXT}
    [attempt] = (await weft.node(run_id, "keep"))["attempts"]
    assert attempt["output"] == {"text": TEXT, "n": 1}
    assert attempt["input"] == {"values": {"text": TEXT, "n": 1}}
    grown = peak_bytes(weft, "planner") - before
    assert grown < SIZE, f"the planner has held {grown:,} bytes more"


async def test_a_node_answers_the_run_and_the_planner_holds_none_of_it(weft: Weft) -> None:
    before = forget_peak(weft, "planner")
    whole = await weft.run(graph([making("make", SIZE)], output="{{ nodes.make }}"))
    assert whole["output"] == "x" * (SIZE - 2)
    joined = await weft.run(graph([making("one", SIZE), making("two", SIZE // 10)]))
    assert {name: len(text) for name, text in joined["output"].items()} == {
        "one": SIZE - 2, "two": SIZE // 10 - 2,
    }  # fmt: skip
    grown = peak_bytes(weft, "planner") - before
    assert grown < SIZE, f"the planner has held {grown:,} bytes more"


async def test_what_a_map_gathers_is_never_held(weft: Weft) -> None:
    before = forget_peak(weft, "planner")
    body = {"nodes": [making("part", SIZE // 4)]}
    each = node("each", "map", {"items": [1, 2, 3, 4], "graph": body})
    count = values("count", n="{{ [len(part['part']) for part in nodes.each] }}")
    run = await weft.run(graph([each, count], "each > count"))
    assert run["status"] == "succeeded", run["failure"]
    assert run["output"] == {"count": {"n": [SIZE // 4 - 2] * 4}}
    [attempt] = (await weft.node(run["id"], "each"))["attempts"]
    assert [len(part["part"]) for part in attempt["output"]] == [SIZE // 4 - 2] * 4
    grown = peak_bytes(weft, "planner") - before
    assert grown < SIZE, f"the planner has held {grown:,} bytes more"


TOO_LARGE = {
    "a node's output": (graph([making("make", MAX_VALUE_BYTES + 1)]), "make", "50,000,001 bytes"),
    "a run's output": (
        graph([making("one", 30_000_000), making("two", 30_000_000)]), None, "more than the 50,000,000 bytes",
    ),
    "what a map gathers": (
        graph([node("each", "map", {"items": [1, 2, 3], "graph": {"nodes": [making("part", 20_000_000)]}})]),
        "each", "more than the 50,000,000 bytes",
    ),
    "the list of a map": (
        graph([node("each", "map", {
            "items": "{{ ['x' * 1000000] * 16 }}", "graph": {"nodes": [node("a")]},
        })]),
        "each", "15,000,000 may be",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOO_LARGE)
async def test_what_is_too_large_fails_and_says_how_large_it_may_be(weft: Weft, name: str) -> None:
    of, node_id, said = TOO_LARGE[name]
    run = await weft.run(of)
    failed = run["failure"]
    assert (run["status"], failed["code"], failed["node"]) == ("failed", "output_too_large", node_id)
    assert said in failed["message"]


async def test_a_caller_that_sends_too_much_is_told_so(weft: Weft) -> None:
    body = {"graph": graph([node("a")]), "input": "x" * MAX_VALUE_BYTES}
    status, told = await weft.call("POST", "/runs", body)
    assert (status, told["code"]) == (413, "value_too_large")
    assert "50,000,002 bytes" in told["detail"]
