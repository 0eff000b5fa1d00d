"""The OpenAPI document says all of what the routes take and answer: Schemathesis finds nothing else."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from shared.contracts.identity import ROLES
from shared.service import Service
from shared.storage.mongo import Store
from tests.fuzz.fuzzing import fuzzed
from tests.fuzz.settings import EXAMPLES, Ids
from tests.fuzz.standins import answered, obeyed
from tests.fuzz.stored import known_types
from tests.fuzz.things import Things
from tests.integration.gateway.api import KEY, Api, Planner
from tests.integration.gateway.identity.people import Town
from tests.integration.gateway.identity.table import LEAST

OFTEN = dict.fromkeys(("rate_per_key", "rate_per_address", "rate_sign_in"), "10000000/minute")
API = "/api/v1"
BOUNDS = "." if EXAMPLES else "/(variables|bulk/cancel|preview)$"
"""Whose every bound is tried every day: there are thousands."""
MADE = "." if EXAMPLES else "}/variables"
"""What is made, read, changed and removed every day."""
ONESELF = "/(me|auth/(ways|sign-in|sign-up|refresh|invitations))"
"""What people do for themselves; but for signing out, which is the end of it."""

pytestmark = pytest.mark.timeout(3600 if EXAMPLES else 240)


@pytest.fixture(scope="module")
async def gateway(serve: Callable[..., Any], gateway_store: Store) -> AsyncIterator[Service]:
    """A gateway where everything is possible, as often as one likes."""
    await known_types(gateway_store)
    often = {"public_url": "https://weft.example.com", "smtp_from": "weft@example.com", **OFTEN}
    async with serve(heartbeat_s=0.1, sign_up="open", **often) as service:
        yield service


@pytest.fixture(scope="module")
async def ids(
    api: Api, town: Town, planner: Planner, amqp_url: str, gateway_store: Store
) -> AsyncIterator[Ids]:
    """What there is."""
    made = await Things(api, town, planner, gateway_store).make()
    async with obeyed(planner), answered(amqp_url, gateway_store):
        yield made


def carrying(token: str) -> dict[str, str]:
    """The headers of who comes with this key or token."""
    return {"Authorization": f"Bearer {token}"}


async def test_whatever_fits_is_taken_and_all_else_is_refused_as_documented(api: Api, ids: Ids) -> None:
    outcome = await fuzzed(api.root, carrying(KEY), ids, phases=["examples", "fuzzing"])
    assert not outcome.findings, outcome.told()
    assert {each.replace(API, "") for each in outcome.routes} == LEAST.keys()
    assert len(outcome.reached) > 0.7 * len(LEAST), LEAST.keys() - outcome.reached


async def test_bounds_are_where_they_are_said_to_be(api: Api, ids: Ids) -> None:
    outcome = await fuzzed(api.root, carrying(KEY), ids, phases=["coverage"], only=BOUNDS)
    assert not outcome.findings, outcome.told()


async def test_what_was_made_is_there_until_it_is_removed(api: Api, ids: Ids) -> None:
    """One request after the other, each about what those before have made: by the document's links."""
    known = {"workspace_id": ids["workspace_id"]}
    outcome = await fuzzed(api.root, carrying(KEY), known, phases=["stateful"], only=MADE)
    assert not outcome.findings, outcome.told()
    assert len(outcome.reached) >= 5, outcome.statuses


async def test_people_are_answered_as_documented(api: Api, ids: Ids, town: Town) -> None:
    person = await town.person("default", "admin", owner=True)
    phases = ["examples", "coverage", "fuzzing"] if EXAMPLES else ["examples", "fuzzing"]
    known = {**ids, "session_id": ["none"], "doomed session_id": ["none"]}  # their own is to stay
    outcome = await fuzzed(api.root, carrying(person.token), known, phases=phases, only=ONESELF)
    assert not outcome.findings, outcome.told()
    assert {f"{method} {API}/me" for method in ("GET", "PATCH")} <= outcome.reached


async def test_viewers_change_nothing_and_are_told_so_as_documented(api: Api, ids: Ids, town: Town) -> None:
    viewer = await town.key("default", "viewer")
    outcome = await fuzzed(api.root, carrying(viewer.token), ids, phases=["examples"])
    assert not outcome.findings, outcome.told()
    above = {f"{route.replace(' ', f' {API}')}" for route, role in LEAST.items() if role in ROLES[1:]}
    assert outcome.routes >= above
    assert not outcome.reached & above
    assert len(outcome.reached) > 25


async def test_strangers_are_sent_away_as_documented(api: Api, ids: Ids) -> None:
    made_up = carrying("wk_0123456789ab_0")  # without any key, Schemathesis signs up and in by itself
    outcome = await fuzzed(api.root, made_up, ids, phases=["examples"])
    assert not outcome.findings, outcome.told()
    closed = {route.replace(" ", f" {API}") for route, role in LEAST.items() if role != "anybody"}
    assert outcome.routes >= closed
    assert not [each for each in outcome.statuses if each[0] in closed and each[1] != 401]
