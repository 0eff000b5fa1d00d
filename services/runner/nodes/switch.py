"""As many ways on as there are cases."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from services.runner.nodes._values import order_key
from shared.contracts.base import PortName
from shared.contracts.graph import FAILURE
from shared.nodes import Context, NodeConfig, Routed, node

DEFAULT = "default"


def _not_failure(port: str) -> str:
    if port == FAILURE:
        raise ValueError(f"the port {FAILURE!r} is taken by failures; choose another name")
    return port


class Case(NodeConfig):
    """One way on and the value that takes it."""

    port: Annotated[PortName, AfterValidator(_not_failure)] = Field(
        description="The port to leave through.", json_schema_extra={"not": {"const": FAILURE}}
    )
    equals: Any = Field(
        description="The value that takes this port; 1 equals 1.0, but not true and not text."
    )


class Config(NodeConfig):
    """What is compared with what."""

    value: Any = Field(description="The value to compare, usually one expression.")
    cases: list[Case] = Field(
        [], max_length=100, description="Compared in order; the first that is equal wins."
    )


@node("switch", title="Switch", category="logic", icon="signpost", ports=[DEFAULT], ports_from="cases[].port")
async def switch(config: Config, context: Context) -> Routed:
    """Go on through the port of the first case that equals the value, or through default."""
    wanted = order_key(config.value)
    port = next((case.port for case in config.cases if order_key(case.equals) == wanted), DEFAULT)
    return Routed(port, {"port": port})
