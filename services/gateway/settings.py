"""What the gateway reads from the environment, besides what every service does."""

import sys

from pydantic import Field, SecretStr, ValidationError

from shared.contracts.graph import DEFAULT_MAX_NODES, MOST_NODES
from shared.service import Settings


class GatewaySettings(Settings):
    """Names are prefixed with `WEFT_`."""

    host: str = "127.0.0.1"
    port: int = Field(8400, ge=0, le=65_535)
    api_key: SecretStr = Field(min_length=1)
    max_body_mb: float = Field(5, gt=0, le=100, description="Largest request body, in megabytes")
    max_nodes: int = Field(DEFAULT_MAX_NODES, ge=1, le=MOST_NODES)
    public_url: str = Field(
        "", description="Where callers reach the gateway, if that is not what they ask for"
    )
    stalled_s: float = Field(
        60, gt=0, description="A caller that reads nothing of its answer for so long is let go, in seconds"
    )
    heartbeat_s: float = Field(15, gt=0, description="Longest silence on an event stream, in seconds")


def load_settings() -> GatewaySettings:
    """The settings; leaves with one clear sentence for each that is missing or wrong."""
    try:
        return GatewaySettings.model_validate({})
    except ValidationError as error:
        sys.exit("\n".join(f"gateway: {_told(each['loc'], each['msg'])}" for each in error.errors()))


def _told(location: tuple[int | str, ...], message: str) -> str:
    name = f"WEFT_{str(location[0]).upper()}" if location else "settings"
    if name == "WEFT_API_KEY":
        return f"{name} is not set: set it to the secret that callers send as `Authorization: Bearer <key>`"
    return f"{name}: {message}"
