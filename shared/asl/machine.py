"""A state machine of a definition: the top one, a branch, or what an iteration runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

State = dict[str, Any]


@dataclass(frozen=True)
class Machine:
    """States by name, and where they stand in the definition."""

    start: str
    states: dict[str, State]
    path: str = ""

    def where(self, name: str | None) -> str:
        """The path of a state: `States.Fetch`, `States.Both.Branches[1].States.Left`; that of the end for
        None."""
        if name is None:
            return f"{self.path}!end"
        return joined(joined(self.path, "States"), name)


def machine_of(document: dict[str, Any], path: str = "") -> Machine:
    """A machine whose definition has been checked."""
    return Machine(document["StartAt"], document["States"], path)


def inner_machines(machine: Machine, name: str) -> list[Machine]:
    """The branches of a Parallel state, or the one machine of a Map state."""
    state, where = machine.states[name], machine.where(name)
    if state["Type"] == "Parallel":
        branches = enumerate(state["Branches"])
        return [machine_of(branch, f"{where}.Branches[{at}]") for at, branch in branches]
    if state["Type"] == "Map":
        field = "ItemProcessor" if "ItemProcessor" in state else "Iterator"
        return [machine_of(state[field], f"{where}.{field}")]
    return []


def all_machines(machine: Machine) -> Iterator[Machine]:
    """This machine and those within it."""
    yield machine
    for name in machine.states:
        for inner in inner_machines(machine, name):
            yield from all_machines(inner)


def followers(state: State) -> list[str | None]:
    """The states that may come after one, None for the end, each once."""
    found: list[str | None] = [rule["Next"] for rule in state.get("Choices", ())]
    found += [state[name] for name in ("Default", "Next") if name in state]
    found += [catcher["Next"] for catcher in state.get("Catch", ())]
    if state.get("End") or state["Type"] == "Succeed":
        found.append(None)
    return list(dict.fromkeys(found))


def ways_from(machine: Machine) -> dict[str, list[str]]:
    """Where each state that can be reached leads to, by keys: those of states, and that of the end."""
    ways: dict[str, list[str]] = {}
    todo = [machine.start]
    while todo:
        name = todo.pop(0)
        if machine.where(name) not in ways:
            found = followers(machine.states[name])
            ways[machine.where(name)] = [machine.where(each) for each in found]
            todo += [each for each in found if each is not None]
    return ways


def joined(path: str, name: str) -> str:
    """A path with a name added, in brackets where dots would mislead."""
    if not path:
        return name
    return f"{path}.{name}" if name.replace("_", "").replace("-", "").isalnum() else f'{path}["{name}"]'
