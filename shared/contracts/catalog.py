"""What a node type says of itself, in data, so that no service needs its code to draw, check or route it."""

from typing import Any, Literal, cast

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.graph import FAILURE, OUT, Node

SideEffects = Literal["none", "repeatable", "once"]
"""`none`: run while the delivery is unacknowledged; `repeatable`: claimed, a lost attempt is run again (a
GET); `once`: claimed, a lost attempt fails with `lost` (a POST)."""


TYPE_NAME = r"^[a-z][a-z0-9_.]{0,99}$"


class SideEffectsBy(Contract):
    """Side effects that follow from one static config field, such as the method of an HTTP request."""

    field: str
    cases: dict[str, SideEffects]
    otherwise: SideEffects = "once"


class NodeType(Contract):
    """One entry of the catalog. `ports_from` is a path to further ports in the config: `cases[].port`."""

    type: str = Field(pattern=TYPE_NAME)
    title: str
    description: str
    category: str
    icon: str = "box"
    pool: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")
    side_effects: SideEffects | SideEffectsBy = "none"
    ports: list[str] = [OUT]
    ports_from: str | None = None
    config_schema: dict[str, Any]
    output_schema: dict[str, Any] = {}
    per_item: list[str] = []
    """Config fields (dotted paths, `[]` for every element, `{}` for every value) that hold one bare
    expression each, evaluated over `item` and `index` by the node itself."""
    code: list[str] = []
    """Config fields that hold program text, in which `{{ }}` means nothing."""
    bodies: list[str] = []
    """Config fields that hold a graph which the node runs as child runs."""
    waits: bool = False
    """Whether it may be suspended for as long as somebody takes."""
    part: bool = False
    """Whether it only serves another node, like the input of an imported state: limits do not count it."""
    credential_type: str | None = None
    """The type of the credential that it needs."""
    optional_credentials: list[str] = []
    """The types of credential of which it can use one, if it is given any."""
    vault: bool = False
    """Whether its executor can open secrets: it is a connector's."""

    @property
    def unread(self) -> list[str]:
        """The config fields in which `{{ }}` is left as it is: program text, and bodies."""
        return [*self.code, *self.bodies]

    @property
    def credential_types(self) -> list[str]:
        """The types of credential that it can use."""
        needed = [self.credential_type] if self.credential_type else []
        return [*needed, *self.optional_credentials]


def ports_of(node_type: NodeType, node: Node) -> list[str]:
    """Every port the node has, in the order they are declared; `failure` last when its policy opens it."""
    ports = list(node_type.ports)
    if node_type.ports_from:
        path = node_type.ports_from.split(".")
        field = path[0].removesuffix("[]")
        config = {field: _default(node_type, field), **node.config}
        ports = [*_strings_at(config, path), *ports]
    if node.policy.on_failure == "port":
        ports.append(FAILURE)
    return list(dict.fromkeys(ports))


def side_effects_of(node_type: NodeType, node: Node) -> SideEffects:
    """The node's side effects, worked out from its static config where the type says so."""
    rule = node_type.side_effects
    if isinstance(rule, str):
        return rule
    value = node.config.get(rule.field)
    if value is None:
        value = _default(node_type, rule.field)
    return rule.cases.get(value, rule.otherwise) if isinstance(value, str) else rule.otherwise


def _default(node_type: NodeType, field: str) -> Any:
    """What a config field is when it is left out."""
    return node_type.config_schema.get("properties", {}).get(field, {}).get("default")


def _strings_at(value: Any, path: list[str]) -> list[str]:
    """The strings a path leads to; `name[]` means every element of the list under that name."""
    if not path:
        return [value] if isinstance(value, str) else []
    if not isinstance(value, dict):
        return []
    key, rest = path[0], path[1:]
    found: Any = cast("dict[str, Any]", value).get(key.removesuffix("[]"))
    if not key.endswith("[]"):
        return _strings_at(found, rest)
    elements = cast("list[Any]", found) if isinstance(found, list) else []
    return [text for element in elements for text in _strings_at(element, rest)]
