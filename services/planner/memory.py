"""Runs and graphs that the planner has lately worked on. Only a shortcut: every save is guarded by `rev`."""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence

from services.planner.heard import Heard
from shared.contracts.events import RunRequested
from shared.contracts.run import Run
from shared.contracts.version import PinnedGraph, Version, body_path
from shared.messaging.topology import partition_of
from shared.storage.runs import Runs
from shared.storage.versions import Versions

MAX_RUNS = 2_000
MAX_GRAPHS = 200


class Memory:
    """The least recently used entries go first."""

    def __init__(self, runs: Runs, versions: Versions) -> None:
        self._runs = runs
        self._versions = versions
        self._known_runs: OrderedDict[str, Run] = OrderedDict()
        self._sent: dict[str, int] = {}
        self._known_graphs: OrderedDict[str, PinnedGraph] = OrderedDict()

    async def runs(self, groups: Mapping[str, Sequence[Heard]], *, trust_messages: bool) -> dict[str, Run]:
        """The runs these messages are for; a new one travels with its `run.requested`, unless that is not to
        be trusted because it has been delivered before."""
        for run_id, heard in groups.items():
            for each in heard if trust_messages else ():
                message = each.message
                if isinstance(message, RunRequested) and message.run and not each.again:
                    self._known_runs.setdefault(run_id, message.run)
        found = {run_id: self._known_runs[run_id] for run_id in groups if run_id in self._known_runs}
        missing = [run_id for run_id in groups if run_id not in found]
        if missing:  # those found may be forgotten while the others are loaded
            found |= await self._runs.load(missing)
        return {run_id: found[run_id] for run_id in groups if run_id in found}

    def remembers(self, run_id: str) -> bool:
        """Whether the run is at hand, and so may have gone on elsewhere."""
        return run_id in self._known_runs

    def forget_partition(self, partition: int) -> list[str]:
        """Another planner sees to these runs from now on."""
        left = [run_id for run_id in self._known_runs if partition_of(run_id) == partition]
        for run_id in left:
            self.forget(run_id)
        return left

    def keep(self, run: Run) -> None:
        """Remember a run as it is now stored, with all its events published."""
        self._known_runs[run.id] = run
        self._known_runs.move_to_end(run.id)
        self._sent[run.id] = run.seq
        while len(self._known_runs) > MAX_RUNS:
            self.forget(next(iter(self._known_runs)))

    def sent(self, run_id: str) -> int:
        """The number of the last event that this planner has published; 0 for a run it does not remember."""
        return self._sent.get(run_id, 0)

    def forget(self, run_id: str) -> None:
        """Load the run anew next time."""
        self._known_runs.pop(run_id, None)
        self._sent.pop(run_id, None)

    async def graphs(self, version_ids: Collection[str]) -> dict[str, PinnedGraph]:
        """The graphs of these versions that exist, by version id."""
        missing = [version_id for version_id in version_ids if version_id not in self._known_graphs]
        if missing:
            stored = await self._versions.load(list({body_path(each)[0] for each in missing}))
            for version_id in missing:
                if graph := _graph(stored, version_id):
                    self._known_graphs[version_id] = graph
        found = {each: self._known_graphs[each] for each in version_ids if each in self._known_graphs}
        for version_id in found:
            self._known_graphs.move_to_end(version_id)
        while len(self._known_graphs) > max(MAX_GRAPHS, len(found)):
            self._known_graphs.popitem(last=False)
        return found


def _graph(stored: Mapping[str, Version], version_id: str) -> PinnedGraph | None:
    """The graph of a version, or of a body within it; None when it is not stored."""
    outer, inner = body_path(version_id)
    if outer not in stored:
        return None
    graph = PinnedGraph.of(stored[outer])
    for node_id, field in inner:
        graph = graph.body(node_id, field)
    return graph
