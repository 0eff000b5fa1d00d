"""Who comes before whom: cycles, and the nodes upstream of each node as bits of one integer."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

_MOST_CYCLES = 10


class Order:
    """The order of a graph's nodes. `cycles` follow their edges and end with the node they begin with."""

    def __init__(self, ids: Iterable[str], edges: Iterable[tuple[str, str]]) -> None:
        self.ids = list(ids)
        self._bits = {node_id: 1 << at for at, node_id in enumerate(self.ids)}
        self._before: dict[str, set[str]] = {node_id: set() for node_id in self.ids}
        for source, target in edges:
            if source != target and source in self._bits and target in self._bits:
                self._before[target].add(source)
        self.cycles: list[list[str]] = []
        self._upstream: Mapping[str, int] = self._accumulate(self._sorted())

    def is_upstream(self, of: str, other: str) -> bool:
        """Whether `other` comes before `of` on some way."""
        return bool(self._upstream.get(of, 0) & self._bits.get(other, 0))

    def upstream(self, of: str) -> list[str]:
        """All nodes that come before one, in the graph's order."""
        bits = self._upstream.get(of, 0)
        return [node_id for node_id in self.ids if bits & self._bits[node_id]] if bits else []

    def _sorted(self) -> list[str]:
        """The ids in order, for which the last edge of every cycle that is found is left out."""
        before = {node_id: set(sources) for node_id, sources in self._before.items()}
        while True:
            try:
                return list(TopologicalSorter(before).static_order())
            except CycleError as error:
                cycle: list[str] = error.args[1]
                self.cycles.append(_turned(cycle))
                if len(self.cycles) >= _MOST_CYCLES:
                    return []
                before[cycle[-1]].discard(cycle[-2])

    def _accumulate(self, ids: list[str]) -> dict[str, int]:
        upstream: dict[str, int] = {}
        for node_id in ids:
            bits = 0
            for source in self._before[node_id]:
                bits |= self._bits[source] | upstream.get(source, 0)
            upstream[node_id] = bits
        return upstream


def _turned(cycle: list[str]) -> list[str]:
    """The cycle begun at its smallest id, so that the same graph always gets the same answer."""
    ring = cycle[:-1]
    first = ring.index(min(ring))
    return [*ring[first:], *ring[: first + 1]]
