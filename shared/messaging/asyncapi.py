"""The AsyncAPI 3.0 document of the bus, made from the messages and the topology."""

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from shared.contracts import events
from shared.contracts.events import MESSAGES, Message
from shared.messaging import topology

Document = dict[str, Any]

PARTIES: dict[type[Message], tuple[tuple[str, ...], tuple[str, ...]]] = {
    events.RunRequested: (("gateway", "planner"), ("planner",)),
    events.RunControl: (("gateway", "planner"), ("planner",)),
    events.RunWoken: (("planner",), ("planner",)),
    events.NodeReady: (("planner",), ("runner", "connectors")),
    events.NodeStarted: (("runner", "connectors"), ("planner",)),
    events.NodeFinished: (("runner", "connectors"), ("planner",)),
    events.SliceFinished: (("runner",), ("planner",)),
    events.NodesCancelled: (("planner",), ("runner", "connectors")),
    events.NodeProgress: (("runner", "connectors"), ("gateway",)),
    events.RunChanged: (("planner",), ("gateway",)),
    events.RunFinished: (("planner",), ()),
    events.WorkflowChanged: (("gateway",), ("gateway",)),
    events.DeliveryDue: (("planner", "gateway"), ("connectors",)),
    events.TriggerChanged: (("gateway",), ("gateway",)),
    events.AccessChanged: (("gateway",), ("gateway",)),
    events.NodeTypeAnnounced: (("runner", "connectors", "assistant"), ("gateway",)),
    events.CredentialAsked: (("gateway",), ("connectors",)),
    events.CredentialAnswered: (("connectors",), ("gateway",)),
}
"""Who sends each message, and who takes it."""

_PARAMETERS: Document = {
    "partition": {
        "description": "CRC-32 of the run's id, modulo the number of partitions, two digits",
        "enum": [f"{number:02d}" for number in range(topology.PARTITIONS)],
    },
    "pool": {"description": "The pool of executors, such as `core`, or a connector's own"},
    "lane": {"description": "How urgent it is", "enum": list(topology.LANES)},
}
_HEADERS: Document = {
    "type": "object",
    "properties": {"traceparent": {"type": "string", "description": "W3C trace context"}},
    "required": ["traceparent"],
}


@cache
def document() -> Document:
    """The whole document; the same object each time."""
    inputs = [(message, "validation") for message in MESSAGES]
    _, schemas = models_json_schema(inputs, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Weft: the bus",
            "version": "1",
            "description": "Every message between Weft's services. Routing key = event name + suffix.",
        },
        "defaultContentType": "application/json",
        "servers": {"broker": {"host": "localhost:5672", "protocol": "amqp"}},
        "channels": {message.event: _channel(message) for message in MESSAGES},
        "operations": dict(each for message in MESSAGES for each in _operations(message)),
        "components": {
            "messages": {message.__name__: _message(message) for message in MESSAGES},
            "schemas": schemas["$defs"],
        },
    }


def address_of(message: type[Message]) -> str:
    """The routing key of a message, with its suffix as parameters in braces."""
    if message.event in topology.PLANNER_EVENTS:
        return f"{message.event}.{{partition}}"
    if message is events.NodeReady:
        return topology.ready_key("{pool}", "{lane}")
    return message.event


def _channel(message: type[Message]) -> Document:
    address = address_of(message)
    channel: Document = {
        "address": address,
        "description": (message.__doc__ or "").strip(),
        "messages": {message.__name__: {"$ref": f"#/components/messages/{message.__name__}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": topology.EXCHANGE, "type": "topic", "durable": True},
            }
        },
    }
    parameters = {name: told for name, told in _PARAMETERS.items() if f"{{{name}}}" in address}
    return {**channel, "parameters": parameters} if parameters else channel


def _operations(message: type[Message]) -> list[tuple[str, Document]]:
    senders, takers = PARTIES[message]
    name = message.event.replace(".", "_")
    parties = [(party, "send") for party in senders] + [(party, "receive") for party in takers]
    return [
        (
            f"{party}_{action}s_{name}",
            {
                "action": action,
                "channel": {"$ref": f"#/channels/{message.event}"},
                "messages": [{"$ref": f"#/channels/{message.event}/messages/{message.__name__}"}],
                "tags": [{"name": party}],
            },
        )
        for party, action in parties
    ]


def _message(message: type[Message]) -> Document:
    return {
        "name": message.event,
        "title": message.__name__,
        "contentType": "application/json",
        "headers": _HEADERS,
        "payload": {"$ref": f"#/components/schemas/{message.__name__}"},
    }
