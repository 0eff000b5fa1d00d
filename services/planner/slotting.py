"""Who gets a slot of a concurrency key, who waits, who is turned away or cancelled. Pure.

Slots go to those at the front first, then to the `high` lane, then to the `normal` one, each in the order
they came. Nobody is passed over: when the next one may not run yet, neither may those behind it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from services.planner.decide import Admission
from shared.contracts.graph import Concurrency
from shared.contracts.run import Lane
from shared.contracts.slots import KeySlots, Waiting

MOST_RUNS = 11_000
"""How many runs one key knows, holding or waiting: its document stays under 1 MB."""


@dataclass(frozen=True)
class Wish:
    """A run that wants a slot, and on which terms."""

    run_id: str
    terms: Concurrency
    lane: Lane = "normal"


@dataclass(frozen=True)
class Admitted:
    """The slots after some wishes, the answer to each by run, and the runs to cancel because of them."""

    slots: KeySlots
    admissions: dict[str, Admission]
    cancel: list[str]


GRANTED = Admission("granted")
WAITING = Admission("waiting")


def admit(slots: KeySlots, wishes: Iterable[Wish]) -> Admitted:
    """Answer these wishes, earliest first. Who holds or waits already is given the same answer again, or a
    better one."""
    asked = {wish.run_id: wish for wish in wishes}
    known = {*slots.holders, *(each.run_id for each in slots.waiting)}
    fresh = [wish for run_id, wish in asked.items() if run_id not in known]
    welcome = fresh[: max(0, MOST_RUNS - len(known))]
    slots, _ = _fill(_with(slots, waiting=[*slots.waiting, *(_waiting(wish) for wish in welcome)]))
    held = set(slots.holders)
    refused = {
        wish.run_id for wish in welcome if wish.terms.when_full == "reject" and wish.run_id not in held
    }
    slots, _ = _fill(_without(slots, refused))
    held, waits = set(slots.holders), {each.run_id for each in slots.waiting}
    admissions = {
        run_id: GRANTED
        if run_id in held
        else WAITING
        if run_id in waits
        else _rejected(wish.terms, full=run_id in refused)
        for run_id, wish in asked.items()
    }
    slots, cancel = _supersede(slots, asked)
    return Admitted(slots, admissions, cancel)


def release(slots: KeySlots, run_ids: Collection[str]) -> tuple[KeySlots, list[str]]:
    """The slots without these runs, and the runs that have got the slots they left."""
    return _fill(_without(slots, run_ids))


def _waiting(wish: Wish) -> Waiting:
    place = "front" if wish.terms.when_full == "cancel_running" else "line"
    return Waiting(run_id=wish.run_id, limit=wish.terms.limit, lane=wish.lane, place=place)


def _rejected(terms: Concurrency, *, full: bool) -> Admission:
    if full:
        taken = "the one slot is" if terms.limit == 1 else f"all {terms.limit} slots are"
        said = f"{taken} taken for concurrency key {terms.key!r}"
    else:
        said = f"{MOST_RUNS} runs have a slot of concurrency key {terms.key!r} or wait for one"
    return Admission("rejected", f"{said}; start the run again later")


def _fill(slots: KeySlots) -> tuple[KeySlots, list[str]]:
    """Give free slots to those whose turn it is; who they are."""
    granted: list[str] = []
    for each in _in_turn(slots.waiting):
        if len(slots.holders) + len(granted) >= each.limit:
            break
        granted.append(each.run_id)
    if not granted:
        return slots, []
    holders = [*slots.holders, *granted]
    return _with(_without(slots, granted), holders=holders), granted


def _in_turn(waiting: Sequence[Waiting]) -> list[Waiting]:
    front = [each for each in waiting if each.place == "front"]
    line = [each for each in waiting if each.place == "line"]
    high = [each for each in line if each.lane == "high"]
    return [*front, *high, *(each for each in line if each.lane != "high")]


def _supersede(slots: KeySlots, asked: Collection[str]) -> tuple[KeySlots, list[str]]:
    """Make room for those at the front that ask: as many of them as the limit allows stay, the newest; the
    others, and the longest of the holders, are to be cancelled. Said again whenever one of them asks again,
    so that no lost message matters."""
    front = [each for each in slots.waiting if each.place == "front"]
    cancel = [each.run_id for each in slots.waiting if each.place == "out" and each.run_id in asked]
    if not any(each.run_id in asked for each in front):
        return slots, cancel
    limit = front[-1].limit
    older = {each.run_id for each in front[:-limit]}
    waiting = [
        each.model_copy(update={"place": "out"}) if each.run_id in older else each for each in slots.waiting
    ]
    excess = len(slots.holders) + len(front) - len(older) - limit
    out = [each.run_id for each in waiting if each.place == "out"]
    return _with(slots, waiting=waiting), [*out, *slots.holders[: max(0, excess)]]


def _without(slots: KeySlots, run_ids: Collection[str]) -> KeySlots:
    gone = set(run_ids)
    return _with(
        slots,
        holders=[run_id for run_id in slots.holders if run_id not in gone],
        waiting=[each for each in slots.waiting if each.run_id not in gone],
    )


def _with(slots: KeySlots, **changes: object) -> KeySlots:
    return slots.model_copy(update=changes)
