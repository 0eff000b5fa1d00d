"""State machines as graphs: states, loops where states can come again, branches and iterations."""

from shared.asl.batches import concurrency_of
from shared.asl.building import Building, Place
from shared.asl.calling import NOT_CARRIED
from shared.asl.cycles import components, entered, heads, is_cycle, ways_within
from shared.asl.fields import TOLERATES
from shared.asl.machine import Machine, inner_machines, ways_from
from shared.asl.scope import END, Config, Scope, ref
from shared.asl.states import choice, fail, pass_on, wait
from shared.asl.work import MOST_TURNS, Worker, finish, state_input, task, tried

_MAKES_ITEMS = (
    "InputPath", "ItemsPath", "ItemSelector", "Parameters", "ItemBatcher", "MaxConcurrency",
    "MaxConcurrencyPath", *TOLERATES,
)  # fmt: skip
_LEFT_OUT = ("ItemReader", "ResultWriter", "Label")


def machine(
    building: Building, scope: Scope, it: Machine, of: str, data: str, **more: str
) -> tuple[str, str]:
    """The states of a machine between a node that enters it with the data, and one that answers with its
    output; the ids of both. `of` is the id of the state that it belongs to, if any."""
    begin, end = building.names.part(of, "start"), building.names.part(of, "end")
    if "map" in more:
        scope.item = ref(begin, "map")
    start = building.ids[it.where(it.start)]
    config: Config = {"data": data, "next": start, **more, "ports": [start]}
    scope.add(begin, "asl.enter", config, name=f"Start of {it.path[-150:] or 'the machine'}")
    scope.way(begin, it.where(it.start), start)
    after = ways_from(it)
    names = {it.where(name): name for name in it.states}
    ways = ways_within(list(after), after)
    for group in components(ways):
        places = [building.place(it, names[key]) for key in group]
        if not is_cycle(group, ways):
            _state(building, scope, places[0])
            continue
        _loop(building, scope, places, after)
    scope.add(end, "asl.end", {"from": []}, name=f"End of {it.path[-150:] or 'the machine'}")
    scope.land(it.where(None), end)
    if not any(it.where(None) in found for found in after.values()):
        config["ports"].append(END)  # it never ends: a way that is never taken, so that the node is skipped
        scope.edge(begin, end, END)
    return begin, end


def _state(building: Building, scope: Scope, place: Place) -> None:
    makers = {
        "Pass": pass_on, "Succeed": pass_on, "Fail": fail, "Choice": choice, "Wait": wait, "Task": task,
        "Parallel": _parallel, "Map": _map,
    }  # fmt: skip
    makers[place.state["Type"]](building, scope, place)


def _loop(building: Building, scope: Scope, places: list[Place], after: dict[str, list[str]]) -> None:
    """States that can come again: a turn goes from one of their heads to the next, or out of the loop."""
    group = [place.key for place in places]
    tops = heads(group, entered(group, after), ways_within(group, after))
    ids = [building.ids[key] for key in tops]
    arrive, outer, leave = (building.names.part(ids[0], what) for what in ("enter", "loop", "left"))
    scope.add(arrive, "asl.arrive", {"from": [], "into": ids, "again": ids}, name="Into the loop")
    for key in tops:
        scope.land(key, arrive)
    exits = list(dict.fromkeys(each for key in group for each in after[key] if each not in group))
    body = _turn(building, scope.inside(outer), places, tops, exits)
    config = {"state": ref(arrive), "while": "item.again", "graph": body, "max": MOST_TURNS}
    scope.add(outer, "loop", config, name="Loop")
    scope.edge(arrive, outer)
    if not exits:
        return
    ports = [building.id_of(each) or END for each in exits]
    leaving = {"data": ref(outer, "data"), "next": ref(outer, "next"), "ports": ports}
    scope.add(leave, "asl.enter", leaving, name="Out of the loop")
    scope.edge(outer, leave)
    for key, port in zip(exits, ports, strict=True):
        scope.way(leave, key, port)


def _turn(building: Building, inner: Scope, places: list[Place], tops: list[str], exits: list[str]) -> Config:
    """What a loop runs in a turn: the states up to where one of the heads comes next, or one outside."""
    ids = [building.ids[key] for key in tops]
    begin, end = (building.names.part(ids[0], what) for what in ("turn", "turned"))
    entering = {"data": "{{ item.data }}", "next": "{{ item.next }}", "ports": ids}
    inner.add(begin, "asl.enter", entering, name="Turn")
    for place in places:
        _state(building, inner, place)
    for key, node_id in zip(tops, ids, strict=True):
        inner.way(begin, inner.landings[key], node_id)
    into = [*ids, *map(building.id_of, exits)]
    inner.add(end, "asl.arrive", {"from": [], "into": into, "again": ids}, name="End of the turn")
    for key in (*tops, *exits):
        inner.land(key, end)
    return inner.graph(ref(end))


def _parallel(building: Building, scope: Scope, place: Place) -> None:
    """A Parallel state: its branches side by side in the same graph, or in one of their own where they are
    retried or caught together."""
    first = state_input(building, scope, place)
    if not place.state.get("Retry") and not place.state.get("Catch"):
        finish(building, scope, place, first, _branches(building, scope, place, first, place.id))
        return

    def work(inner: Scope) -> Worker:
        body = inner.inside(place.id)
        joined = _branches(building, body, place, first, building.names.part(place.id, "joined"))
        inner.add(place.id, "try", {"graph": body.graph(joined.result)}, name=place.name)
        return Worker(place.id, [place.id], ref(place.id), leaves=True)

    finish(building, scope, place, first, tried(building, scope, place, work))


def _branches(building: Building, scope: Scope, place: Place, first: str, joined: str) -> Worker:
    """All branches, and a node where they meet, which has their outputs in order."""
    data = ref(first, "input")
    ran = [
        machine(building, scope, each, f"{place.id}-{at}", data)
        for at, each in enumerate(inner_machines(place.machine, place.name), 1)
    ]
    scope.add(joined, "noop", {"input": [ref(end) for _, end in ran]}, name=place.name, join="all")
    for _, end in ran:
        scope.edge(end, joined)
    return Worker(joined, [begin for begin, _ in ran], ref(joined))


def _map(building: Building, scope: Scope, place: Place) -> None:
    """A Map state."""
    state = place.state
    first = state_input(building, scope, place, "asl.items", *_MAKES_ITEMS)
    tolerant = any(name in state for name in TOLERATES)
    for name in _LEFT_OUT:
        if name in state:
            building.note(place, name, NOT_CARRIED, f"`{name}` has no counterpart and is left out")

    def work(inner: Scope) -> Worker:
        [it] = inner_machines(place.machine, place.name)
        body = inner.inside(place.id)
        _, end = machine(building, body, it, place.id, "{{ item.data }}", map="{{ item.Map }}")
        if tolerant:
            body.nodes[end]["config"]["wrapped"] = True
        by_path = "MaxConcurrencyPath" in state
        config: Config = {
            "items": ref(first, "items"),
            "concurrency": ref(first, "concurrency") if by_path else concurrency_of(state, None, {}),
            "on_item_failure": "keep" if tolerant else "stop",
            "graph": body.graph(ref(end)),
        }
        inner.add(place.id, "map", config, name=place.name)
        return Worker(place.id, [place.id], ref(place.id))

    more = {"tolerated": ref(first, "tolerated")} if tolerant else {}
    finish(building, scope, place, first, tried(building, scope, place, work), **more)
