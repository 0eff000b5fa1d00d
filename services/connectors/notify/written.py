"""A notice as mail, chat message and JSON: fixed forms in which nothing that people wrote is markup. Pure."""

from datetime import UTC, datetime
from html import escape
from typing import Any

from shared.contracts.alert import Notice

COLOURS = {"info": "#2e7dd7", "warning": "#d99a00", "critical": "#c62828"}
MOST_SLACK_CHARS = 2_500
MOST_FIELD_CHARS = 1_900
"""Slack refuses longer ones."""


def as_text(notice: Notice) -> str:
    """For the plain part of a mail."""
    lines = [notice.text, "", *(f"{name}: {value}" for name, value in notice.facts)]
    lines += [f"Time: {_time(notice)}"] if notice.kind != "message" else []
    lines += ["", notice.link] if notice.link else []
    return "\n".join(lines).strip() + "\n"


def as_html(notice: Notice) -> str:
    """For the other part; a message has none, it is as it was written."""
    if notice.kind == "message":
        return ""
    rows = "".join(
        f'<tr><td style="padding:2px 12px 2px 0;color:#666">{escape(name)}</td><td>{escape(value)}</td></tr>'
        for name, value in [*notice.facts, ("Time", _time(notice))]
    )
    link = f'<p><a href="{escape(notice.link)}">{escape(notice.link)}</a></p>' if notice.link else ""
    return (
        f'<div style="font-family:sans-serif;border-left:4px solid {COLOURS[notice.severity]};'
        f'padding-left:12px"><h3>{escape(notice.title)}</h3><p>{escape(notice.text)}</p>'
        f"<table>{rows}</table>{link}</div>"
    )


def as_slack(notice: Notice) -> dict[str, Any]:
    """For an incoming webhook of Slack, or of what understands the same."""
    facts = [f"*{slack_text(name)}*\n{slack_text(value)[:MOST_FIELD_CHARS]}" for name, value in notice.facts]
    blocks: list[dict[str, Any]] = [_section(f"*{slack_text(notice.title)}*\n{slack_text(notice.text)}")]
    if facts:
        blocks.append({"type": "section", "fields": [_mrkdwn(each) for each in facts[:10]]})
    link = f"<{slack_text(notice.link)}|Open> · " if notice.link.startswith(("http://", "https://")) else ""
    blocks.append({"type": "context", "elements": [_mrkdwn(f"{link}{_time(notice)}")]})
    return {
        "text": f"{slack_text(notice.title)}: {slack_text(notice.text)}"[:MOST_SLACK_CHARS],
        "attachments": [{"color": COLOURS[notice.severity], "blocks": blocks}],
    }


def as_json(notice: Notice) -> dict[str, Any]:
    """For a signed webhook, `{type, timestamp, data}` as Standard Webhooks proposes."""
    data: dict[str, Any] = {
        "workspace_id": notice.workspace_id,
        "severity": notice.severity,
        "title": notice.title,
        "text": notice.text,
        "link": notice.link or None,
    }
    if alert := notice.alert:
        failure = alert.failure
        data |= {
            "alert_id": alert.id,
            "rule": {"id": alert.rule_id, "name": alert.rule_name, "kind": alert.kind},
            "workflow": {"id": alert.workflow_id, "name": alert.workflow_name} if alert.workflow_id else None,
            "run_id": alert.run_id,
            "failure": {"code": failure.code, "message": failure.message, "node": failure.node}
            if failure
            else None,
        }
    return {"type": f"weft.{notice.kind}", "timestamp": _iso(notice), "data": data}


def slack_text(text: str) -> str:
    """Text that Slack shows as it is: no links, mentions or commands."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text[:MOST_SLACK_CHARS])}


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def _iso(notice: Notice) -> str:
    return datetime.fromtimestamp(notice.at / 1000, UTC).isoformat(timespec="milliseconds")


def _time(notice: Notice) -> str:
    return datetime.fromtimestamp(notice.at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
