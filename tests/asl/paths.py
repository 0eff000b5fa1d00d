"""JSONPath: reading any number of nodes, and writing at a Reference Path."""

import copy
import re
from typing import Any

from tests.asl.faults import Failed

NAME = r"[^\s.\[\]()'\"?@,:*$]+"
PART = re.compile(
    rf"(?P<deep>\.\.)(?P<deep_name>\*|{NAME})?"
    rf"|\.(?P<function>length|min|max|sum|avg|keys)\(\)|\.(?P<name>\*|{NAME})"
    r"|\[\s*(?P<all>\*)\s*\]"
    r"|\[\s*\?\s*\((?P<filter>(?:[^()]|\([^()]*\))*)\)\s*\]"
    r"|\[\s*(?P<slice>-?\d*\s*:\s*-?\d*(?:\s*:\s*-?\d*)?)\s*\]"
    r"|\[\s*(?P<index>-?\d+(?:\s*,\s*-?\d+)*)\s*\]"
    r"|\[\s*(?P<quoted>'(?:[^'\\]|\\.)*'(?:\s*,\s*'(?:[^'\\]|\\.)*')*|\"(?:[^\"\\]|\\.)*\")\s*\]"
)
TERM = re.compile(r"\s*(?P<left>@[^\s=<>!&|]*)\s*(?:(?P<op>==|!=|<=|>=|<|>)\s*(?P<right>.+?))?\s*")
QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
Part = dict[str, str]


def parts_of(path: str) -> list[Part]:
    """The parts behind the `$`."""
    found: list[Part] = []
    at = 1
    while at < len(path):
        at += path.startswith(".[", at)
        match = PART.match(path, at)
        if not match:
            raise ValueError(f"{path!r} at {at}")
        found.append({name: text for name, text in match.groupdict().items() if text is not None})
        at = match.end()
    return found


def definite(part: Part) -> bool:
    """Whether a part leads from one node to one node."""
    if "index" in part or "quoted" in part:
        return len(_keys(part)) == 1
    return "name" in part and part["name"] != "*"


def read(path: str, data: Any) -> Any:
    """The node of a definite path, or the list of all nodes of another. Raises LookupError."""
    parts = parts_of(path)
    nodes, single = [data], True
    for at, part in enumerate(parts):
        if "quoted" in part and len(_keys(part)) > 1 and at == len(parts) - 1:
            picked = [
                {key: node[key] for key in _keys(part) if key in node}
                for node in nodes
                if isinstance(node, dict)
            ]
            if single and not picked:
                raise LookupError(path)
            return picked[0] if single else picked
        if "function" in part:
            nodes = [_calculated(part["function"], nodes[0] if single else nodes)]
            single = True
            continue
        if (
            single
            and nodes
            and ("slice" in part or "," in part.get("index", ""))
            and not isinstance(nodes[0], list)
        ):
            raise LookupError(path)
        nodes = [found for node in nodes for found in _below(part, node)]
        if single and not nodes and definite(part):
            raise LookupError(path)
        single = single and definite(part)
    if single and not nodes:
        raise LookupError(path)
    return nodes[0] if single else nodes


def write(path: str, data: Any, value: Any) -> Any:
    """The data with a value put at a Reference Path, with objects made on the way there."""
    parts = parts_of(path)
    if not parts:
        return value
    result = copy.deepcopy(data)
    node = result
    for part, last in zip(parts, [False] * (len(parts) - 1) + [True], strict=True):
        key = _keys(part)[0]
        fits = isinstance(node, dict if isinstance(key, str) else list)
        if not fits or (isinstance(key, int) and not 0 <= key < len(node)):
            raise Failed("States.ResultPathMatchFailure", path)
        if last:
            node[key] = value
        elif isinstance(key, str):
            node = node.setdefault(key, {})
        else:
            node = node[key]
    return result


def _keys(part: Part) -> list[str] | list[int]:
    if "index" in part:
        return [int(each) for each in part["index"].split(",")]
    if "quoted" in part:
        return [re.sub(r"\\(.)", r"\1", each[1:-1]) for each in QUOTED.findall(part["quoted"])]
    return [part["name"]]


def _below(part: Part, node: Any) -> list[Any]:
    children = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    if "deep" in part:
        found = [each for deep in _everything(node) for each in _below({"name": part["deep_name"]}, deep)]
        return found
    if "all" in part or part.get("name") == "*":
        return children
    if "filter" in part:
        candidates = node if isinstance(node, list) else [node]
        return [each for each in candidates if _holds(part["filter"], each)]
    if "slice" in part:
        bounds = [int(each) if each.strip() else None for each in part["slice"].split(":")]
        return node[slice(*bounds)] if isinstance(node, list) else []
    return [found for key in _keys(part) for found in _at(key, node)]


def _at(key: str | int, node: Any) -> list[Any]:
    if isinstance(key, int):
        return [node[key]] if isinstance(node, list) and -len(node) <= key < len(node) else []
    return [node[key]] if isinstance(node, dict) and key in node else []


def _everything(node: Any) -> list[Any]:
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return [node, *(deep for each in inner for deep in _everything(each))]


def _calculated(function: str, node: Any) -> Any:
    if function == "length":
        return len(node)
    if function == "keys":
        return list(node)
    return {"min": min, "max": max, "sum": sum, "avg": lambda n: sum(n) / len(n)}[function](node)


def _holds(condition: str, node: Any) -> bool:
    if "||" in condition:
        return any(_holds(each, node) for each in condition.split("||"))
    if "&&" in condition:
        return all(_holds(each, node) for each in condition.split("&&"))
    if condition.strip().startswith("!"):
        return not _holds(condition.strip()[1:].strip("()"), node)
    match = TERM.fullmatch(condition)
    assert match, condition
    try:
        left = read("$" + match["left"][1:], node)
    except LookupError:
        return False
    return not match["op"] or _compare(left, match["op"], _literal(match["right"]))


def _literal(text: str) -> Any:
    if text[0] in "'\"":
        return text[1:-1]
    return {"true": True, "false": False, "null": None}.get(text) if text[0].isalpha() else float(text)


def _compare(left: Any, op: str, right: Any) -> bool:
    if op in ("==", "!="):
        return (type(left) is not bool or type(right) is bool) and (left == right) is (op == "==")
    comparable = all(isinstance(each, int | float) and type(each) is not bool for each in (left, right))
    if not comparable and not (isinstance(left, str) and isinstance(right, str)):
        return False
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op]
