"""Controls that come a second time, be it that the broker delivers them again or that their sender did not
know that they had arrived."""

from collections.abc import Sequence

from services.planner.heard import Heard
from shared.contracts.events import RunControl
from shared.contracts.run import Run
from shared.storage.run_events import RunEvents

OPPOSITES = ("pause", "resume")
"""Others are guarded by what they find; these would undo what was asked for since."""


class Repeats:
    """Knows them by the events that they have led to."""

    def __init__(self, run_events: RunEvents) -> None:
        self._run_events = run_events

    async def without(self, run: Run, heard: Sequence[Heard]) -> list[Heard]:
        """What was heard, but for controls that have had their effect, or stand here twice."""
        if not any(_control_id(each) for each in heard):
            return list(heard)
        recorded = await self._run_events.after(run.id, 0)
        seen = {event.cause for event in [*recorded.values(), *run.outbox.values()] if event.cause}
        left: list[Heard] = []
        for each in heard:
            mark = _control_id(each)
            if mark not in seen:
                left.append(each)
            if mark:
                seen.add(mark)
        return left


def _control_id(heard: Heard) -> str:
    """Empty for all that may be heard twice."""
    message = heard.message
    return message.id if isinstance(message, RunControl) and message.action in OPPOSITES else ""
