"""What callers get about alerts, and how it is made."""

from typing import Any

from pydantic import BaseModel, Field

from services.gateway.present import Shown, iso
from services.gateway.resources import AT, RUN_ID, WORKFLOW_ID
from shared.contracts.alert import (
    Alert,
    AlertRule,
    AlertStatus,
    Condition,
    ConditionKind,
    NoticeKind,
    Severity,
)
from shared.contracts.failure import Failure
from shared.storage.alert_channels import AlertChannel
from shared.storage.deliveries import Delivery, DeliveryStatus

ALERT_ID = "alert_01KG9V4R8D2M6Q0XW5T3Z7B1CE"
RULE_ID = "rule_01KG9V4R8D2M6Q0XW5T3Z7B1CE"
CHANNEL_ID = "chan_01KG9V4R8D2M6Q0XW5T3Z7B1CE"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class AlertRuleResource(BaseModel):
    """A rule."""

    id: str = Field(examples=[RULE_ID])
    name: str
    condition: Condition
    severity: Severity
    workflows: list[str] = Field(description="Empty: every run of the workspace")
    channels: list[str] = Field(examples=[[CHANNEL_ID]])
    cooldown_s: int
    active: bool
    rev: int
    created_at: str = Field(examples=[AT])
    updated_at: str = Field(examples=[AT])


class AlertRulePage(BaseModel):
    """A page; `next` is the cursor of the next one, null on the last."""

    items: list[AlertRuleResource]
    next: str | None


class AlertChannelResource(BaseModel):
    """A channel without its secrets; `secret_set` says whether it has any."""

    id: str = Field(examples=[CHANNEL_ID])
    name: str
    settings: dict[str, Any] = Field(examples=[{"kind": "webhook", "url": "https://hooks.example.com/weft"}])
    secret_set: bool
    rev: int
    created_at: str = Field(examples=[AT])
    updated_at: str = Field(examples=[AT])


class MadeAlertChannel(AlertChannelResource):
    """A channel just made; `secret` is the signing key that was made for it, told only now."""

    secret: str | None = Field(examples=[SECRET])


class AlertChannelPage(BaseModel):
    """A page; `next` is the cursor of the next one, null on the last."""

    items: list[AlertChannelResource]
    next: str | None


class AlertResource(BaseModel):
    """What a rule has found."""

    id: str = Field(examples=[ALERT_ID])
    rule_id: str = Field(examples=[RULE_ID])
    rule_name: str
    kind: ConditionKind
    severity: Severity
    status: AlertStatus
    said: str = Field(examples=["The run has failed."])
    workflow_id: str | None = Field(examples=[WORKFLOW_ID])
    workflow_name: str | None
    run_id: str | None = Field(examples=[RUN_ID])
    failure: Failure | None
    at: str = Field(examples=[AT])
    acknowledged_by: str | None
    acknowledged_at: str | None
    note: str


class DeliveryResource(BaseModel):
    """What is sent where. `waiting` is tried (again) at `next_at`; `failed` is given up."""

    id: str = Field(examples=["dlv_01KG9V4R8D2M6Q0XW5T3Z7B1CE"])
    kind: NoticeKind
    channel_id: str | None = Field(examples=[CHANNEL_ID])
    to: str | None = Field(description="The address, of a mail that goes over no channel")
    alert_id: str | None = Field(examples=[ALERT_ID])
    title: str
    status: DeliveryStatus
    attempts: int
    most_attempts: int
    error: str | None = Field(description="Why the last attempt failed")
    next_at: str | None
    created_at: str = Field(examples=[AT])
    delivered_at: str | None


class AlertWithDeliveries(AlertResource):
    """An alert, and what became of telling it."""

    deliveries: list[DeliveryResource]


class AlertPage(BaseModel):
    """A page; `next` is the cursor of the next one, null on the last."""

    items: list[AlertResource]
    next: str | None


class DeliveryPage(BaseModel):
    """A page; `next` is the cursor of the next one, null on the last."""

    items: list[DeliveryResource]
    next: str | None


class TestResource(BaseModel):
    """What became of a test: a delivery a channel."""

    deliveries: list[DeliveryResource]


def rule_shown(rule: AlertRule) -> Shown:
    """A rule."""
    named = rule.model_dump(
        include={
            "id",
            "name",
            "condition",
            "severity",
            "workflows",
            "channels",
            "cooldown_s",
            "active",
            "rev",
        }
    )
    return {**named, "created_at": iso(rule.created_at), "updated_at": iso(rule.updated_at)}


def channel_shown(channel: AlertChannel) -> Shown:
    """A channel without its secrets."""
    return {
        "id": channel.id,
        "name": channel.name,
        "settings": channel.settings.model_dump(),
        "secret_set": bool(channel.sealed),
        "rev": channel.rev,
        "created_at": iso(channel.created_at),
        "updated_at": iso(channel.updated_at),
    }


def alert_shown(alert: Alert) -> Shown:
    """An alert."""
    named = alert.model_dump(exclude={"workspace_id", "channels", "rev"})
    return {**named, "at": iso(alert.at), "acknowledged_at": iso(alert.acknowledged_at)}


def delivery_shown(delivery: Delivery) -> Shown:
    """A delivery without all of its text."""
    return {
        "id": delivery.id,
        "kind": delivery.notice.kind,
        "channel_id": delivery.channel_id,
        "to": delivery.to or None,
        "alert_id": delivery.alert_id,
        "title": delivery.notice.title,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "most_attempts": delivery.most_attempts,
        "error": delivery.error,
        "next_at": iso(delivery.next_at),
        "created_at": iso(delivery.created_at),
        "delivered_at": iso(delivery.delivered_at),
    }
