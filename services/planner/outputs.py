"""What nodes answered, as the planner needs it for the next messages: remembered for a while, else read
back."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from shared.contracts.failure import Failure
from shared.contracts.node_run import NodeResult, node_run_id
from shared.contracts.run import Run
from shared.contracts.value import NULL, Value, inline, to_json
from shared.storage.node_runs import NodeRuns

MAX_BYTES = 32_000_000
ENTRY_BYTES = 1_000
"""What an output takes besides its text."""
WITH_OUTPUT = ("succeeded", "failed", "skipped")


class Outputs:
    """Outputs by run and node; the least recently used runs are forgotten beyond `MAX_BYTES`."""

    def __init__(self, node_runs: NodeRuns) -> None:
        self._node_runs = node_runs
        self._known: OrderedDict[str, dict[str, tuple[int, Value]]] = OrderedDict()
        self._bytes = 0

    def remember(self, run_id: str, results: Iterable[NodeResult]) -> None:
        """Keep the outputs of results that have been accepted."""
        known = self._known.setdefault(run_id, {})
        self._known.move_to_end(run_id)
        for result in results:
            value = output_of(result)
            known[result.node] = (result.attempt, value)
            self._bytes += _held(value)
        while self._bytes > MAX_BYTES and len(self._known) > 1:
            self.forget(next(iter(self._known)))

    def forget(self, run_id: str) -> None:
        """Drop what is kept of a run."""
        self._bytes -= sum(_held(value) for _, value in self._known.pop(run_id, {}).values())

    async def of(self, run: Run, node_ids: Sequence[str]) -> dict[str, Value]:
        """The outputs of these nodes; `null` for one that was skipped or has not finished."""
        wanted = [node_id for node_id in node_ids if _has_output(run, node_id)]
        found = {node_id: self._at_hand(run, node_id) for node_id in wanted}
        if missing := [node_id for node_id, value in found.items() if value is None]:
            read = await self._read(run, missing)  # what was at hand may be forgotten meanwhile
            self.remember(run.id, read)
            counting = (each for each in read if each.attempt == run.nodes[each.node].attempt)
            found |= {each.node: output_of(each) for each in counting}
        return {node_id: found.get(node_id) or NULL for node_id in node_ids}

    def _at_hand(self, run: Run, node_id: str) -> Value | None:
        """What is remembered of the attempt that counts; later ones may have been made elsewhere."""
        attempt, value = self._known.get(run.id, {}).get(node_id, (0, None))
        return value if attempt == run.nodes[node_id].attempt else None

    async def _read(self, run: Run, node_ids: Sequence[str]) -> list[NodeResult]:
        states = {node_id: run.nodes[node_id] for node_id in node_ids}
        ids = {
            node_run_id(state.source or run.id, state.head or "", state.head_attempt)
            for state in states.values()
        }
        stored = await self._node_runs.load([each for each in ids if each not in run.results])
        found = [*stored.values(), *(run.results[each] for each in ids if each in run.results)]
        return [result for node_run in found for result in node_run.results if result.node in states]


def output_of(result: NodeResult) -> Value:
    """What a node's successors see as its output: its failure when it failed and the graph goes on."""
    return failure_value(result.failure) if result.failure else result.output or NULL


def failure_value(failure: Failure) -> Value:
    """A failure as a value that expressions can read."""
    return inline(to_json(failure.model_dump(mode="json")))


def _has_output(run: Run, node_id: str) -> bool:
    state = run.nodes.get(node_id)
    return state is not None and state.status in WITH_OUTPUT and state.head is not None


def _held(value: Value) -> int:
    return ENTRY_BYTES + (value.size if value.json_text is not None else 0)
