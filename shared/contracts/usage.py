"""What work has cost."""

from pydantic import Field

from shared.contracts.base import Contract


class Usage(Contract):
    """What a run or an attempt has cost so far."""

    tokens: int = Field(default=0, ge=0, lt=2**53)
    cost_usd: float = Field(default=0, ge=0)
