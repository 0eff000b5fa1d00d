"""`run_events`: one document a save, `_id` is `<run>:<first seq, 10 digits>`."""

from collections.abc import Mapping, Sequence

from shared.contracts.run import Event
from shared.storage.mongo import Store


class RunEvents:
    """The numbered facts of every run."""

    def __init__(self, store: Store) -> None:
        self._collection = store["run_events"]

    async def insert(self, saves: Sequence[tuple[str, Mapping[str, Event]]]) -> None:
        """Record the events of one save for each run; what is recorded already stays."""
        await self._collection.insert_many(
            [
                {
                    "_id": f"{run_id}:{min(map(int, events)):010d}",
                    "run_id": run_id,
                    "events": {seq: event.model_dump(exclude_defaults=True) for seq, event in events.items()},
                }
                for run_id, events in saves
                if events
            ]
        )

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
