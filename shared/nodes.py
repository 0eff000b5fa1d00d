"""What a node type is written with: `@node`, `Context`, and the discovery of every type in a folder.

    class Config(NodeConfig):
        items: list[Any]
        where: PerItem

    @node("filter", title="Filter", category="list")
    async def filter_items(config: Config, context: Context) -> list[Any]:
        \"\"\"Keep the items for which `where` holds.\"\"\"

The type hints are the manifest: config and output schema, fields that hold per-item expressions or program
text."""

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter

from shared.context import Context
from shared.contracts.catalog import NodeType, SideEffects, SideEffectsBy
from shared.contracts.failure import Detail, failure
from shared.contracts.graph import OUT


class _PerItem:
    """Marks a field that holds one expression over `item` and `index`."""


class _Code:
    """Marks a field that holds program text."""


PerItem = Annotated[str, _PerItem]
Code = Annotated[str, _Code]


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
) -> Callable[[F], F]:
    """Declare a node type; its description is the first line of the function's docstring."""

    def register(run: F) -> F:
        hints = get_type_hints(run, include_extras=True)
        config_model: type[NodeConfig] = hints["config"]
        node_type = NodeType(
            type=type_name,
            title=title,
            category=category,
            icon=icon,
            pool=pool,
            description=(inspect.getdoc(run) or title).splitlines()[0],
            side_effects=side_effects,
            ports=[OUT] if ports is None else ports,
            ports_from=ports_from,
            config_schema=config_model.model_json_schema(),
            output_schema=_output_schema(hints.get("return", Any)),
            per_item=list(_marked(config_model, _PerItem)),
            code=list(_marked(config_model, _Code)),
            credential_type=credential_type,
        )
        run.registered = Registered(node_type, config_model, run)  # type: ignore[attr-defined]
        return run

    return register


def discover(package: ModuleType) -> dict[str, Registered]:
    """Every node type found in a package's modules and sub-packages; raises ValueError when two share a
    name."""
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
            found[registered.node_type.type] = registered
    return found


def _output_schema(hint: Any) -> dict[str, Any]:
    return {} if hint in (Any, Routed, type(None)) else TypeAdapter(hint).json_schema()


def _marked(model: type[BaseModel], mark: type) -> Iterator[str]:
    """Dotted paths of the fields that carry a mark; `[]` stands for every element, `{}` for every value."""
    for name, hint in get_type_hints(model, include_extras=True).items():
        if name == "model_config":
            continue
        for suffix, inner in _unwrapped(hint):
            if get_origin(inner) is Annotated and mark in get_args(inner)[1:]:
                yield name + suffix
            elif inspect.isclass(inner) and issubclass(inner, BaseModel):
                yield from (f"{name}{suffix}.{path}" for path in _marked(inner, mark))


def _unwrapped(hint: Any) -> Iterator[tuple[str, Any]]:
    """A hint without its optional, list and dict wrappings, with the suffix they add to the path."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated and not (set(args[1:]) & {_PerItem, _Code}):
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
