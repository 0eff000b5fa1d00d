"""`run_events`: one document a save, `_id` is `<run>:<first seq, 10 digits>`."""

from collections.abc import Mapping, Sequence

from shared.contracts.run import Event
from shared.storage.mongo import Store

Told = tuple[str, Mapping[str, Event]]
"""The run and its events by `seq`."""


class RunEvents:
    """The numbered facts of every run."""

    def __init__(self, store: Store) -> None:
        self._collection = store["run_events"]

    async def insert(self, saves: Sequence[tuple[str, Mapping[str, Event]]]) -> None:
        """Record the events of one save for each run; what is recorded already stays.

        A planner that takes over finds events in the outbox that the one before has recorded, and adds its
        own: those are recorded apart."""
        told = {_document_id(run_id, events): (run_id, events) for run_id, events in saves if events}
        while told:
            there = await self._collection.insert_many(
                [
                    {
                        "_id": document_id,
                        "run_id": run_id,
                        "events": {
                            seq: each.model_dump(exclude_defaults=True) for seq, each in events.items()
                        },
                    }
                    for document_id, (run_id, events) in told.items()
                ]
            )
            told = await self._unrecorded({each: told[each] for each in there}) if there else {}

    async def _unrecorded(self, contested: Mapping[str, Told]) -> dict[str, Told]:
        """What is not in the documents that were there already, by the id it has to have instead."""
        left: dict[str, Told] = {}
        for document in await self._collection.find({"_id": {"$in": list(contested)}}):
            run_id, events = contested[document["_id"]]
            if rest := {seq: event for seq, event in events.items() if seq not in document["events"]}:
                left[_document_id(run_id, rest)] = (run_id, rest)
        return left

    async def after(self, run_id: str, seq: int) -> dict[int, Event]:
        """The events of a run that come after `seq`, in order."""
        found = await self._collection.find({"run_id": run_id})
        events = {
            int(number): Event.model_validate(event)
            for document in found
            for number, event in document["events"].items()
            if int(number) > seq
        }
        return dict(sorted(events.items()))


def _document_id(run_id: str, events: Mapping[str, Event]) -> str:
    return f"{run_id}:{min(map(int, events)):010d}"
