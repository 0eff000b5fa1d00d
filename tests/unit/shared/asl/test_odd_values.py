"""Definitions with anything in the place of anything: refused with a reason, and never an error of ours."""

from collections.abc import Iterator
from typing import Any

from shared.asl.translate import translate
from tests.asl import trials_choice, trials_data, trials_nested, trials_samples, trials_tasks

ODD: list[Any] = [
    None,
    True,
    -1,
    2**63,
    1e300,
    "",
    "$",
    "\0",
    "9" * 5000,
    [],
    [[]],
    {},
    {"$ne": ""},
    [{"$gt": 1}],
]
PLACES = 2_000


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value within."""
    yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places(each, (*way, key))


def changed(value: Any, way: tuple[Any, ...], new: Any) -> Any:
    """A copy with something else at one place."""
    if not way:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[way[0]] = changed(value[way[0]], way[1:], new)
    return copy


def test_whatever_stands_in_a_definition_is_told_or_taken() -> None:
    modules = (trials_choice, trials_data, trials_nested, trials_samples, trials_tasks)
    machines = [each.definition for module in modules for each in module.trials().values()]
    found = [(machine, way) for machine in machines for way in places(machine)]
    step = max(1, len(found) // PLACES)
    told = taken = 0
    for number, (machine, way) in enumerate(found[::step]):
        translated = translate(changed(machine, way, ODD[number % len(ODD)]))
        assert (translated.graph is None) == bool(translated.faults), way
        told, taken = told + bool(translated.faults), taken + (translated.graph is not None)
    assert told > 100
    assert taken > 100  # the control: not all of it is wrong
