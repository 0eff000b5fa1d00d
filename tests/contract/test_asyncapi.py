"""The AsyncAPI document: every message of the bus, on the keys that the topology gives it."""

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.contracts.events import MESSAGES, Message, NodeReady, RunControl
from shared.messaging import topology
from shared.messaging.asyncapi import PARTIES, address_of, document

SERVICES = {"gateway", "planner", "runner", "connectors", "assistant"}


def resolve(ref: str) -> Any:
    """What a reference within the document leads to."""
    found: Any = document()
    for part in ref.removeprefix("#/").split("/"):
        found = found[part]
    return found


def references(value: Any) -> set[str]:
    """Every `$ref` in the document."""
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(each) for each in value.values()))
    return set().union(*(references(each) for each in value)) if isinstance(value, list) else set()


def test_it_is_an_asyncapi_3_document() -> None:
    made = document()
    assert made["asyncapi"] == "3.0.0"
    assert made["info"].keys() >= {"title", "version"}
    assert made.keys() >= {"servers", "channels", "operations", "components"}
    for channel in made["channels"].values():
        assert channel.keys() >= {"address", "messages"}
        named = set(re.findall(r"\{(\w+)\}", channel["address"]))
        assert named == set(channel.get("parameters", {}))
    for operation in made["operations"].values():
        assert operation["action"] in ("send", "receive")
        assert operation["channel"]["$ref"] in {f"#/channels/{name}" for name in made["channels"]}


def test_every_reference_leads_somewhere() -> None:
    for ref in references(document()):
        assert resolve(ref), ref


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.event)
def test_every_message_has_a_channel_a_schema_and_parties(message: type[Message]) -> None:
    channel = document()["channels"][message.event]
    described = resolve(channel["messages"][message.__name__]["$ref"])
    assert described["name"] == message.event
    schema = resolve(described["payload"]["$ref"])
    Draft202012Validator.check_schema(schema)
    assert schema["title"] == message.__name__
    senders, takers = PARTIES[message]
    assert senders
    assert {*senders, *takers} <= SERVICES


def test_a_message_as_it_is_sent_fits_its_schema() -> None:
    sent = RunControl(run_id="run_1", action="cancel").model_dump(
        mode="json", by_alias=True, exclude_defaults=True
    )
    schema = {**document(), "$ref": "#/components/schemas/RunControl"}
    Draft202012Validator(schema).validate(sent)


def test_addresses_are_the_routing_keys_of_the_topology() -> None:
    for message in MESSAGES:
        if message.event in topology.PLANNER_EVENTS:
            key = topology.planner_key(message.event, "run_1")
            partition = f"{topology.partition_of('run_1'):02d}"
            assert address_of(message).replace("{partition}", partition) == key
    ready = address_of(NodeReady).replace("{pool}", "core").replace("{lane}", "normal")
    assert ready == topology.ready_key("core", "normal")
