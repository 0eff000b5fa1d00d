"""Child runs as they begin: a container's items over its body, or another workflow."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.planner.answered import Answered
from services.planner.children import FINALLY, ChildFinished, index_of
from services.planner.memory import Memory
from services.planner.outputs import Outputs, failure_value
from services.planner.transitions import Spawn
from shared.contracts.base import Millis
from shared.contracts.directive import SpawnRuns
from shared.contracts.failure import Failure, failure
from shared.contracts.graph import MAX_DEPTH
from shared.contracts.run import Cause, Run, Suspension, child_id
from shared.contracts.value import MAX_VALUE_BYTES, NULL, Value, from_json, inline, to_json
from shared.contracts.version import PinnedGraph, body_id
from shared.signals import token
from shared.storage.joining import Joining
from shared.storage.payloads import Payloads
from shared.storage.workflows import Workflow, Workflows

RECOVERY_MS = 30_000
REMEMBERED_LISTS = 4
OUTER_BYTES = 1_000


@dataclass(frozen=True)
class Born:
    """Child runs to insert, with their graph; or why there can be none."""

    runs: list[Run]
    graph: PinnedGraph | None
    refused: list[ChildFinished]


class Spawning:
    """Makes the child runs that a decision asks for."""

    def __init__(self, memory: Memory, outputs: Outputs, payloads: Payloads, workflows: Workflows) -> None:
        self._memory = memory
        self._outputs = outputs
        self._payloads = payloads
        self._workflows = workflows
        self._answered = Answered(memory)
        self._lists: OrderedDict[tuple[str, str, int], list[Any]] = OrderedDict()

    async def children(self, run: Run, graph: PinnedGraph, spawn: Spawn, now: Millis) -> Born:
        """The runs for one spawn of a run that has been saved."""
        suspended = run.nodes[spawn.node].suspended
        if suspended is None:  # the node has gone on meanwhile
            return Born([], None, [])
        directive = suspended.directive
        assert isinstance(directive, SpawnRuns)
        if directive.shape == "workflow":
            return await self._workflow(run, spawn, directive, now)
        version_id = body_id(run.version, spawn.node, spawn.field)
        body = (await self._memory.graphs([version_id]))[version_id]
        outer = await self._outer(run, body)
        answered = await self._answered.before(run, graph, spawn, body)
        runs: list[Run] = []
        for key in spawn.keys:
            item, index = await self._item(run, spawn, key, suspended)
            given = {"item": item, "index": index, "outer": outer, "answered": answered[key]}
            runs.append(_child(run, spawn, key, version_id, now, input=run.input, **given))
        return Born(runs, body, [])

    async def _workflow(self, run: Run, spawn: Spawn, directive: SpawnRuns, now: Millis) -> Born:
        """A run of another workflow's version; the latest one is looked up now."""
        workflow_id = directive.workflow_id or ""
        line = [*run.ancestors, *([run.workflow_id] if run.workflow_id else [])]
        found = (await self._workflows.load([workflow_id])).get(workflow_id)
        here = found if found and found.workspace_id == run.workspace_id else None
        why = _refusal(here, workflow_id, line)
        number = directive.version or (here.latest if here else 0)
        version_id = f"{workflow_id}:{number}"
        graph = None if why else (await self._memory.graphs([version_id])).get(version_id)
        if graph is None:
            why = why or failure("not_found", _no_version(workflow_id, number))
            refused = [
                ChildFinished(spawn.node, spawn.attempt, key, "failed", failure=why, begun=False)
                for key in spawn.keys
            ]
            return Born([], None, refused)
        given = {
            "input": directive.item or NULL,
            "workflow_id": workflow_id,
            "trigger": Cause(kind="workflow"),
            "ancestors": line,
        }
        return Born([_child(run, spawn, key, version_id, now, **given) for key in spawn.keys], graph, [])

    async def _item(
        self, run: Run, spawn: Spawn, key: str, suspended: Suspension
    ) -> tuple[Value | None, int | None]:
        directive, children = suspended.directive, suspended.children
        assert isinstance(directive, SpawnRuns)
        if spawn.field == FINALLY and children is not None:
            failed = failure_value(children.failure) if children.failure else NULL
            joining = Joining(self._payloads, most=2 * MAX_VALUE_BYTES)
            await joining.add('{"output":', children.answer or NULL, ',"failure":', failed, "}")
            return await joining.value(), None
        if directive.shape == "try":
            return run.item, run.index
        index = int(index_of(key))
        if directive.shape == "map":
            items = await self._list(run, spawn, directive)
            return await self._payloads.put(to_json(items[index])), index
        return directive.item, index

    async def _list(self, run: Run, spawn: Spawn, directive: SpawnRuns) -> Sequence[Any]:
        """A map's items, unpacked once for all the windows that are released one after another."""
        name = (run.id, spawn.node, spawn.attempt)
        if name not in self._lists:
            self._lists[name] = from_json(await self._payloads.text(directive.items or inline("[]")))
            while len(self._lists) > REMEMBERED_LISTS:
                self._lists.popitem(last=False)
        self._lists.move_to_end(name)
        return self._lists[name]

    async def _outer(self, run: Run, body: PinnedGraph) -> dict[str, Value]:
        """The outputs around the body that it names; by reference unless small, for every child carries
        them."""
        named = {each for frozen in body.frozen.values() for each in frozen.references} - set(body.nodes)
        own = sorted(each for each in named if each not in run.outer)
        found = {each: run.outer[each] for each in named if each in run.outer}
        found.update(await self._outputs.of(run, own))
        for node_id, value in found.items():
            if value.json_text is not None and value.size > OUTER_BYTES:
                found[node_id] = await self._payloads.refer(value.json_text)
        return found


def _refusal(found: Workflow | None, workflow_id: str, line: Sequence[str]) -> Failure | None:
    """Why this workflow cannot be run at the end of that line of workflows."""
    way = " -> ".join([*line, workflow_id])
    if found is None:
        return failure("not_found", f"there is no workflow {workflow_id!r} here")
    if workflow_id in line:
        return failure("workflow_cycle", f"workflow {workflow_id!r} would run itself: {way}")
    if len(line) >= MAX_DEPTH:
        return failure("too_deep", f"workflows may run workflows {MAX_DEPTH} deep: {way}")
    return None


def _no_version(workflow_id: str, number: int) -> str:
    if number:
        return f"workflow {workflow_id!r} has no version {number}"
    return f"workflow {workflow_id!r} has no version yet: publish its draft first"


def _child(run: Run, spawn: Spawn, key: str, version_id: str, now: Millis, **given: Any) -> Run:
    child = child_id(run.id, spawn.node, key)
    return Run(
        id=child,
        workspace_id=run.workspace_id,
        version=version_id,
        level="child",
        parent_id=run.id,
        parent_node=spawn.node,
        parent_attempt=spawn.attempt,
        key=key,
        depth=run.depth + 1,
        lane=run.lane,
        status="queued",
        rev=0,
        wake_at=now + RECOVERY_MS,
        secret=token(run.secret, child),
        dry=run.dry,
        pins=run.pins,
        max_parallel=run.max_parallel,
        traceparent=run.traceparent,
        created_at=now,
        **{
            "workflow_id": run.workflow_id,
            "trigger": run.trigger,
            "ancestors": run.ancestors,
            **given,
        },
    )
