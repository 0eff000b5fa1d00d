"""Mass assignment: nobody sets what they are not asked for, however deep in a body."""

from collections.abc import Iterator
from typing import Any

from tests.integration.gateway.api import Planner
from tests.integration.gateway.attacks.scene import furnished
from tests.integration.gateway.attacks.walk import PREFIX, Way, changed, filled, routes
from tests.integration.gateway.identity.people import Town

FIELDS = (
    "id", "_id", "rev", "workspace_id", "role", "owner", "epoch", "created_at", "created_by", "status",
    "user_id", "hash", "sealed", "kid", "plan", "latest", "password", "scopes", "__class__",
)  # fmt: skip


def closed(
    schema: dict[str, Any], value: Any, schemas: dict[str, Any], at: Way = ()
) -> Iterator[tuple[Way, set[str]]]:
    """The way to every object of the value whose schema says which keys it has, and those keys."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    variants = schema.get("oneOf") or schema.get("anyOf")
    if variants and isinstance(value, dict):
        kinds = schema.get("discriminator", {}).get("mapping", {})
        ref = kinds.get(str(value.get(schema.get("discriminator", {}).get("propertyName", ""))))
        chosen = [{"$ref": ref}] if ref else [each for each in variants if each.get("type") != "null"]
        if len(chosen) == 1:
            yield from closed(chosen[0], value, schemas, at)
    elif isinstance(value, dict) and schema.get("additionalProperties") is False:
        properties = schema.get("properties", {})
        yield at, set(properties)
        for key, each in value.items():
            yield from closed(properties[key], each, schemas, (*at, key))


async def test_what_is_not_asked_for_is_refused_by_name(town: Town, planner: Planner) -> None:
    scene = await furnished(town, planner)
    owner = await town.person(scene.workspace, "admin", owner=True)
    schemas = (await owner.get(f"{PREFIX}/openapi.json")).body["components"]["schemas"]
    tried = taken = 0
    for route in await routes(owner):
        if not route.body or not route.examples:
            continue
        path = route.path(scene.workspace, scene.ids) + ("?wait=0" if "wait" in route.queries else "")
        for example in filled(route.examples, scene.ids):
            for at, known in closed(route.body, example, schemas):
                inner: Any = example
                for key in at:
                    inner = inner[key]
                more = [each for each in FIELDS if each not in known]
                body = changed(example, at, {**inner, **dict.fromkeys(more, "x")})
                answer = await owner.call(route.method, path, body)
                if answer.body["code"] == "not_configured":
                    continue  # nobody signs in with OpenID here
                answer.refused(422, "invalid_graph" if at[:1] == ("graph",) else "invalid_request")
                unknown = {
                    each["path"].rsplit(".", 1)[-1]
                    for each in answer.body["errors"]
                    if each["code"] in ("extra_forbidden", "unknown_key")
                }
                assert unknown == set(more), (route.name, at)
                tried += 1
        if "/auth/" in path or "/me" in path:
            continue
        answer = await owner.call(route.method, path, filled(route.examples[0], scene.ids))
        assert "unknown key" not in str(answer.body), (route.name, answer.body)
        taken += answer.status < 300
    assert tried > 50
    assert taken > 20  # the control: without them, bodies are taken
