"""How often the mocks of a dry run have answered before a child run begins, so that each call of a mocked
node gets the next answer, whichever turn, attempt or item it is made in.

Counts are by path within the run: `node`, `container/node`, `container/finally/node`. They are keys in the
store, so there are no dots."""

from collections.abc import Iterator, Mapping

from services.planner.children import BODY, FINALLY, index_of, key_of
from services.planner.memory import Memory
from services.planner.transitions import Spawn
from shared.contracts.run import Run, child_id
from shared.contracts.version import FrozenNode, PinnedGraph

Counts = dict[str, int]
MAP = "map"
LOADED_AT_ONCE = 100


class Answered:
    """Adds up what earlier child runs have used."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def before(
        self, run: Run, graph: PinnedGraph, spawn: Spawn, body: PinnedGraph
    ) -> dict[str, Counts]:
        """What each mock in a body has answered before each of the child runs of a spawn, by key. Items of a
        map are taken to call each mock once."""
        places = list(_places(body.frozen)) if run.dry else []
        if not places:
            return {key: {} for key in spawn.keys}
        counts = _within(run.answered, f"{spawn.node}/{_inner(spawn.field)}")
        earlier = await self._last(run, spawn.node, _earlier(graph, spawn), body)
        if earlier is not None:
            return dict.fromkeys(spawn.keys, earlier)
        if spawn.field == FINALLY:
            return dict.fromkeys(spawn.keys, counts)
        ahead = {key: int(index_of(key)) + spawn.attempt - 1 for key in spawn.keys}
        return {key: {each: counts.get(each, 0) + more for each in places} for key, more in ahead.items()}

    async def _total(self, run: Run, graph: PinnedGraph) -> Counts:
        """What the mocks have answered up to a run's end."""
        counts = dict(run.answered)
        for node_id, frozen in graph.frozen.items():
            state = run.nodes.get(node_id)
            if state is None or state.attempt == 0:
                continue
            if frozen.mocks:
                counts[node_id] = counts.get(node_id, 0) + state.attempt
            for field in frozen.bodies if any(_places({node_id: frozen})) else ():
                body = graph.body(node_id, field)
                if graph.nodes[node_id].type == MAP:
                    inner = await self._of_items(run, node_id, state.attempt, body)
                else:
                    last = [FINALLY] if field == FINALLY else [str(state.turn), str(state.turn - 1)]
                    keys = [key_of(each, state.attempt) for each in last]
                    inner = await self._last(run, node_id, keys, body) or {}
                counts |= {f"{node_id}/{_inner(field)}{path}": count for path, count in inner.items()}
        return counts

    async def _last(self, run: Run, node_id: str, keys: list[str], body: PinnedGraph) -> Counts | None:
        """Up to the end of the first of these child runs that is there."""
        found = await self._children(run, node_id, keys)
        return await self._total(found[0], body) if found else None

    async def _of_items(self, run: Run, node_id: str, attempt: int, body: PinnedGraph) -> Counts:
        """Up to the end of a map."""
        counts = _within(run.answered, f"{node_id}/")
        start = 0
        while True:
            keys = [key_of(index, attempt) for index in range(start, start + LOADED_AT_ONCE)]
            children = await self._children(run, node_id, keys)
            for child in children:
                for path, total in (await self._total(child, body)).items():
                    counts[path] = counts.get(path, 0) + total - child.answered.get(path, 0)
            if len(children) < LOADED_AT_ONCE:
                return counts
            start += LOADED_AT_ONCE

    async def _children(self, run: Run, node_id: str, keys: list[str]) -> list[Run]:
        """Those that are there, in the order of their keys."""
        ids = [child_id(run.id, node_id, key) for key in keys]
        found = await self._memory.runs({each: [] for each in ids}, trust_messages=False) if ids else {}
        return [found[each] for each in ids if each in found]


def _earlier(graph: PinnedGraph, spawn: Spawn) -> list[str]:
    """The keys of the child run that came before, where there was one at most."""
    if spawn.field != BODY or graph.nodes[spawn.node].type == MAP:
        return []
    index = int(index_of(spawn.keys[0]))
    if index:
        return [key_of(index - 1, spawn.attempt)]
    return [key_of(0, spawn.attempt - 1)] if spawn.attempt > 1 else []


def _places(frozen: Mapping[str, FrozenNode]) -> Iterator[str]:
    """The paths of the mocked nodes in a graph and in the bodies within it."""
    for node_id, node in frozen.items():
        if node.mocks:
            yield node_id
        for field, inner in node.bodies.items():
            yield from (f"{node_id}/{_inner(field)}{path}" for path in _places(inner))


def _within(counts: Mapping[str, int], prefix: str) -> Counts:
    return {path.removeprefix(prefix): count for path, count in counts.items() if path.startswith(prefix)}


def _inner(field: str) -> str:
    return f"{FINALLY}/" if field == FINALLY else ""
