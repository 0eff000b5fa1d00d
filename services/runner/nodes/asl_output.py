"""The output of an imported state."""

from typing import Any

from pydantic import Field

from services.runner.nodes._asl import StateConfig, Token, arrived, failing_as_told
from shared.asl.data import output
from shared.asl.errors import TOLERANCE
from shared.nodes import Context, NodeFailed, node

_HTTP = {"status", "headers", "body", "url"}


class Config(StateConfig):
    """The state's raw input, what it came to, and what comes next. Without `from`, `raw` is the input."""

    raw: Any = Field(None, description="The state's raw input.")
    result: Any = Field(description="What the state's work answered.")
    next: str | None = Field(description="The id of the next state's first node; null at the end.")
    tolerated: float | None = Field(None, description="How many items of a Map state may have failed.")


@node("asl.output", title="State output", category="asl", icon="arrow-right-from-line", part=True)
async def state_output(config: Config, context: Context) -> Token:
    """Apply a state's ResultSelector, ResultPath and OutputPath to what it came to."""
    raw = arrived(config.tokens, config.at) if config.tokens else config.raw
    result = config.result
    if config.tolerated is not None:
        result = _without_failures(result, config.tolerated)
    with failing_as_told():
        data = output(config.state, raw, _as_aws(result), config.context_object(context))
    return {"data": data, "next": config.next}


def _without_failures(results: list[dict[str, Any]], tolerated: float) -> list[Any]:
    failed = sum("data" not in each for each in results)
    if failed > tolerated:
        said = f"{failed} of {len(results)} items failed; {tolerated:g} may"
        raise NodeFailed(TOLERANCE, said)
    return [each["data"] for each in results if "data" in each]


def _as_aws(result: Any) -> Any:
    """What `http.request` answers, as arn:aws:states:::http:invoke would put it."""
    if not isinstance(result, dict) or result.keys() != _HTTP:
        return result
    return {
        "StatusCode": result["status"], "Headers": result["headers"], "ResponseBody": result["body"],
    }  # fmt: skip
