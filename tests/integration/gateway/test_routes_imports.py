"""Importing definitions in Amazon States Language."""

from typing import Any

import pytest

import services.runner.nodes
from shared.nodes import discover
from shared.storage.mongo import Store
from shared.storage.node_types import NodeTypes
from tests.integration.gateway.api import Api

HELLO: dict[str, Any] = {
    "Comment": "Says hello\nto whoever is there",
    "StartAt": "Greet",
    "States": {
        "Greet": {"Type": "Pass", "Result": "hello", "Next": "Say it"},
        "Say it": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:say", "End": True},
    },
}


@pytest.fixture(autouse=True, scope="module")
async def imported_types(gateway_store: Store) -> None:
    """The node types that imported states are made of."""
    found = discover(services.runner.nodes).values()
    await NodeTypes(gateway_store).put([each.node_type for each in found if each.node_type.category == "asl"])


async def test_a_definition_becomes_a_workflow(api: Api) -> None:
    made = await api.post("/workflows/import", {"format": "asl", "document": HELLO, "tags": ["aws"]})
    assert made.status == 201, made.body
    workflow = made.body["workflow"]
    assert (workflow["name"], workflow["tags"], workflow["rev"]) == ("Says hello", ["aws"], 1)
    assert made.headers["location"].endswith(f"/workflows/{workflow['id']}")
    assert (await api.get(f"/workflows/{workflow['id']}")).body == workflow
    assert made.body["mocks"] == {"Say it": "Say-it"}
    assert [(each["path"], each["code"]) for each in made.body["not_carried"]] == [
        ('States["Say it"].Resource', "asl_no_counterpart")
    ]
    published = await api.post(f"/workflows/{workflow['id']}/versions")
    assert published.status == 201, published.body


async def test_it_bears_the_name_that_is_given(api: Api) -> None:
    made = await api.post("/workflows/import", {"format": "asl", "document": HELLO, "name": "Mine"})
    assert made.body["workflow"]["name"] == "Mine"


async def test_faults_are_told_all_at_once(api: Api) -> None:
    document = {"StartAt": "B", "States": {"A": {"Type": "Pass", "Next": "C"}}}
    refused = await api.post("/workflows/import", {"format": "asl", "document": document})
    refused.refused(422, "invalid_definition")
    assert [each["path"] for each in refused.body["errors"]] == ["StartAt", "States.A.Next"]


async def test_jsonata_is_refused_by_its_name(api: Api) -> None:
    document = HELLO | {"QueryLanguage": "JSONata"}
    refused = await api.post("/workflows/import", {"format": "asl", "document": document})
    refused.refused(422, "asl_jsonata")
    assert "not supported" in refused.body["detail"]


@pytest.mark.parametrize("body", [{}, {"format": "bpmn", "document": {}}, {"format": "asl"}])
async def test_what_is_no_import_is_refused(api: Api, body: dict[str, Any]) -> None:
    (await api.post("/workflows/import", body)).refused(422, "invalid_request")


@pytest.mark.parametrize("document", [None, [], "{}", 5, {"StartAt": 1, "States": 2}, {"States": {"A": []}}])
async def test_anything_may_be_sent_as_a_definition(api: Api, document: Any) -> None:
    refused = await api.post("/workflows/import", {"format": "asl", "document": document})
    refused.refused(422, "invalid_definition")
