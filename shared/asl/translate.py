"""A definition in Amazon States Language as a graph. Pure."""

from dataclasses import dataclass, field
from typing import Any

from shared.asl.building import Building, NotCarried
from shared.asl.checking import Fault, check_definition
from shared.asl.machine import machine_of
from shared.asl.machines import machine
from shared.asl.scope import Scope, ref
from shared.contracts.graph import WAITING_TIMEOUT_S


@dataclass(frozen=True)
class Translated:
    """A graph, unless there are faults in the definition; what was not carried over; and by what name a dry
    run mocks each Task."""

    faults: list[Fault] = field(default_factory=list)
    graph: dict[str, Any] | None = None
    not_carried: list[NotCarried] = field(default_factory=list)
    mocks: dict[str, str] = field(default_factory=dict)


def translate(document: Any) -> Translated:
    """The graph that does what the definition says."""
    faults, warnings = check_definition(document)
    if faults:
        return Translated(faults)
    top = machine_of(document)
    building, scope = Building(top), Scope()
    _, end = machine(building, scope, top, "", "{{ trigger }}")
    seconds = min(document.get("TimeoutSeconds", WAITING_TIMEOUT_S), WAITING_TIMEOUT_S)
    graph = scope.graph(ref(end), timeout_s=seconds)
    noted = [NotCarried(each.path, each.code, each.message) for each in warnings]
    return Translated([], graph, [*noted, *building.notes], building.mocks)
