"""Pass, Succeed, Fail, Choice and Wait states as nodes."""

from collections.abc import Iterable

from shared.asl.building import Building, Place
from shared.asl.machine import followers
from shared.asl.scope import END, Config, Scope, ref
from shared.contracts.graph import WAITING_TIMEOUT_S


def pass_on(building: Building, scope: Scope, place: Place) -> None:
    """A Pass or a Succeed state."""
    more = ("Parameters", "Result", "ResultPath") if place.state["Type"] == "Pass" else ()
    config = building.config(scope, place, ("InputPath", *more, "OutputPath"))
    target = place.machine.where(place.state.get("Next"))
    scope.add(place.id, "asl.pass", config | {"next": building.id_of(target)}, name=place.name)
    scope.land(place.key, place.id)
    scope.way(place.id, target)


def fail(building: Building, scope: Scope, place: Place) -> None:
    """A Fail state, at which a run fails with its Error and Cause."""
    config = building.config(scope, place, ("Error", "Cause", "ErrorPath", "CausePath"))
    scope.add(place.id, "asl.fail", config, name=place.name)
    scope.land(place.key, place.id)


def choice(building: Building, scope: Scope, place: Place) -> None:
    """A Choice state: one port for each state it may lead to."""
    config = building.config(scope, place, ("InputPath", "OutputPath", "Choices", "Default"))
    config["ways"] = ways(building, scope, place, place.id, followers(place.state))
    scope.add(place.id, "asl.choice", config, name=place.name)
    scope.land(place.key, place.id)


def wait(building: Building, scope: Scope, place: Place) -> None:
    """A Wait state. Seconds that are written in it are waited for at once, up to a year, as long as any run
    may last; anything else is read first."""
    state, target = place.state, place.machine.where(place.state.get("Next"))
    last = building.names.part(place.id, "out")
    config = building.config(scope, place, ("OutputPath",)) | {"result": None, "next": building.id_of(target)}
    config["state"]["ResultPath"] = None
    if "InputPath" not in state and "Seconds" in state:
        lasting = {"seconds": min(state["Seconds"], WAITING_TIMEOUT_S)}
        scope.land(place.key, place.id, last)
    else:
        first = building.names.part(place.id, "in")
        fields = ("InputPath", "Seconds", "Timestamp", "SecondsPath", "TimestampPath")
        scope.add(first, "asl.delay", building.config(scope, place, fields), name=f"{place.name}: input")
        scope.land(place.key, first)
        scope.edge(first, place.id)
        lasting = {
            "seconds" if "Seconds" in state or "SecondsPath" in state else "until": ref(first, "until")
        }
        config["raw"] = ref(first, "input")
    scope.add(place.id, "wait", lasting, name=place.name)
    scope.add(last, "asl.output", config, name=f"{place.name}: output")
    scope.edge(place.id, last)
    scope.way(last, target)


def ways(
    building: Building, scope: Scope, place: Place, source: str, names: Iterable[str | None]
) -> list[Config]:
    """The ways from a node to states, each through a port that bears the state's id."""
    found: list[Config] = []
    for name in names:
        target = place.machine.where(name)
        port = building.id_of(target) or END
        scope.way(source, target, port)
        found.append({"state": name or "", "port": port})
    return found
