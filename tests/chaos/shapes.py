"""Graphs of every shape, drawn from a seed, and what a run of each must come to whatever happens."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.chaos.facts import ONCE, Expected
from tests.chaos.target import Target
from tests.e2e.client import Body, graph, http, node, values
from tests.e2e.containers import attempt, each, loop

LOST = frozenset({"lost", "timeout"})
"""Where planners die faster than they notice that others have, the node's time may be over first."""
OFTEN = {"max_attempts": 30, "initial_s": 0.1, "multiplier": 1, "jitter": 0.5}
LARGE = 100_000


@dataclass(frozen=True)
class Shape:
    """`reviews` and `signals` name the nodes that somebody has to answer; `again` one to run again from."""

    name: str
    graph: Body
    expected: Expected
    input: Any = None
    reviews: list[str] = field(default_factory=list[str])
    signals: list[str] = field(default_factory=list[str])
    again: str = ""


@dataclass(frozen=True)
class Pen:
    """What shapes are drawn with; `inner` is a workflow that answers `2 * n`."""

    random: Random
    target: Target
    inner: str

    def get(self, node_id: str, answer: int, fails: int = 0) -> Body:
        """A call that may be repeated."""
        url = self.target.url(node_id, answer=answer, slow_ms=self.slow_ms(), fails=fails)
        return http(node_id, url, retry=OFTEN)

    def post(self, node_id: str, answer: int, fails: int = 0) -> Body:
        """A call that must not be repeated, unless it was refused."""
        url = self.target.url(node_id, answer=answer, slow_ms=self.slow_ms(), fails=fails)
        called = http(node_id, url, "POST", **({"retry": {**OFTEN, "on": ["unavailable"]}} if fails else {}))
        called["config"]["json"] = {"of": "{{ run.id }}"}
        return called

    def slow_ms(self) -> int:
        """Mostly quick, sometimes slow enough to be caught in the middle."""
        return self.random.choice((0, 0, 10, 50, 200, 1000, 3000))


def chain(pen: Pen) -> Shape:
    """Nodes that travel together."""
    count = pen.random.randint(3, 12)
    nodes = [values("n0", n=1)]
    nodes += [values(f"n{i}", n=f"{{{{ nodes.n{i - 1}.n + 1 }}}}") for i in range(1, count)]
    path = " > ".join(f"n{i}" for i in range(count))
    of = graph(nodes, path, output=f"{{{{ nodes.n{count - 1}.n }}}}")
    return Shape("chain", of, Expected(output=count), again=f"n{count // 2}")


def fan(pen: Pen) -> Shape:
    """Programs side by side, and one that waits for all."""
    count = pen.random.randint(3, 8)
    arms = [
        node(f"arm{i}", "code.python", {"code": f"sum(range({pen.random.choice((10, 100_000))})) * 0 + {i}"})
        for i in range(count)
    ]
    total = values("total", n="{{ " + " + ".join(f"nodes.arm{i}" for i in range(count)) + " }}")
    paths = [f"start > arm{i} > total" for i in range(count)]
    of = graph([node("start"), *arms, total], *paths, output="{{ nodes.total.n }}")
    return Shape("fan", of, Expected(output=sum(range(count))), again="total")


def fork(pen: Pen) -> Shape:
    """One way or the other, and on from whichever it was."""
    n = pen.random.randint(0, 9)
    nodes = [
        node("big", "condition", {"when": "{{ trigger.n > 4 }}"}),
        values("yes", said="yes"),
        pen.get("get_no", n),
        values("after", n="{{ trigger.n }}"),
    ]
    nodes[-1]["join"] = "any"
    of = graph(nodes, "big:true > yes > after", "big:false > get_no > after", output="{{ nodes.after.n }}")
    return Shape("fork", of, Expected(output=n), {"n": n}, again="after")


def gets(pen: Pen) -> Shape:
    """Calls in a row; some fail at first."""
    count = pen.random.randint(1, 4)
    names = [f"get{i}" for i in range(count)]
    nodes = [pen.get(name, i, fails=pen.random.choice((0, 0, 0, 2))) for i, name in enumerate(names)]
    of = graph(nodes, *([" > ".join(names)] if count > 1 else []), output=f"{{{{ nodes.{names[-1]}.body }}}}")
    return Shape("gets", of, Expected(output={"answer": count - 1}), again=names[-1])


def posts(pen: Pen) -> Shape:
    """Calls side by side that must not be repeated."""
    count = pen.random.randint(1, 3)
    names = [f"{ONCE}{i}" for i in range(count)]
    nodes = [pen.post(name, i, fails=pen.random.choice((0, 0, 0, 2))) for i, name in enumerate(names)]
    of = graph(
        [node("start"), *nodes], *(f"start > {name}" for name in names), output="{{ nodes.post0.body }}"
    )
    return Shape("posts", of, Expected(output={"answer": 0}, codes=LOST))


