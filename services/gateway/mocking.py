"""Dry runs: what takes the place of nodes, so that nothing outside is touched.

Mocks are lists by node id: `container.node` for a node within a container, `container.finally.node` for one
of its `finally` graph. An entry an attempt, the last for all that follow. An entry is an output; or exactly
`{"failure": {"code", "message"}}`; or exactly `{"port", "output"}` where it leaves through another port than
`out`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.gateway.errors import MAX_ERRORS, Fault, Refused, refusal
from shared.check.wiring import suggestion
from shared.contracts.base import Json
from shared.contracts.failure import MAX_TEXT_CHARS, Detail, DetailName
from shared.contracts.graph import OUT, Graph, Node
from shared.contracts.value import to_json
from shared.contracts.version import FrozenNode

POOL = "core"
"""The executors of what nobody runs: they only hand the mock back."""
MAX_MOCK_BYTES = 1_000_000
MOST_SUGGESTIONS = 20
OTHER_WORKFLOW = "workflow.run"

Mocks = Mapping[str, list[Any]]
Frozen = dict[str, FrozenNode]


@dataclass(frozen=True)
class Dry:
    """A dry run as it was asked for. With `pins`, a pinned output stands in where there is no mock."""

    mocks: Mocks
    pins: bool = True


class _Failure(BaseModel):
    """How a mocked node fails; an executor takes `retryable` from the code unless it is given."""

    model_config = ConfigDict(extra="forbid", strict=True)
    code: str = Field(min_length=1, max_length=100)
    message: str = Field("", max_length=MAX_TEXT_CHARS)
    retryable: bool | None = None
    details: dict[DetailName, Detail] = Field(default_factory=dict, max_length=50)


@dataclass(frozen=True)
class _Place:
    """A node of the graph or of a body in it: its path there, and its id after those of its containers."""

    path: str
    name: str
    node: Node
    frozen: FrozenNode


def dry_run(dry: bool, mocks: Mocks, *, pins: bool = True) -> Dry | None:
    """What a caller asked for, None for a run that is not dry; raises Refused (`mocks_need_dry`)."""
    if mocks and not dry:
        raise Refused("mocks_need_dry", "Mocks are for dry runs: send `dry: true` as well, or no mocks")
    return Dry(mocks, pins) if dry else None


def mocked(graph: Graph, frozen: Frozen, dry: Dry) -> Frozen:
    """The frozen nodes of a dry run. Raises Refused: `invalid_mocks`, or `not_mocked` when a node would touch
    something outside."""
    there = {place.name: place for place in _places(graph, frozen)}
    dry = replace(dry, mocks=_by_path(dry.mocks, there))
    if faults := list(islice(_faults(dry.mocks, there), MAX_ERRORS)):
        raise refusal("invalid_mocks", faults)
    answers = {name: [to_json(_answer(entry)) for entry in entries] for name, entries in dry.mocks.items()}
    if sum(len(text.encode()) for texts in answers.values() for text in texts) > MAX_MOCK_BYTES:
        said = f"all mocks together may have {MAX_MOCK_BYTES:,} bytes; send smaller ones"
        raise refusal("invalid_mocks", [{"path": "mocks", "code": "too_large", "message": said}])
    for name, place in there.items() if dry.pins else ():
        if place.node.policy.pinned_output is not None and OUT in place.frozen.ports:
            answers.setdefault(name, [to_json({"output": place.node.policy.pinned_output})])
    if bare := [_bare(each) for each in _places(graph, frozen, stop_at=answers) if _touches(each, answers)]:
        raise refusal("not_mocked", bare)
    return _replaced(frozen, answers)


def _by_path(mocks: Mocks, there: Mapping[str, _Place]) -> Mocks:
    """The mocks by the paths of their nodes. A node anywhere may also be named by its id, or by its name,
    where no other node has the same."""
    found: dict[str, list[str]] = {}
    for path, place in there.items():
        for name in {place.node.id, place.node.name} - {""}:
            found.setdefault(name, []).append(path)
    only = {name: paths[0] for name, paths in found.items() if len(paths) == 1}
    return {name if name in there else only.get(name, name): answers for name, answers in mocks.items()}


def _places(
    graph: Graph, frozen: Frozen, *, path: str = "", name: str = "", stop_at: Mapping[str, Any] | None = None
) -> Iterator[_Place]:
    """Every node, containers before what is in them; nothing of what is within those named in `stop_at`."""
    for at, node in enumerate(graph.nodes):
        place = _Place(f"{path}nodes[{at}]", name + node.id, node, frozen[node.id])
        yield place
        if stop_at and place.name in stop_at:
            continue
        for field, inner in place.frozen.bodies.items():
            body, within = Graph.model_validate(node.config[field]), f"{place.path}.config.{field}."
            yield from _places(body, inner, path=within, name=_within(place.name, field), stop_at=stop_at)


def _within(container: str, field: str) -> str:
    return f"{container}." if field == "graph" else f"{container}.{field}."


def _faults(mocks: Mocks, there: Mapping[str, _Place]) -> Iterator[Fault]:
    strangers = [name for name in mocks if name not in there]
    hints = {name: suggestion(name[:200], there) for name in strangers[:MOST_SUGGESTIONS]}
    for name, entries in mocks.items():
        path = f"mocks.{name[:200]}"
        if name not in there:
            said = f"there is no node `{name[:200]}`{hints.get(name, '')}"
            yield {"path": path, "code": "unknown_node", "message": said}
        elif not entries:
            said = "a mock needs an entry at least, one for each attempt"
            yield {"path": path, "code": "empty", "message": said}
        for at, entry in enumerate(entries if name in there else ()):
            for code, message in _entry_faults(entry, there[name]):
                yield {"path": f"{path}[{at}]", "code": code, "message": message}


def _entry_faults(entry: Any, place: _Place) -> Iterator[tuple[str, str]]:
    """What is wrong with one entry, as code and message."""
    ports = place.frozen.ports
    has = f"`{place.name}` has {', '.join(f'`{port}`' for port in ports)}"
    if _is(entry, "failure"):
        try:
            _Failure.model_validate(entry["failure"])
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            where = ".".join(map(str, ("failure", *first["loc"])))
            yield "invalid", f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}"
    elif _is(entry, "port", "output"):
        if entry["port"] not in ports:
            yield "wrong_port", f"there is no port `{str(entry['port'])[:100]}`; {has}"
    elif OUT not in ports:
        yield "wrong_port", f'{has}: say which it takes, with {{"port": "{ports[0]}", "output": ...}}'


def _answer(entry: Any) -> Any:
    """What an executor is told to answer: {output, port?} or {failure}."""
    return entry if _is(entry, "failure") or _is(entry, "port", "output") else {"output": entry}


def _is(entry: Any, *keys: str) -> bool:
    return isinstance(entry, dict) and entry.keys() == set(keys)


def _touches(place: _Place, answers: Mapping[str, list[Json]]) -> bool:
    """Whether the node would do something outside: it has side effects, or starts another workflow."""
    outside = place.frozen.side_effects != "none" or place.node.type == OTHER_WORKFLOW
    return outside and place.name not in answers


def _bare(place: _Place) -> Fault:
    said = f"`{place.name}` has side effects, so a dry run needs a mock of it: mocks.{place.name} = [output]"
    return {"path": place.path, "code": "not_mocked", "message": said}


def _replaced(frozen: Frozen, answers: Mapping[str, list[Json]], name: str = "") -> Frozen:
    """The same nodes, with those that are mocked bound to nothing outside."""
    replaced: Frozen = {}
    for node_id, node in frozen.items():
        full = name + node_id
        if full in answers:
            nothing = {"pool": POOL, "side_effects": "none", "light": True, "waits": False, "references": []}
            replaced[node_id] = node.model_copy(update={**nothing, "roots": [], "mocks": answers[full]})
        else:
            bodies = {
                field: _replaced(inner, answers, _within(full, field)) for field, inner in node.bodies.items()
            }
            replaced[node_id] = node.model_copy(update={"bodies": bodies})
    return replaced
