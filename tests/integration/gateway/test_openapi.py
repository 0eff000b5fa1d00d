"""The OpenAPI document says what the routes do."""

import re
from typing import Any

from jsonschema import Draft202012Validator

from tests.integration.gateway.api import Api, Planner

Document = dict[str, Any]


def references(value: Any) -> set[str]:
    """Every `$ref` in the document."""
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(each) for each in value.values()))
    return set().union(*(references(each) for each in value)) if isinstance(value, list) else set()


async def test_every_reference_leads_somewhere(api: Api) -> None:
    document: Document = (await api.get("/api/v1/openapi.json")).body
    schemas = document["components"]["schemas"]
    refs = references({**document, "components": {}}) | references(schemas)
    missing = {ref for ref in refs if ref.rsplit("/", 1)[1] not in schemas}
    assert not missing


async def test_every_route_is_described(api: Api) -> None:
    document: Document = (await api.get("/api/v1/openapi.json")).body
    assert document["openapi"].startswith("3.1")
    assert document["security"]
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            where = f"{method} {path}"
            assert route["summary"], where
            assert route["description"], where
            assert route["tags"], where
            assert "401" in route["responses"], where
            assert "application/json" not in route["responses"].get("422", {}).get("content", {}), where


async def test_other_methods_are_refused_with_all_that_there_are(api: Api) -> None:
    document: Document = (await api.get("/api/v1/openapi.json")).body
    for path, methods in document["paths"].items():
        filled = re.sub(r"\{(\w+)\}", "1", path.replace("{workspace_id}", "default"))
        answer = (await api.call("TRACE", filled)).refused(405, "method_not_allowed")
        assert answer.headers["allow"].lower().split(", ") == sorted(methods), path


async def test_what_was_made_leads_to_where_it_is_read_changed_and_removed(api: Api) -> None:
    """Every link names an operation, and each parameter of its path by what is known by then."""
    document: Document = (await api.get("/api/v1/openapi.json")).body
    routes = [(path, each) for path, methods in document["paths"].items() for each in methods.values()]
    paths = {each["operationId"]: path for path, each in routes}
    seen = set[str]()
    for path, route in routes:
        for answer in route["responses"].values():
            schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
            made = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
            for link in answer.get("links", {}).values():
                target = paths[link["operationId"]]
                assert link["parameters"].keys() == set(re.findall(r"\{(\w+)\}", target))
                for value in link["parameters"].values():
                    source, _, name = re.split(r"(\.path\.|#/)", value)
                    known = (
                        made["properties"] if source == "$response.body" else re.findall(r"\{(\w+)\}", path)
                    )
                    assert name in known, (path, value)
                seen.add(target)
    assert len(seen) > 10


async def test_callers_are_told_how_outages_look(api: Api) -> None:
    document: Document = (await api.get("/api/v1/openapi.json")).body
    for methods in document["paths"].values():
        for told in methods.values():
            for status in ("503", "507"):
                assert "Retry-After" in told["responses"][status]["headers"]


async def test_bodies_have_examples_that_fit_their_schema(api: Api) -> None:
    document: Document = (await api.get("/api/v1/openapi.json")).body
    schemas = [
        route["requestBody"]["content"]["application/json"]["schema"]
        for methods in document["paths"].values()
        for route in methods.values()
        if "application/json" in route.get("requestBody", {}).get("content", {})
    ]
    bodies = {each["$ref"] for each in schemas if each}  # the body of a signal may be anything
    assert len(bodies) >= 13
    for ref in bodies:
        name = ref.rsplit("/", 1)[1]
        examples = document["components"]["schemas"][name]["examples"]
        for example in examples:
            Draft202012Validator({**document, "$ref": ref}).validate(example)


async def test_answers_fit_their_schema(api: Api, planner: Planner) -> None:
    document: Document = (await api.get("/api/v1/openapi.json")).body
    graph = {"nodes": [{"id": "a", "type": "noop"}]}
    made = await api.post("/workflows", {"name": "x", "graph": graph})
    version = await api.post(f"/workflows/{made.body['id']}/versions")
    run = await api.post(f"/workflows/{made.body['id']}/runs")
    await planner.next_run()
    new = {"workflow_id": made.body["id"], "name": "x", "config": {"kind": "schedule", "preset": "daily"}}
    trigger = await api.post("/triggers", new)
    shown = {
        "WorkflowResource": made,
        "TriggerResource": trigger,
        "TriggerPage": await api.get("/triggers"),
        "TimesResource": await api.get(f"/triggers/{trigger.body['id']}/times"),
        "VersionResource": version,
        "RunResource": run,
        "RunPage": await api.get("/runs"),
        "WorkflowPage": await api.get("/workflows"),
        "VersionPage": await api.get(f"/workflows/{made.body['id']}/versions"),
        "DiffResource": await api.get(f"/workflows/{made.body['id']}/versions/1/diff"),
        "EventPage": await api.get(f"/runs/{run.body['id']}/events"),
        "NodeRunResource": await api.get(f"/runs/{run.body['id']}/nodes/a"),
        "ReviewPage": await api.get("/reviews"),
        "BulkResource": await api.post("/runs/bulk/cancel", {"ids": [run.body["id"], "none"]}),
        "CheckResource": await api.post("/graphs/validate", {"graph": graph}),
        "NodeTypePage": await api.get("/api/v1/node-types"),
        "Problem": await api.get("/runs/none"),
    }
    for name, answer in shown.items():
        schema = {**document, "$ref": f"#/components/schemas/{name}"}
        Draft202012Validator(schema).validate(answer.body)
        stated = document["components"]["schemas"][name]["properties"].keys()
        assert answer.body.keys() <= stated, name
