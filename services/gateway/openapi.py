"""The OpenAPI document: what FastAPI knows of the routes, with the input models and the security added."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.gateway import (
    control_inputs,
    identity_inputs,
    import_models,
    inputs,
    plan_inputs,
    variable_inputs,
)
from services.gateway.alerting import inputs as alert_inputs
from services.gateway.credentials import inputs as credential_inputs
from services.gateway.links import link
from services.gateway.resources import DraftGraph, Problem
from services.gateway.triggers import inputs as trigger_inputs
from services.gateway.triggers import webhook_inputs
from shared.contracts.graph import Graph

BODIES: tuple[type[BaseModel], ...] = (
    inputs.NewWorkflow,
    import_models.WorkflowImport,
    inputs.DraftChange,
    inputs.Publication,
    inputs.Restoration,
    inputs.StartRun,
    inputs.AdHocRun,
    inputs.Cancellation,
    inputs.GraphToCheck,
    control_inputs.Retrial,
    control_inputs.Skip,
    control_inputs.ReviewDecision,
    control_inputs.Rerun,
    control_inputs.RunsWanted,
    variable_inputs.NewVariable,
    variable_inputs.VariableChange,
    plan_inputs.PlanChange,
    trigger_inputs.NewTrigger,
    trigger_inputs.TriggerChange,
    trigger_inputs.SchedulePreview,
    trigger_inputs.Fire,
    trigger_inputs.Backfill,
    alert_inputs.NewAlertRule,
    alert_inputs.AlertRuleChange,
    alert_inputs.NewAlertChannel,
    alert_inputs.AlertChannelChange,
    alert_inputs.Acknowledgement,
    credential_inputs.NewCredential,
    credential_inputs.CredentialChange,
    credential_inputs.CredentialTest,
    credential_inputs.SignInCode,
    webhook_inputs.NewSecret,
    *identity_inputs.BODIES,
)
GRAPHS: dict[type[BaseModel], type[Graph]] = {
    inputs.NewWorkflow: DraftGraph,
    inputs.DraftChange: DraftGraph,
    inputs.AdHocRun: Graph,
}
DESCRIPTION = """Start runs of workflows and watch them.

Every failure is `application/problem+json` with a stable `code`. Lists use cursors: send `next` as `cursor`.
Times are ISO 8601 in UTC. The messages between the services are described in `/api/v1/asyncapi.json`."""


def document(app: FastAPI) -> dict[str, Any]:
    """The whole document; made once, at the first request for it."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            description=DESCRIPTION,
            routes=app.routes,
            tags=TAGS,
        )
        components = made.setdefault("components", {})
        components["schemas"] = components.get("schemas", {}) | _schemas()
        components["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
        link(made["paths"])
        made["security"] = [{"bearer": []}, {"key": []}]
        app.openapi_schema = made
    return app.openapi_schema


def _schemas() -> dict[str, Any]:
    """The input models; their graphs are plain values to the gateway, but have a shape all the same. One that
    is only to be checked may be anything: its faults are the answer."""
    refs = "#/components/schemas/{model}"
    models = [(model, "validation") for model in (*BODIES, Graph, DraftGraph, Problem)]
    _, defined = models_json_schema(models, ref_template=refs)  # type: ignore[arg-type]
    schemas: dict[str, Any] = defined["$defs"]
    for model, graph in GRAPHS.items():
        schemas[model.__name__]["properties"]["graph"] = {"$ref": refs.format(model=graph.__name__)}
    return schemas


TAGS = [
    {"name": "workflows", "description": "A workflow and its draft"},
    {"name": "versions", "description": "What was published; immutable"},
    {"name": "runs", "description": "Runs of versions and of ad hoc graphs"},
    {"name": "control", "description": "Steering runs and their nodes, one by one or many at once"},
    {"name": "signals", "description": "Resume URLs, for whoever has been given one"},
    {"name": "variables", "description": "Named values for the expressions of a workspace"},
    {"name": "usage", "description": "What a workspace uses of what its plan allows"},
    {"name": "triggers", "description": "What starts runs by itself"},
    {"name": "hooks", "description": "Addresses that start runs, for whoever has been given one"},
    {"name": "graphs", "description": "Checking before saving"},
    {"name": "node types", "description": "What graphs are made of"},
    {"name": "analytics", "description": "What runs came to, by the hour in which they finished"},
    {"name": "alerts", "description": "Rules, what they have found, and whom it was told to"},
    {"name": "credentials", "description": "What nodes sign in with elsewhere: sealed, shared, never shown"},
    {"name": "vault", "description": "The key that secrets are sealed to, and signing in with other sides"},
    {"name": "signing in", "description": "Sessions: by password, or at an OpenID provider"},
    {"name": "me", "description": "Who is asking, and their sessions and keys"},
    {"name": "workspaces", "description": "Tenants; nothing of one is seen in another"},
    {"name": "members", "description": "Who belongs to a workspace, and may do what"},
    {"name": "API keys", "description": "Keys of a workspace"},
    {"name": "audit", "description": "Who did what"},
    {"name": "people", "description": "Everybody here, for owners of the installation"},
    {"name": "dead letters", "description": "Messages that nobody could handle, for operators"},
]
