"""What work has cost."""

from pydantic import Field

from shared.contracts.base import Contract

MOST_TOKENS = 2**53 - 1


class Usage(Contract):
    """What a run or an attempt has cost so far."""

    tokens: int = Field(default=0, ge=0, lt=2**53)
    cost_usd: float = Field(default=0, ge=0, allow_inf_nan=False)

    def __add__(self, other: "Usage") -> "Usage":
        tokens = min(self.tokens + other.tokens, MOST_TOKENS)
        return Usage(tokens=tokens, cost_usd=self.cost_usd + other.cost_usd)
