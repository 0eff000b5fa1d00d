"""From a review that waits to the mail that says so. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.planner.reviews import Review
from shared.contracts.alert import Notice
from shared.contracts.base import Json, Millis
from shared.contracts.identity import User
from shared.contracts.value import from_json
from shared.ids import made_id
from shared.storage.deliveries import Delivery

MOST_ATTEMPTS = 12
MOST_TITLE_CHARS, MOST_TEXT_CHARS = 200, 2_000


def notice_of(review: Review, text: Json | None, workflow: str, public_url: str) -> Notice:
    """What assignees are told; `text` is the review's config with its expressions evaluated, if known."""
    run, until, config = review.run, review.asked.timeout_at, _config(text)
    title = str(config.get("title") or review.node)[:MOST_TITLE_CHARS]
    said = str(config.get("instructions") or "")[:MOST_TEXT_CHARS]
    facts = [
        ("Workflow", workflow),
        ("Run", run.id),
        ("Decisions", ", ".join(review.asked.decisions)),
        ("Until", f"{datetime.fromtimestamp(until / 1000, UTC):%Y-%m-%d %H:%M} UTC" if until else ""),
    ]
    path = f"/api/v1/workspaces/{run.workspace_id}/runs/{run.id}/nodes/{review.node}"
    return Notice(
        kind="message",
        title=f"For you to decide: {title}",
        text=f"{title}\n\n{said}".strip(),
        facts=[(name, value) for name, value in facts if value],
        link=public_url.rstrip("/") + path if public_url else "",
        at=review.at,
        workspace_id=run.workspace_id,
    )


def delivery_of(review: Review, user: User, notice: Notice, now: Millis) -> Delivery:
    """For the same review and person it has the same id."""
    return Delivery(
        id=made_id("dlv", review.at, review.run.id, review.seq, user.id),
        workspace_id=review.run.workspace_id,
        workflow_id=review.run.workflow_id,
        to=user.email,
        notice=notice,
        most_attempts=MOST_ATTEMPTS,
        next_at=now,
        created_at=now,
    )


def _config(text: Json | None) -> Mapping[str, Any]:
    found = from_json(text) if text else None
    return found if isinstance(found, dict) else {}
