"""Task, Parallel and Map states as nodes: input, work, output, and what becomes of failures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.asl.building import Building, Place
from shared.asl.calling import call
from shared.asl.retry_policy import retry_policy
from shared.asl.scope import Config, Scope, ref
from shared.asl.states import ways

MOST_TURNS = 100_000


@dataclass(frozen=True)
class Worker:
    """What does a state's work: `enters` follow the state's input, the result is an expression. `leaves` says
    that a failure has a port of its own without a policy."""

    id: str
    enters: list[str]
    result: str
    leaves: bool = False


Work = Callable[[Scope], Worker]
"""Adds what does a state's work to a graph."""


def task(building: Building, scope: Scope, place: Place) -> None:
    """A Task state."""
    first = state_input(building, scope, place)

    def work(inner: Scope) -> Worker:
        kind, config, policy = call(building, place, first)
        inner.add(place.id, kind, config, name=place.name, policy=policy)
        building.mocks.setdefault(place.name, f"{inner.path}{place.id}")
        return Worker(place.id, [place.id], ref(place.id))

    finish(building, scope, place, first, tried(building, scope, place, work))


def state_input(building: Building, scope: Scope, place: Place, kind: str = "asl.input", *fields: str) -> str:
    """The node that makes a state's input; its id."""
    first = building.names.part(place.id, "in")
    config = building.config(scope, place, fields or ("InputPath", "Parameters"))
    return scope.add(first, kind, config, name=f"{place.name}: input")


def tried(building: Building, scope: Scope, place: Place, work: Work) -> Worker:
    """Add the work, retried as the state says."""
    policy = retry_policy(place.state.get("Retry", []), branches=has_branches(place))
    if policy is None:
        return _tries(building, scope, place, work)
    worker = work(scope)
    _policy(scope, worker.id, {"retry": policy} if policy else {})
    return worker


def finish(building: Building, scope: Scope, place: Place, first: str, worker: Worker, **more: Any) -> None:
    """The output behind the work, and the Catchers."""
    last = building.names.part(place.id, "out")
    target = place.machine.where(place.state.get("Next"))
    config = building.config(scope, place, ("ResultSelector", "ResultPath", "OutputPath"))
    config |= {"raw": ref(first, "raw"), "result": worker.result, "next": building.id_of(target), **more}
    scope.add(last, "asl.output", config, name=f"{place.name}: output")
    for each in worker.enters:
        scope.edge(first, each)
    scope.edge(worker.id, last)
    scope.way(last, target)
    if place.state.get("Catch") or worker.leaves:
        _catch(building, scope, place, first, worker, last)
    else:
        scope.land(place.key, first)


def has_branches(place: Place) -> bool:
    """Whether a failure can come out of states within the state."""
    return place.state["Type"] != "Task"


def _tries(building: Building, scope: Scope, place: Place, work: Work) -> Worker:
    """A loop that tries until it succeeds or no Retrier grants another attempt."""
    part = building.names.part
    outer, gate, pause, again, turn = (
        part(place.id, what) for what in ("tries", "try", "pause", "retry", "tried")
    )
    inner = scope.inside(outer)
    inner.add(gate, "condition", {"when": "{{ item.retry is not None }}"}, name="Another attempt?")
    inner.add(pause, "wait", {"seconds": "{{ item.retry.delay_s }}"}, name="Wait before it")
    worker = work(inner)
    if not worker.leaves:
        _policy(inner, worker.id, {"on_failure": "port"})
    asked: Config = {
        "state": {"Retry": place.state["Retry"]}, "failure": ref(worker.id), "before": "{{ item.retry }}",
        "branches": has_branches(place),
    }  # fmt: skip
    inner.add(again, "asl.retry", asked, name=f"{place.name}: retry")
    values = {
        "again": f"{{{{ nodes[{again!r}] is not None }}}}",
        "retry": ref(again),
        "result": worker.result,
    }
    inner.add(turn, "set", {"values": values}, name="How it went")
    for source, target, port in (
        (gate, pause, "true"), (gate, worker.id, "false"), (pause, worker.id, "out"),
        (worker.id, turn, "out"), (worker.id, again, "failure"), (again, turn, "out"),
    ):  # fmt: skip
        inner.edge(source, target, port)
    state = {"again": True, "retry": None, "result": None}
    config = {"state": state, "while": "item.again", "graph": inner.graph(ref(turn)), "max": MOST_TURNS}
    scope.add(outer, "loop", config, name=f"{place.name}: retries")
    return Worker(outer, [outer], ref(outer, "result"))


def _catch(building: Building, scope: Scope, place: Place, first: str, worker: Worker, last: str) -> None:
    """The Catchers behind the nodes that may fail."""
    catchers = place.state.get("Catch", [])
    catching = building.names.part(place.id, "catch")
    config = building.config(scope, place, ("Catch",))
    config["state"] = {"Catch": catchers}
    failing = [last, worker.id, first] if catchers else [worker.id]
    config |= {"failures": [ref(each) for each in failing], "branches": has_branches(place)}
    config["ways"] = ways(building, scope, place, catching, dict.fromkeys(each["Next"] for each in catchers))
    scope.add(catching, "asl.catch", config, name=f"{place.name}: catch")
    for each in failing:
        if each != worker.id or not worker.leaves:
            _policy(scope, each, {"on_failure": "port"})
        scope.edge(each, catching, "failure")
    scope.land(place.key, first, first, catching)


def _policy(scope: Scope, node_id: str, more: dict[str, Any]) -> None:
    if more:
        scope.nodes[node_id]["policy"] = scope.nodes[node_id].get("policy", {}) | more
