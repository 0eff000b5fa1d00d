"""From an alert to what is sent of it. Pure."""

from shared.contracts.alert import Alert, Notice
from shared.contracts.base import Millis
from shared.ids import made_id
from shared.storage.deliveries import Delivery

MOST_ATTEMPTS = 12
"""With the waits between them: six hours."""
MOST_CHARS = 1_000


def notice_of(alert: Alert, public_url: str) -> Notice:
    """In plain text; whoever sends it escapes it."""
    failure = alert.failure
    where = alert.workflow_name or alert.workflow_id
    facts = [
        ("Workflow", where),
        ("Run", alert.run_id),
        ("Failure", failure and failure.code),
        ("Node", failure and (failure.path or failure.node)),
        ("Message", failure and failure.message[:MOST_CHARS]),
        ("Rule", alert.rule_name),
    ]
    return Notice(
        kind="alert",
        title=f"[{alert.severity}] {alert.rule_name}{f': {where}' if where else ''}",
        text=alert.said,
        severity=alert.severity,
        facts=[(name, value) for name, value in facts if value],
        link=_link(alert, public_url),
        at=alert.at,
        workspace_id=alert.workspace_id,
        alert=alert,
    )


def deliveries_of(alert: Alert, public_url: str, now: Millis) -> list[Delivery]:
    """One to each channel; for the same alert they have the same ids."""
    notice = notice_of(alert, public_url)
    return [
        Delivery(
            id=made_id("dlv", alert.at, alert.id, channel_id),
            workspace_id=alert.workspace_id,
            channel_id=channel_id,
            alert_id=alert.id,
            notice=notice,
            most_attempts=MOST_ATTEMPTS,
            next_at=now,
            created_at=now,
        )
        for channel_id in dict.fromkeys(alert.channels)
    ]


def _link(alert: Alert, public_url: str) -> str:
    if not public_url:
        return ""
    base = f"{public_url.rstrip('/')}/api/v1/workspaces/{alert.workspace_id}"
    return f"{base}/runs/{alert.run_id}" if alert.run_id else f"{base}/alerts/{alert.id}"
