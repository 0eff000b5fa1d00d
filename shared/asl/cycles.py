"""States that lead back to themselves."""

from collections.abc import Iterable, Mapping

Ways = Mapping[str, Iterable[str]]


def components(ways: Ways) -> list[list[str]]:
    """The states in groups that can reach each other; a state on its own is a group of one."""
    reached = {state: _reached_from(state, ways) for state in ways}
    groups: list[list[str]] = []
    placed: set[str] = set()
    for state in ways:
        if state not in placed:
            both = {each for each in reached[state] if state in reached[each]} | {state}
            group = [each for each in ways if each in both]
            placed.update(group)
            groups.append(group)
    return groups


def is_cycle(group: list[str], ways: Ways) -> bool:
    """Whether the states of a component can come again."""
    return len(group) > 1 or group[0] in ways[group[0]]


def ways_within(group: list[str], ways: Ways) -> dict[str, list[str]]:
    """The ways between the states of a group."""
    return {state: [each for each in ways[state] if each in group] for state in group}


def heads(group: list[str], entries: list[str], ways: Ways) -> list[str]:
    """The entries of a component and as many more of its states that, without the ways to them, no state can
    come again."""
    found = list(entries)
    while True:
        rest = [state for state in group if state not in found]
        left = {state: [each for each in ways[state] if each in rest] for state in group}
        cycle = next((each for each in components(left) if is_cycle(each, left)), None)
        if cycle is None:
            return found
        found.append(entered(cycle, left)[0])


def entered(group: list[str], ways: Ways) -> list[str]:
    """The states of a group that others lead to; its first one if there are none."""
    outside = [state for state in ways if state not in group]
    found = [each for each in group if any(each in ways[state] for state in outside)]
    return found or group[:1]


def _reached_from(start: str, ways: Ways) -> set[str]:
    reached: set[str] = set()
    todo = [start]
    while todo:
        for each in ways.get(todo.pop(), ()):
            if each not in reached:
                reached.add(each)
                todo.append(each)
    return reached
