"""What a node type is written with: `@node`, `Context`, and the discovery of every type in a folder.

    class Config(NodeConfig):
        items: list[Any]
        where: PerItem

    @node("filter", title="Filter", category="list")
    async def filter_items(config: Config, context: Context) -> list[Any]:
        \"\"\"Keep the items for which `where` holds.\"\"\"

The type hints are the manifest: config and output schema, fields that hold per-item expressions, program text
or a graph."""

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter

from shared.context import Context
from shared.contracts.base import Contract
from shared.contracts.catalog import NodeType, SideEffects, SideEffectsBy
from shared.contracts.failure import Detail, failure
from shared.contracts.graph import OUT


class _PerItem:
    """Marks a field that holds one expression over `item` and `index`."""


class _Code:
    """Marks a field that holds program text."""


class _Body:
    """Marks a field that holds a graph, which the node runs as child runs."""


PerItem = Annotated[str, _PerItem]
Code = Annotated[str, _Code]
Body = Annotated[dict[str, Any], _Body]
_MARKS = {_PerItem: "per_item", _Code: "code", _Body: "bodies"}
"""What a node type calls the fields with each mark."""


class NodeConfig(BaseModel):
    """The base of every node type's config: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Routed:
    """An output that leaves through another port than `out`."""

    port: str
    output: Any


class NodeFailed(Exception):
    """Raised by a node type to answer with a failure instead of an output."""

    def __init__(self, code: str, message: str, **details: Detail) -> None:
        super().__init__(message)
        self.failure = failure(code, message, node=None, **details)


Run = Callable[[Any, Context], Awaitable[Any]]
F = TypeVar("F", bound=Run)


@dataclass(frozen=True)
class Registered:
    """A node type and the function behind it."""

    node_type: NodeType
    config_model: type[NodeConfig]
    run: Run


def node(
    type_name: str,
    *,
    title: str,
    category: str,
    pool: str = "core",
    side_effects: SideEffects | SideEffectsBy = "none",
    ports: list[str] | None = None,
    ports_from: str | None = None,
    icon: str = "box",
    credential_type: str | None = None,
    optional_credentials: Sequence[str] = (),
    waits: bool = False,
    part: bool = False,
) -> Callable[[F], F]:
    """Declare a node type; its description is the first line of the function's docstring."""

    def register(run: F) -> F:
        hints = get_type_hints(run, include_extras=True)
        config_model: type[NodeConfig] = hints["config"]
        node_type = NodeType(
            type=type_name, title=title, category=category, icon=icon, pool=pool,
            description=(inspect.getdoc(run) or title).splitlines()[0],
            side_effects=side_effects, ports=[OUT] if ports is None else ports, ports_from=ports_from,
            config_schema=config_model.model_json_schema(),
            output_schema=_output_schema(hints.get("return", Any)),
            **_kept_fields(config_model),
            waits=waits, part=part, credential_type=credential_type,
            optional_credentials=list(optional_credentials),
        )  # fmt: skip
        run.registered = Registered(node_type, config_model, run)  # type: ignore[attr-defined]
        return run

    return register


def _kept_fields(config_model: type[NodeConfig]) -> dict[str, Any]:
    """The config fields in which `{{ }}` is not evaluated with the rest."""
    return {name: list(_marked(config_model, mark)) for mark, name in _MARKS.items()}


def discover(package: ModuleType, *, vault: bool = False) -> dict[str, Registered]:
    """Every node type found in a package's modules and sub-packages, `vault` said of each; raises ValueError
    when two share a name."""
    found: dict[str, Registered] = {}
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if info.name.endswith("__main__"):
            continue
        for member in vars(importlib.import_module(info.name)).values():
            registered = getattr(member, "registered", None)
            if not isinstance(registered, Registered) or member.__module__ != info.name:
                continue
            if registered.node_type.type in found:
                raise ValueError(f"{info.name}: node type {registered.node_type.type!r} is declared twice")
            node_type = registered.node_type.model_copy(update={"vault": vault})
            found[node_type.type] = replace(registered, node_type=node_type)
    return found


def _output_schema(hint: Any) -> dict[str, Any]:
    """What is known of the output: nothing if it may come by a port or by way of a directive."""
    if hint is type(None) or any(not suffix and _is_elsewhere(inner) for suffix, inner in _unwrapped(hint)):
        return {}
    return _closed(TypeAdapter(hint).json_schema())


def _is_elsewhere(hint: Any) -> bool:
    return hint is Any or (inspect.isclass(hint) and issubclass(hint, Routed | Contract))


def _closed(schema: Any) -> Any:
    """A schema whose objects with named keys have no others: what no hint names does not come out."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(each) for key, each in schema.items()}
    return {**closed, "additionalProperties": False} if _is_open(closed) else closed


def _is_open(schema: dict[str, Any]) -> bool:
    named = schema.get("type") == "object" and isinstance(schema.get("properties"), dict)
    return named and "additionalProperties" not in schema


def _marked(model: type[BaseModel], mark: type) -> Iterator[str]:
    """Dotted paths of the fields that carry a mark; `[]` stands for every element, `{}` for every value."""
    for attribute, hint in get_type_hints(model, include_extras=True).items():
        if attribute not in model.model_fields:
            continue
        name = model.model_fields[attribute].alias or attribute
        for suffix, inner in _unwrapped(hint):
            if get_origin(inner) is Annotated and mark in get_args(inner)[1:]:
                yield name + suffix
            elif inspect.isclass(inner) and issubclass(inner, BaseModel):
                yield from (f"{name}{suffix}.{path}" for path in _marked(inner, mark))


def _unwrapped(hint: Any) -> Iterator[tuple[str, Any]]:
    """A hint without its optional, list and dict wrappings, with the suffix they add to the path."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated and not (set(args[1:]) & _MARKS.keys()):
        yield from _unwrapped(args[0])
    elif origin is list and args:
        yield from (("[]" + suffix, inner) for suffix, inner in _unwrapped(args[0]))
    elif origin is dict and len(args) == 2:
        yield from (("{}" + suffix, inner) for suffix, inner in _unwrapped(args[1]))
    elif args and origin is not Annotated:
        for argument in args:
            yield from _unwrapped(argument)
    else:
        yield "", hint
