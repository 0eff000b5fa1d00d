"""Whose run may begin next, when more want to than executors keep up with.

What has been begun is carried on at once. So that nobody's runs stand in line behind ten thousand of somebody
else's, no more are begun than keep the executors' queues short. How many that is follows from what is seen:
the window of a place (a pool and a lane) grows as long as its messages are taken at once, and shrinks when
they have to wait. Free places go to the workspace that has had the least."""

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field

from shared.contracts.base import Millis
from shared.messaging.topology import partition_of

Place = tuple[str, str]
"""A pool and a lane."""
SHORT_MS = 100
"""A message that has waited no longer than this, both ways included, has not stood in line."""
LEAST_WINDOW, FIRST_WINDOW, MOST_WINDOW = 16, 32, 2_000
SHRINK = 0.9
CREDIT = 200
"""So many messages of a workspace that comes into the line may go before those of all others."""
GIVEN_UP_MS = 60_000
"""No executor has taken it for that long: it does not count any more."""
MOST_WAITING = 20_000
MOST_WORKSPACES = 10_000


@dataclass(frozen=True)
class _Sent:
    place: Place
    workspace: str
    at: Millis


@dataclass
class _Line:
    """The runs that wait to begin at one place, by workspace, and how many messages may be out there."""

    waiting: dict[str, deque[str]] = field(default_factory=dict[str, deque[str]])
    window: float = FIRST_WINDOW
    out: int = 0
    shrunk_at: Millis = 0


class Turns:
    """Counts what is out, and keeps the line."""

    def __init__(self) -> None:
        self._lines: dict[Place, _Line] = {}
        self._sent: OrderedDict[tuple[str, str], _Sent] = OrderedDict()
        self._places: dict[str, Place] = {}
        self._had: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._places

    def wait(self, run_id: str, workspace: str, place: Place) -> bool:
        """Put a run at the end of its workspace's line, unless it stands there; False when there is no room
        for it."""
        if run_id in self._places:
            return True
        if len(self._places) >= MOST_WAITING:
            return False
        self._places[run_id] = place
        waiting = self._line(place).waiting
        if workspace not in waiting:
            self._enter(workspace)
            waiting[workspace] = deque()
        waiting[workspace].append(run_id)
        return True

    def leave(self, partition: int) -> None:
        """The runs of a partition wait no longer; their places in the line are passed over."""
        for run_id in [each for each in self._places if partition_of(each) == partition]:
            del self._places[run_id]

    def next(self, now: Millis) -> list[str]:
        """The runs that may begin now. Until something is sent for them, they count as if it were."""
        begun: list[str] = []
        for place, line in self._lines.items():
            while line.out < line.window and (found := self._first(place, line)):
                run_id, workspace = found
                del self._places[run_id]
                self._count((run_id, ""), _Sent(place, workspace, now))
                self._had[workspace] += 1
                begun.append(run_id)
        return begun

    def sent(self, run_id: str, head: str, workspace: str, place: Place, now: Millis) -> None:
        """A message is on its way to the executors of a place."""
        began = self.done(run_id, "") is not None
        self._count((run_id, head), _Sent(place, workspace, now))
        if not began:  # what a run begins with was counted when its turn came
            self._had[workspace] += 1

    def done(self, run_id: str, head: str) -> _Sent | None:
        """A message has been taken by an executor, or answered."""
        sent = self._sent.pop((run_id, head), None)
        if sent is not None:
            self._lines[sent.place].out -= 1
        return sent

    def answered(self, run_id: str, head: str, worked_ms: Millis, now: Millis) -> None:
        """The answer to a message has come, on which an executor has worked that long."""
        sent = self.done(run_id, head)
        if sent is None:
            return
        line, waited = self._lines[sent.place], now - sent.at - worked_ms
        if waited <= SHORT_MS:
            line.window = min(line.window + 1 / line.window, MOST_WINDOW)
        elif now - line.shrunk_at > SHORT_MS:
            line.window, line.shrunk_at = max(line.window * SHRINK, LEAST_WINDOW), now

    def forget(self, now: Millis) -> None:
        """Messages that no executor wants hold up nobody."""
        while self._sent:
            (run_id, head), first = next(iter(self._sent.items()))
            if now - first.at < GIVEN_UP_MS:
                return
            self.done(run_id, head)

    def _first(self, place: Place, line: _Line) -> tuple[str, str] | None:
        """The first in line of the workspace that has had the least."""
        for workspace in sorted(line.waiting, key=lambda each: self._had[each]):
            runs = line.waiting[workspace]
            while runs:
                run_id = runs.popleft()
                if self._places.get(run_id) == place:
                    return run_id, workspace
            del line.waiting[workspace]
        return None

    def _count(self, key: tuple[str, str], sent: _Sent) -> None:
        self.done(*key)
        self._sent[key] = sent
        self._line(sent.place).out += 1

    def _enter(self, workspace: str) -> None:
        """What a workspace has had before counts for and against it only so far."""
        others = [self._had[each] for line in self._lines.values() for each in line.waiting]
        if others:
            had = self._had[workspace]
            self._had[workspace] = max(min(others) - CREDIT, min(max(others) + CREDIT, had))
        elif len(self._had) > MOST_WORKSPACES:
            self._had.clear()

    def _line(self, place: Place) -> _Line:
        return self._lines.setdefault(place, _Line())
