"""Whatever comes in whatever order, and twice: never too many at once, all in turn, nobody forgotten."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.planner.slotting import Wish, admit, release
from shared.contracts.graph import Concurrency
from shared.contracts.slots import KeySlots

MODES = st.sampled_from(["queue", "queue", "reject", "cancel_running"])
LANES = st.sampled_from(["normal", "normal", "high"])


@dataclass
class Told:
    """What the runs have heard, as a planner would have it."""

    waiting: list[str] = field(default_factory=list[str])
    running: list[str] = field(default_factory=list[str])
    to_cancel: set[str] = field(default_factory=set[str])


class Key(RuleBasedStateMachine):
    """One key, used by runs with the same limit; every message may come twice, and cancels may be lost."""

    def __init__(self) -> None:
        super().__init__()
        self.slots = KeySlots(id="key")
        self.wishes: dict[str, Wish] = {}
        self.told = Told()

    @initialize(limit=st.integers(1, 4))
    def _limit(self, limit: int) -> None:
        self.limit = limit

    @rule(modes=st.lists(st.tuples(MODES, LANES), min_size=1, max_size=5), twice=st.booleans())
    def come(self, modes: list[tuple[str, str]], *, twice: bool) -> None:
        """New runs, some of them told of twice."""
        fresh = [
            Wish(
                f"r{len(self.wishes) + number:03}",
                Concurrency.model_validate({"limit": self.limit, "when_full": mode}),
                "high" if lane == "high" else "normal",
            )
            for number, (mode, lane) in enumerate(modes)
        ]
        self.wishes.update({each.run_id: each for each in fresh})
        self._ask([*fresh, *fresh] if twice else fresh)

    @precondition(lambda self: self.told.waiting)
    @rule(number=st.integers(0, 99))
    def ask_again(self, number: int) -> None:
        """One that waits is woken by the clock."""
        self._ask([self.wishes[self.told.waiting[number % len(self.told.waiting)]]])

    @precondition(lambda self: self.told.running)
    @rule(number=st.integers(0, 99), twice=st.booleans())
    def finish(self, number: int, *, twice: bool) -> None:
        """One that runs comes to its end."""
        self._leave([self.told.running[number % len(self.told.running)]], twice=twice)

    @precondition(lambda self: self.told.to_cancel)
    @rule()
    def cancel(self) -> None:
        """Those that newer ones take the place of are cancelled."""
        self._leave(sorted(self.told.to_cancel), twice=False)

    @precondition(lambda self: self.told.waiting)
    @rule(number=st.integers(0, 99))
    def give_up(self, number: int) -> None:
        """The owner cancels one that waits."""
        self._leave([self.told.waiting[number % len(self.told.waiting)]], twice=True)

    @invariant()
    def never_too_many(self) -> None:
        assert len(self.slots.holders) <= self.limit
        assert sorted(self.slots.holders) == sorted(self.told.running), "who holds a slot has been told so"

    @invariant()
    def none_is_forgotten(self) -> None:
        assert sorted(each.run_id for each in self.slots.waiting) == sorted(self.told.waiting)
        patient = [each for each in self.slots.waiting if each.place != "out"]
        assert not patient or len(self.slots.holders) == self.limit, "nobody waits while a slot is free"

    def teardown(self) -> None:
        """Left alone, all of them get their turn in the end."""
        for _ in range(3 * len(self.wishes)):
            self._ask([self.wishes[each] for each in self.told.waiting])
            self._leave([*self.told.running, *self.told.to_cancel], twice=True)
        assert not self.slots.holders
        assert not self.slots.waiting

    def _ask(self, wishes: list[Wish]) -> None:
        admitted = admit(self.slots, wishes)
        self.slots = admitted.slots
        for run_id, admission in admitted.admissions.items():
            match admission.answer:
                case "granted":
                    self._granted([run_id])
                case "waiting" if run_id not in self.told.waiting:
                    self.told.waiting.append(run_id)
                case "rejected":
                    assert self.wishes[run_id].terms.when_full == "reject"
                    assert len(self.slots.holders) == self.limit
                case _:
                    assert run_id not in self.told.running, "what was granted stays granted"
        assert {*admitted.cancel} <= {*self.told.running, *self.told.waiting}
        assert len(admitted.cancel) == len({*admitted.cancel})
        self.told.to_cancel |= set(admitted.cancel)
        front = [each.run_id for each in self.slots.waiting if each.place == "front"]
        if any(wish.run_id in front for wish in wishes):
            staying = {*self.slots.holders} - self.told.to_cancel
            assert len(staying) + len(front) <= self.limit, "room is made for those who asked for it"

    def _leave(self, run_ids: list[str], *, twice: bool) -> None:
        before = self.slots
        self.slots, granted = release(self.slots, run_ids)
        if twice:
            assert release(self.slots, run_ids) == (self.slots, [])
        self.told.running = [each for each in self.told.running if each not in run_ids]
        self.told.waiting = [each for each in self.told.waiting if each not in run_ids]
        self.told.to_cancel -= set(run_ids)
        for lane in ("high", "normal"):
            line = [each.run_id for each in before.waiting if (each.place, each.lane) == ("line", lane)]
            line = [each for each in line if each not in run_ids]
            assert [each for each in granted if each in line] == line[: sum(each in granted for each in line)]
        self._granted(granted)

    def _granted(self, run_ids: list[str]) -> None:
        self.told.waiting = [each for each in self.told.waiting if each not in run_ids]
        self.told.running += [each for each in run_ids if each not in self.told.running]


TestKey = Key.TestCase
TestKey.settings = settings(max_examples=150, stateful_step_count=30)
