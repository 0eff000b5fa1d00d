"""Who is to decide a review is told by mail, where this installation sends any.

What is to be sent is stored before the events that say so are forgotten, under ids that follow from them: it
may be done twice, and is sent once. Only people who may decide are told: nobody can have mails sent to
whomever they like."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.planner.saved import Saved
from shared.contracts.alert import Notice
from shared.contracts.base import Millis
from shared.contracts.directive import AwaitDecision
from shared.contracts.identity import ROLES, User
from shared.contracts.run import Event, NodeState, Run, Suspension
from shared.contracts.value import from_json
from shared.ids import made_id
from shared.patience import is_away
from shared.storage.deliveries import Deliveries, Delivery
from shared.storage.mongo import Store
from shared.storage.payloads import Payloads
from shared.storage.people import Users
from shared.storage.workflows import Workflows
from shared.storage.workspaces import Grants, Members
from shared.telemetry import logger

DECIDES = ROLES.index("runner")
MOST_ATTEMPTS = 12
MOST_SHOWN_BYTES = 200_000
"""A review that shows more is announced without its title."""
MOST_TITLE_CHARS, MOST_TEXT_CHARS = 200, 2_000


@dataclass(frozen=True)
class Review:
    """A review that has just begun to wait, as of the event `seq`."""

    run: Run
    node: str
    seq: str
    at: Millis
    suspended: Suspension
    asked: AwaitDecision


class Asking:
    """Tells assignees."""

    def __init__(self, store: Store, payloads: Payloads, *, public_url: str) -> None:
        self._users, self._members, self._grants = Users(store), Members(store), Grants(store)
        self._workflows, self._deliveries = Workflows(store), Deliveries(store)
        self._payloads = payloads
        self._public_url = public_url.rstrip("/")

    async def ask(self, saves: Sequence[Saved], now: Millis) -> None:
        """See to the reviews among what was saved. Raises when the store is away: it has to be done again."""
        reviews = [each for saved in saves for each in _reviews(saved)]
        if not reviews:
            return
        try:
            await self._ask(reviews, now)
        except Exception as error:
            if is_away(error):
                raise
            logger.exception("review.not_mailed", run_ids=[each.run.id for each in reviews])

    async def _ask(self, reviews: Sequence[Review], now: Millis) -> None:
        users = await self._users.named({name for each in reviews for name in each.asked.assignees})
        wanted = [(each, user) for each in reviews for user in users if _is_among(user, each.asked.assignees)]
        told = await self._deciding(wanted)
        if not told:
            return
        notices = await self._notices({id(each): each for each, _ in told})
        await self._deliveries.insert([_delivery(each, user, notices[id(each)], now) for each, user in told])

    async def _deciding(self, wanted: Sequence[tuple[Review, User]]) -> list[tuple[Review, User]]:
        """Those who may decide what they are asked."""
        members = await self._members.load([(each.run.workspace_id, user.id) for each, user in wanted])
        grants = await self._grants.load(
            [(each.run.workflow_id, user.id) for each, user in wanted if each.run.workflow_id]
        )
        found: list[tuple[Review, User]] = []
        for each, user in wanted:
            member = members.get((each.run.workspace_id, user.id))
            grant = grants.get((each.run.workflow_id or "", user.id))
            if member is None:
                continue
            role = grant.role if grant and member.role != "admin" else member.role
            if role != "none" and ROLES.index(role) >= DECIDES:
                found.append((each, user))
        return found

    async def _notices(self, reviews: Mapping[int, Review]) -> dict[int, Notice]:
        ids = {each.run.workflow_id for each in reviews.values() if each.run.workflow_id}
        workflows = await self._workflows.load(list(ids)) if ids else {}
        names = {workflow.id: workflow.name for workflow in workflows.values()}
        inputs = [each.suspended.input for each in reviews.values() if each.suspended.input]
        texts = await self._payloads.texts([each for each in inputs if each.size <= MOST_SHOWN_BYTES])
        return {
            key: self._notice(each, _config(each, texts), names.get(each.run.workflow_id or "", ""))
            for key, each in reviews.items()
        }

    def _notice(self, review: Review, config: Mapping[str, Any], workflow: str) -> Notice:
        run, until = review.run, review.asked.timeout_at
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
            link=self._public_url + path if self._public_url else "",
            at=review.at,
            workspace_id=run.workspace_id,
        )


def _reviews(saved: Saved) -> list[Review]:
    """Those that have begun to wait since it was told last, and are waiting still."""
    run = saved.run
    return [
        Review(run, event.node, seq, event.at, state.suspended, state.suspended.directive)
        for seq, event in saved.fresh.items()
        if event.type == "node.suspended" and event.node
        for state in [run.nodes[event.node]]
        if _waits(state, event)
        and state.suspended
        and isinstance(state.suspended.directive, AwaitDecision)
        and state.suspended.directive.assignees
    ]


def _waits(state: NodeState, event: Event) -> bool:
    return state.status == "suspended" and state.attempt == event.attempt


def _is_among(user: User, assignees: Collection[str]) -> bool:
    return user.state == "active" and any(each == user.id or each.lower() == user.email for each in assignees)


def _config(review: Review, texts: Mapping[str, str]) -> Mapping[str, Any]:
    """The review's config with its expressions evaluated, as far as it is known."""
    value = review.suspended.input
    text = value and (texts.get(value.ref) if value.ref else value.json_text)
    found = from_json(text) if text else None
    return found if isinstance(found, dict) else {}


def _delivery(review: Review, user: User, notice: Notice, now: Millis) -> Delivery:
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
