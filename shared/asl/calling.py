"""What Task states call, as node types that do the same."""

from typing import Any

from shared.asl.building import Building, Place
from shared.asl.errors import NO_COUNTERPART
from shared.asl.scope import Config, ref
from shared.contracts.graph import WAITING_TIMEOUT_S

HTTP = "arn:aws:states:::http:invoke"
NOT_CARRIED = "asl_not_carried"
_HTTP_FIELDS = {"RequestBody": "json", "Headers": "headers", "QueryParameters": "query"}
_HTTP_KNOWN = {"ApiEndpoint", "Method", *_HTTP_FIELDS}
_IGNORED = ("HeartbeatSeconds", "HeartbeatSecondsPath", "TimeoutSecondsPath", "Credentials")


def call(building: Building, place: Place, first: str) -> tuple[str, Config, dict[str, Any]]:
    """The type, config and policy of the node that does what a Task state calls; `first` has its input."""
    state = place.state
    for name in _IGNORED:
        if name in state:
            building.note(place, name, NOT_CARRIED, f"`{name}` has no counterpart and is left out")
    seconds = state.get("TimeoutSeconds")
    policy = {} if seconds is None else {"timeout_s": min(seconds, WAITING_TIMEOUT_S)}
    if state["Resource"] == HTTP and _names(state.get("Parameters", {})) >= {"ApiEndpoint", "Method"}:
        return "http.request", _http(building, place, first), policy
    said = (
        f"nothing here does what {state['Resource']} does: replace the node `{place.id}` by one that does, "
        "or mock it in a dry run"
    )
    building.note(place, "Resource", NO_COUNTERPART, said)
    return "asl.call", {"resource": state["Resource"], "input": ref(first, "input")}, policy


def _http(building: Building, place: Place, first: str) -> Config:
    given = place.state["Parameters"]
    method = given["Method"] if "Method" in given else ref(first, "input", "Method")
    config: Config = {"method": method, "url": ref(first, "input", "ApiEndpoint")}
    for name, field in _HTTP_FIELDS.items():
        if name in _names(given):
            config[field] = ref(first, "input", name)
    for name in sorted(_names(given) - _HTTP_KNOWN):
        said = f"`{name}` is left out; set `auth` or `form` of the node `{place.id}` where that is meant"
        building.note(place, f"Parameters.{name}", NOT_CARRIED, said)
    return config


def _names(parameters: dict[str, Any]) -> set[str]:
    return {name.removesuffix(".$") for name in parameters}
