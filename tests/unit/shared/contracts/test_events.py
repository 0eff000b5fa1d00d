"""Every message comes back as it went, and none brings anything unknown."""

from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from shared.contracts.catalog import NodeType
from shared.contracts.events import (
    MESSAGES,
    AccessChanged,
    Change,
    CredentialAnswered,
    CredentialAsked,
    DeliveryDue,
    Message,
    NodeProgress,
    NodeReady,
    NodesCancelled,
    NodeStarted,
    NodeTask,
    NodeTypeAnnounced,
    RunChanged,
    RunControl,
    RunFinished,
    RunRequested,
    RunWoken,
    SliceAnswer,
    SliceFinished,
    TriggerChanged,
    WorkflowChanged,
)
from shared.contracts.run import Event
from shared.contracts.value import inline
from tests.builders import NOW, failed, finished, run, succeeded

FETCH = NodeTask(node="a", type="noop", attempt=1, config="{}", timeout_s=60)
NOOP = NodeType(
    type="noop", title="N", description="N", category="x", pool="core", config_schema={"$ref": "#"}
)
SENT: Sequence[Message] = (
    RunRequested(run_id="r", run=run()),
    RunControl(run_id="r", action="cancel", by="me", reason="because"),
    RunWoken(run_id="r"),
    NodeReady(run_id="r", workspace_id="w", pool="core", lane="high", side_effects="none", nodes=[FETCH],
              outputs={"b": inline("[1]")}, trigger=inline("{}"), sent_at=NOW),
    NodeStarted(run_id="r", node="a", attempt=1, executor="e", at=NOW),
    finished(succeeded("a", output={"x": [1.5, "ż"]}), failed("b", retry_after_s=3), stored=True),
    NodesCancelled(run_id="r", nodes={"a": 1}),
    NodeProgress(run_id="r", node="a", attempt=1, at=NOW, text="…"),
    RunChanged(changes=[Change(run_id="r", workspace_id="w", status="running",
                               events={"1": Event(type="run.started", at=NOW)})]),
    RunFinished(run_id="r", workspace_id="w", workflow_id=None, status="failed", at=NOW),
    NodeTypeAnnounced(executor="e", node_types=[NOOP]),
    SliceFinished(run_id="r", workspace_id="w", node="each", attempt=1, field="graph", executor="e",
                  answers=[SliceAnswer(key="0", results=[succeeded("a")])], unanswered=["1"]),
    WorkflowChanged(workflow_id="wf_1"),
    AccessChanged(),
    DeliveryDue(delivery_id="dlv_1", rev=2),
    TriggerChanged(address="a"),
    CredentialAsked(id="ask_1", workspace_id="w", credential_id="cred_1", ask="test", url="https://x/", at=1),
    CredentialAnswered(id="ask_1", workspace_id="w", credential_id="cred_1"),
)  # fmt: skip
NAMES = [message.event for message in SENT]


def test_every_message_is_tested_and_has_a_name_of_its_own() -> None:
    assert sorted(NAMES) == sorted({model.event for model in MESSAGES})
    assert len(set(NAMES)) == len(MESSAGES)


@pytest.mark.parametrize("message", SENT, ids=NAMES)
def test_a_message_comes_back_as_it_went(message: Message) -> None:
    text = message.model_dump_json(by_alias=True, exclude_defaults=True)
    assert type(message).model_validate_json(text) == message


@pytest.mark.parametrize("message", SENT, ids=NAMES)
def test_a_message_with_something_unknown_is_refused(message: Message) -> None:
    with pytest.raises(ValidationError, match="surprise"):
        type(message).model_validate({**message.model_dump(by_alias=True), "surprise": 1})


WITH_FIELDS = [message for message in SENT if type(message).model_fields]


@pytest.mark.parametrize("message", WITH_FIELDS, ids=lambda message: message.event)
def test_a_message_cannot_be_changed(message: Message) -> None:
    field = next(iter(type(message).model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(message, field, getattr(message, field))