def light_map(pen: Pen) -> Shape:
    """Many child runs that travel in slices."""
    items = list(range(pen.random.randint(5, 60)))
    body = graph([values("double", n="{{ item * 2 }}")], output="{{ nodes.double.n }}")
    of = graph([each("each", body)], output="{{ nodes.each }}")
    return Shape("light map", of, Expected(output=[2 * n for n in items]), {"items": items}, again="each")


def calling_map(pen: Pen) -> Shape:
    """Child runs with a call each."""
    items = list(range(pen.random.randint(3, 8)))
    once = pen.random.random() < 0.5
    call = pen.post("post", 1) if once else pen.get("get", 1)
    body = graph([call, values("take", n="{{ item }}")], f"{call['id']} > take", output="{{ nodes.take.n }}")
    of = graph([each("each", body, concurrency=4)], output="{{ nodes.each }}")
    expected = Expected(output=items, codes=LOST if once else frozenset())
    return Shape("calling map", of, expected, {"items": items})


def turns(pen: Pen) -> Shape:
    """A loop with a call in each turn."""
    count = pen.random.randint(2, 5)
    add = node("add", "code.python", {"code": "n + 1", "inputs": {"n": "{{ item }}"}})
    body = graph([pen.get("get", 1), add], "get > add", output="{{ nodes.add }}")
    of = graph([loop("spin", body, f"item < {count}", 0)], output="{{ nodes.spin }}")
    return Shape("loop", of, Expected(output=count))


def caught(pen: Pen) -> Shape:
    """A body that fails, and what is done about it."""
    body = graph([node("refuse", "fail", {"code": "unwanted", "message": "no"})])
    nodes = [attempt("careful", body, on_failure="port"), values("mended", n=7)]
    of = graph(nodes, "careful:failure > mended", output="{{ nodes.mended.n }}")
    return Shape("try", of, Expected(output=7))


def failing(pen: Pen) -> Shape:
    """A run that must fail, and with this."""
    nodes = [node("start"), node("refuse", "fail", {"code": "unwanted", "message": "no"})]
    expected = Expected(status="failed", codes=frozenset({"unwanted"}))
    return Shape("failing", graph(nodes, "start > refuse"), expected, again="start")


def waiting(pen: Pen) -> Shape:
    """A short wait between two nodes."""
    seconds = pen.random.choice((0.2, 1, 3))
    nodes = [values("before", n=1), node("rest", "wait", {"seconds": seconds}), values("after", n=2)]
    return Shape(
        "wait", graph(nodes, "before > rest > after", output="{{ nodes.after.n }}"), Expected(output=2)
    )


def review(pen: Pen) -> Shape:
    """Somebody has to approve."""
    nodes = [values("draft", n=1), node("check", "review", {"title": "Go on?"}), values("done", n=3)]
    of = graph(nodes, "draft > check", "check:approve > done", output="{{ nodes.done.n }}")
    return Shape("review", of, Expected(output=3), reviews=["check"])


def signal(pen: Pen) -> Shape:
    """Somebody calls from outside."""
    nodes = [values("before", n=1), node("paid", "signal", {}), values("done", got="{{ nodes.paid }}")]
    of = graph(nodes, "before > paid > done", output="{{ nodes.done.got }}")
    return Shape("signal", of, Expected(output={"paid": True}), signals=["paid"])


def inner(pen: Pen) -> Shape:
    """A run of another workflow."""
    call = node("call", "workflow.run", {"workflow_id": pen.inner, "input": {"n": "{{ trigger.n }}"}})
    n = pen.random.randint(1, 99)
    return Shape("inner", graph([call], output="{{ nodes.call }}"), Expected(output=2 * n), {"n": n})


def large(pen: Pen) -> Shape:
    """An output too large to travel, and what is made of it."""
    nodes = [
        node("make", "code.python", {"code": f"'x' * {LARGE}"}),
        values("count", n="{{ len(nodes.make) }}"),
    ]
    return Shape("large", graph(nodes, "make > count", output="{{ nodes.count.n }}"), Expected(output=LARGE))


DRAWERS: list[tuple[int, Callable[[Pen], Shape]]] = [
    (3, chain), (3, fan), (3, fork), (4, gets), (5, posts), (2, light_map), (3, calling_map), (2, turns),
    (1, caught), (1, failing), (2, waiting), (2, review), (2, signal), (2, inner), (1, large),
]  # fmt: skip


def draw(pen: Pen) -> Shape:
    """A shape by chance, common ones more often."""
    weights = [weight for weight, _ in DRAWERS]
    [drawer] = pen.random.choices([drawer for _, drawer in DRAWERS], weights)
    return drawer(pen)
