"""The graphs that are measured. Every node computes on the answer of the one before."""

from itertools import pairwise
from typing import Any

Graph = dict[str, Any]
LENGTH = 10
BRANCHES = 20
FORTY = 40
AT_ONCE = 100


def chain() -> Graph:
    """Ten `set` nodes in a row, each with an expression to evaluate; answers with the input's `n` plus 10."""
    sources = ["trigger", *(f"nodes.n{i}" for i in range(1, LENGTH))]
    nodes = [
        _node(f"n{i}", "set", values={"n": f"{{{{ {source}.n + 1 }}}}"})
        for i, source in enumerate(sources, 1)
    ]
    return _row(nodes, output=f"{{{{ nodes.n{LENGTH}.n }}}}")


def branch() -> Graph:
    """The same chain with a condition in its middle that is always true; its other side has nothing to do."""
    graph = chain()
    before, after = f"n{LENGTH // 2}", f"n{LENGTH // 2 + 1}"
    graph["nodes"].append(_node("check", "condition", when=f"{{{{ nodes.{before}.n > trigger.n }}}}"))
    graph["edges"] = [
        *(edge for edge in graph["edges"] if edge["source"] != before),
        _edge(before, "check"),
        {**_edge("check", after), "port": "true"},
    ]
    return graph


def many() -> Graph:
    """A map over the input's `items` whose body, one `set` node, adds 1 to each."""
    body = _row([_node("one", "set", values={"n": "{{ item + 1 }}"})], output="{{ nodes.one.n }}")
    each = _node("each", "map", items="{{ trigger.items }}", graph=body, concurrency=AT_ONCE)
    return _row([each], output="{{ nodes.each }}")


def pause() -> Graph:
    """Waits the input's `seconds`, between two `set` nodes; answers with its `n` plus 1."""
    nodes = [
        _node("before", "set", values={"n": "{{ trigger.n + 1 }}"}),
        _node("wait", "wait", seconds="{{ trigger.seconds }}"),
        _node("after", "set", values={"n": "{{ nodes.before.n }}"}),
    ]
    return _row(nodes, output="{{ nodes.after.n }}")


def calls() -> Graph:
    """Ten GETs in a row to `{base}/next?value=v`, which answers `{"value": v + 1}`."""
    sources = ["trigger.n", *(f"nodes.n{i}.body.value" for i in range(1, LENGTH))]
    nodes = [
        _node(f"n{i}", "http.request", url="{{ trigger.base }}/next", query={"value": f"{{{{ {source} }}}}"})
        for i, source in enumerate(sources, 1)
    ]
    return _row(nodes, output=f"{{{{ nodes.n{LENGTH}.body.value }}}}")


def fan() -> Graph:
    """One node, twenty that each multiply its value, one that adds them up: `n` times 210."""
    names = [f"b{i}" for i in range(1, BRANCHES + 1)]
    total = " + ".join(f"nodes.{name}.n" for name in names)
    nodes = [
        _node("start", "set", values={"n": "{{ trigger.n + 0 }}"}),
        *(
            _node(name, "set", values={"n": f"{{{{ nodes.start.n * {i} }}}}"})
            for i, name in enumerate(names, 1)
        ),
        _node("join", "set", values={"n": f"{{{{ {total} }}}}"}),
    ]
    edges = [_edge("start", name) for name in names] + [_edge(name, "join") for name in names]
    return {"nodes": nodes, "edges": edges, "settings": {"output": "{{ nodes.join.n }}"}}


def single() -> Graph:
    """One `set` node: the input's `n` plus 1."""
    return _row([_node("n1", "set", values={"n": "{{ trigger.n + 1 }}"})], output="{{ nodes.n1.n }}")


def forty() -> Graph:
    """Forty programs in a row, each of which adds 1 to the value of the one before."""
    sources = ["trigger.n", *(f"nodes.n{i}" for i in range(1, FORTY))]
    nodes = [
        _node(f"n{i}", "code.python", code="previous + 1", inputs={"previous": f"{{{{ {source} }}}}"})
        for i, source in enumerate(sources, 1)
    ]
    return _row(nodes, output=f"{{{{ nodes.n{FORTY} }}}}")


def _row(nodes: list[dict[str, Any]], *, output: str) -> Graph:
    edges = [_edge(one["id"], next_one["id"]) for one, next_one in pairwise(nodes)]
    return {"nodes": nodes, "edges": edges, "settings": {"output": output}}


def _node(node_id: str, node_type: str, **config: Any) -> dict[str, Any]:
    return {"id": node_id, "type": node_type, "config": config}


def _edge(source: str, target: str) -> dict[str, str]:
    return {"source": source, "target": target}
