"""What owners of the installation send about plans."""

from pydantic import BaseModel, Field

from services.gateway.inputs import example


class PlanChange(BaseModel):
    """The plan that is to hold for a workspace."""

    model_config = example({"plan": "teams"})
    plan: str = Field(min_length=1, max_length=100)
