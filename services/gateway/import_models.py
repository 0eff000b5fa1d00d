"""What callers send who import workflows, and what they get."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from services.gateway.inputs import Name, Tags, example
from services.gateway.resources import Fault, WorkflowResource

EXAMPLE = {
    "StartAt": "Greet",
    "States": {
        "Greet": {
            "Type": "Pass",
            "Parameters": {"text.$": "States.Format('Hello {}', $.name)"},
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}


class WorkflowImport(BaseModel):
    """A definition in another system's language (`asl`: Amazon States Language, with JSONPath), to be made a
    workflow. Without a name it bears the first line of its comment."""

    model_config = example({"format": "asl", "document": EXAMPLE, "name": "Greeting"})
    format: Literal["asl"]
    document: Any
    name: Name | None = None
    description: str = Field("", max_length=5000)
    tags: Tags = []


class ImportedResource(BaseModel):
    """The workflow, what of the definition its graph does not do, and the name by which a dry run mocks each
    Task state."""

    workflow: WorkflowResource
    not_carried: list[Fault]
    mocks: dict[str, str] = Field(examples=[{"Get status": "Wait-loop.Get-status"}])
