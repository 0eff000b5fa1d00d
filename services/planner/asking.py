"""Who is to decide a review is told by mail, where this installation sends any.

What is to be sent is stored before the events that say so are forgotten, under ids that follow from them: it
may be done twice, and is sent once. Only people who may decide are told: nobody can have mails sent to
whomever they like."""

from collections.abc import Sequence

from services.planner.review_mails import delivery_of, notice_of
from services.planner.reviews import Review, reviews_in
from services.planner.saved import Saved
from shared.contracts.alert import Notice
from shared.contracts.base import Millis
from shared.contracts.identity import ROLES, User, role_with
from shared.patience import is_away
from shared.storage.deliveries import Deliveries
from shared.storage.mongo import Store
from shared.storage.payloads import Payloads
from shared.storage.people import Users
from shared.storage.workflows import Workflows
from shared.storage.workspaces import Grants, Members
from shared.telemetry import logger

DECIDES = ROLES.index("runner")
MOST_SHOWN_BYTES = 200_000
"""A review that shows more is announced without its title."""


class Asking:
    """Tells assignees."""

    def __init__(self, store: Store, payloads: Payloads, public_url: str) -> None:
        self._users, self._members, self._grants = Users(store), Members(store), Grants(store)
        self._workflows, self._deliveries = Workflows(store), Deliveries(store)
        self._payloads = payloads
        self._public_url = public_url

    async def ask(self, saves: Sequence[Saved], now: Millis) -> None:
        """See to the reviews among what was saved. Raises when the store is away: it has to be done again."""
        reviews = reviews_in(saves)
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
        wanted = [(each, user) for each in reviews for user in users if each.is_for(user)]
        told = await self._deciding(wanted)
        if not told:
            return
        notices = await self._notices([each for each, _ in told])
        await self._deliveries.insert(
            [delivery_of(each, user, notices[each.run.id, each.seq], now) for each, user in told]
        )

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
            role = role_with(member.role, grant.role if grant else None)
            if role != "none" and ROLES.index(role) >= DECIDES:
                found.append((each, user))
        return found

    async def _notices(self, reviews: Sequence[Review]) -> dict[tuple[str, str], Notice]:
        """By run and event."""
        ids = {each.run.workflow_id for each in reviews if each.run.workflow_id}
        workflows = await self._workflows.load(list(ids)) if ids else {}
        names = {workflow.id: workflow.name for workflow in workflows.values()}
        inputs = [each.suspended.input for each in reviews]
        small = [each for each in inputs if each and each.size <= MOST_SHOWN_BYTES]
        texts = await self._payloads.texts(small)
        found: dict[tuple[str, str], Notice] = {}
        for each in reviews:
            value = each.suspended.input
            text = value and (texts.get(value.ref) if value.ref else value.json_text)
            name = names.get(each.run.workflow_id or "", "")
            found[each.run.id, each.seq] = notice_of(each, text, name, self._public_url)
        return found
