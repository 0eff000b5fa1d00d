"""Wait for a person's decision."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from services.runner.nodes._waiting import TimeoutS, form_of, in_seconds, refuse_dry
from shared.contracts.base import PortName
from shared.contracts.directive import AwaitDecision
from shared.contracts.graph import FAILURE, TIMEOUT
from shared.nodes import Context, NodeConfig, node

TAKEN = (TIMEOUT, FAILURE)
Decision = Annotated[PortName, Field(json_schema_extra={"not": {"enum": [*TAKEN]}})]
Text = Annotated[Any, WithJsonSchema({"type": "string", "format": "template"})]


def _distinct(decisions: list[str]) -> list[str]:
    for name in TAKEN:
        if name in decisions:
            raise ValueError(f"the port {name!r} is there anyway; choose another name")
    if len(set(decisions)) < len(decisions):
        raise ValueError("every decision needs a name of its own")
    return decisions


class Config(NodeConfig):
    """Who decides what on what grounds. Title, instructions and context are shown as they arrive here."""

    title: Text = Field(description="What it is about, in a few words.")
    instructions: Text = Field("", description="What to do, and by which rules; Markdown.")
    context: Any = Field(None, description="What to look at.")
    form: dict[str, Any] | None = Field(
        None, description="A JSON Schema of what to fill in; its defaults can be edited and approved."
    )
    assignees: list[Annotated[str, StringConstraints(min_length=1, max_length=200)]] = Field(
        [], max_length=100, description="Who may decide; when empty, everybody in the workspace."
    )
    decisions: Annotated[list[Decision], AfterValidator(_distinct)] = Field(
        ["approve", "reject"],
        min_length=1,
        max_length=20,
        description="What can be decided; each is a port.",
        json_schema_extra={"uniqueItems": True},
    )
    timeout_s: TimeoutS | None = Field(
        None, description="After so many seconds it goes on through the port timeout; left out, never."
    )


@node(
    "review",
    title="Review",
    category="control",
    icon="user-check",
    ports=[TIMEOUT],
    ports_from="decisions[]",
    waits=True,
)
async def review(config: Config, context: Context) -> AwaitDecision:
    """Wait until a person has decided, and go on through the decision's port."""
    refuse_dry(context, "decides")
    return AwaitDecision(
        decisions=config.decisions,
        assignees=config.assignees,
        form=await form_of(config.form),
        timeout_at=in_seconds(config.timeout_s),
    )
