"""What a map's child runs have answered, put together in order."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import islice

from services.planner.children import ChildFinished, failure_of_item, index_of, key_of
from services.planner.facts import answer_of
from services.planner.outputs import failure_value
from services.planner.too_large import too_large
from shared.contracts.directive import SpawnRuns
from shared.contracts.run import Run, child_id
from shared.contracts.value import NULL, Value, from_json, to_json
from shared.storage.joining import Joining
from shared.storage.payloads import Payloads
from shared.storage.runs import Runs

PAGE = 500
REMEMBERED_BYTES = 1_000
REMEMBERED = 20_000


class Gathering:
    """Remembers the small answers of children that finish here, and reads the others back."""

    def __init__(self, runs: Runs, payloads: Payloads) -> None:
        self._runs = runs
        self._payloads = payloads
        self._known: OrderedDict[str, ChildFinished] = OrderedDict()

    def remember(self, run_id: str, fact: ChildFinished) -> None:
        """Keep a small answer at hand until it is asked for."""
        size = fact.output.size if fact.output and fact.output.json_text is not None else 0
        if size <= REMEMBERED_BYTES:
            self._known[child_id(run_id, fact.node, fact.key)] = fact
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    async def output(self, run: Run, node_id: str) -> Value:
        """The output of a map whose children have all finished: a list in the order of its items, or a
        mapping. `run` is as it was before that was decided. Raises OutputTooLarge."""
        state = run.nodes[node_id]
        assert state.suspended is not None
        directive = state.suspended.directive
        assert isinstance(directive, SpawnRuns)
        names = await self._names(directive)
        opening, closing = "[]" if names is None else "{}"
        joining, comma = Joining(self._payloads), opening
        keys = (key_of(index, state.attempt) for index in range(directive.total))
        while page := list(islice(keys, PAGE)):
            for index, value in await self._page(run, node_id, page, directive):
                with too_large("its items answered with", node_id):
                    await joining.add(comma if names is None else f"{comma}{to_json(names[index])}:", value)
                comma = ","
        await joining.add(closing if comma == "," else opening + closing)
        return await joining.value()

    async def _names(self, directive: SpawnRuns) -> list[str] | None:
        if not directive.keyed:
            return None
        items = from_json(await self._payloads.text(directive.items or NULL))
        return [each["key"] for each in items]

    async def _page(
        self, run: Run, node_id: str, keys: Sequence[str], directive: SpawnRuns
    ) -> list[tuple[int, Value]]:
        ids = [child_id(run.id, node_id, key) for key in keys]
        known = {each: self._known.pop(each) for each in ids if each in self._known}
        missing = [each for each in ids if each not in known]
        stored = await self._runs.load(missing) if missing else {}
        read = {each: answer_of(child, node_id, child.key or "") for each, child in stored.items()}
        answers = {**known, **read}
        return list(_shown([answers[each] for each in ids], directive))


def _shown(answers: Sequence[ChildFinished], directive: SpawnRuns) -> Iterator[tuple[int, Value]]:
    """The answers to put into the output; a failure takes its place there, or leaves none."""
    for fact in answers:
        index = int(index_of(fact.key))
        if fact.output is not None:
            yield index, fact.output
        elif directive.on_item_failure == "keep":
            text = failure_value(failure_of_item(fact)).json_text
            wrapped = f'{{"failure":{text}}}'
            yield index, Value(json_text=wrapped, size=len(wrapped))
