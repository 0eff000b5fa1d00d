"""What is known of a definition as a whole while it is translated."""

from dataclasses import dataclass, field
from typing import Any

from shared.asl.machine import Machine, State, all_machines
from shared.asl.names import Names
from shared.asl.scope import Config, Scope
from shared.contracts.value import to_json


@dataclass(frozen=True)
class NotCarried:
    """Something that the graph does not do as the definition says, or that is odd in it."""

    path: str
    code: str
    message: str


@dataclass(frozen=True)
class Place:
    """A state where it stands. `key` is its path in the definition, `id` that of its node."""

    machine: Machine
    name: str
    id: str

    @property
    def key(self) -> str:
        """Its path."""
        return self.machine.where(self.name)

    @property
    def state(self) -> State:
        """Its definition."""
        return self.machine.states[self.name]


@dataclass
class Building:
    """Ids, and what was noted on the way. `mocks` has the name to mock a Task by, by its state."""

    top: Machine
    names: Names = field(default_factory=Names)
    ids: dict[str, str] = field(default_factory=dict)
    notes: list[NotCarried] = field(default_factory=list)
    mocks: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Give every state its id before anything else takes one, those that can be mocked first."""
        machines = list(all_machines(self.top))
        for tasks in (True, False):
            for machine in machines:
                for name, state in machine.states.items():
                    if (state["Type"] == "Task") == tasks:
                        self.ids[machine.where(name)] = self.names.state(name)

    def place(self, machine: Machine, name: str) -> Place:
        """A state of a machine."""
        return Place(machine, name, self.ids[machine.where(name)])

    def id_of(self, key: str) -> str | None:
        """What a token calls a state; None for the end."""
        return self.ids.get(key)

    def note(self, place: Place, field_name: str, code: str, message: str) -> None:
        """Remember something that is not carried over."""
        self.notes.append(NotCarried(f"{place.key}.{field_name}", code, message))

    def config(self, scope: Scope, place: Place, fields: tuple[str, ...]) -> Config:
        """The config of a node that does a part of a state, given the fields it needs."""
        state = {name: place.state[name] for name in fields if name in place.state}
        made: Config = {"from": [], "at": place.id, "name": place.name, "state": state}
        text = to_json(state)
        everything = '"$$"' in text or "$$[" in text
        extra: dict[str, Any] = {}
        if "$$" in text and ("$$.Execution" in text or everything):
            extra["input"] = "{{ trigger }}"
        if "$$.Task" in text:
            extra["token"] = f"{{{{ run.id }}}}:{place.id}"
        if scope.item and ("$$.Map" in text or everything):
            extra["map"] = scope.item
        return {**made, "extra": extra} if extra else made
