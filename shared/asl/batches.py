"""What the iterations of a Map state work on."""

from typing import Any

from shared.asl.data import selected
from shared.asl.errors import RUNTIME, StatesError
from shared.asl.machine import State
from shared.asl.paths import read
from shared.asl.templates import resolve
from shared.contracts.directive import MOST_CONCURRENT
from shared.contracts.value import to_json


def inputs_of(state: State, raw: Any, context: dict[str, Any]) -> list[dict[str, Any]]:
    """The input of each iteration (`data`) and what the Context Object has for it (`Map`); raises
    StatesError."""
    data = selected(state.get("InputPath", "$"), raw, context)
    items = read(state.get("ItemsPath", "$"), data, context)
    if not isinstance(items, list):
        path = state.get("ItemsPath", "$")
        raise StatesError(RUNTIME, f"Reference path '{path}' must point to an array")
    selector = state.get("ItemSelector", state.get("Parameters"))
    contexts = [{"Item": {"Index": index, "Value": item}} for index, item in enumerate(items)]
    if selector is not None:
        items = [resolve(selector, data, {**context, "Map": each}) for each in contexts]
    if "ItemBatcher" in state:
        return _batches(state["ItemBatcher"], items, data, context)
    return [{"data": item, "Map": each} for item, each in zip(items, contexts, strict=True)]


def concurrency_of(state: State, data: Any, context: dict[str, Any]) -> int:
    """How many iterations may run at once, at most 100; raises StatesError."""
    wanted = _whole(state, "MaxConcurrency", data, context) or 0
    return min(wanted, MOST_CONCURRENT) or MOST_CONCURRENT


def tolerated(state: State, total: int, data: Any, context: dict[str, Any]) -> float:
    """How many of so many iterations may fail; raises StatesError."""
    count = _whole(state, "ToleratedFailureCount", data, context)
    percentage = _whole(state, "ToleratedFailurePercentage", data, context)
    allowed = [] if count is None else [float(count)]
    if percentage is not None:
        allowed.append(total * percentage / 100)
    return min(allowed, default=0)


def _batches(batcher: State, items: list[Any], data: Any, context: dict[str, Any]) -> list[dict[str, Any]]:
    most = _whole(batcher, "MaxItemsPerBatch", data, context) or len(items)
    most_bytes = _whole(batcher, "MaxInputBytesPerBatch", data, context)
    batches: list[list[Any]] = []
    size = 0
    for item in items:
        bytes_ = len(to_json(item).encode())
        full = not batches or len(batches[-1]) >= most or (most_bytes and size + bytes_ > most_bytes)
        if full:
            batches.append([])
            size = 0
        batches[-1].append(item)
        size += bytes_
    shared = resolve(batcher["BatchInput"], data, context) if "BatchInput" in batcher else None
    extra = {} if shared is None else {"BatchInput": shared}
    return [
        {"data": {**extra, "Items": batch}, "Map": {"Item": {"Index": index, "Value": batch}}}
        for index, batch in enumerate(batches)
    ]


def _whole(state: State, name: str, data: Any, context: dict[str, Any]) -> int | None:
    """A field that may also be given by a path; None when it is not given."""
    if name in state:
        return state[name]
    if f"{name}Path" not in state:
        return None
    found = read(state[f"{name}Path"], data, context)
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise StatesError(RUNTIME, f"'{name}Path' must lead to a whole number, not {found!r:.100}")
    return found
