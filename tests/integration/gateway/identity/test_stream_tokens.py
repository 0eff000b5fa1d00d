"""Streams for browsers: opened by a token in the URL, and ended with the access of who asked for it."""

from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from tests.integration.gateway.api import Answer, Planner
from tests.integration.gateway.identity.people import Person, Town

GRAPH = {"nodes": [{"id": "a", "type": "noop"}]}


async def begun(planner: Planner, by: Person) -> str:
    """A run that has begun."""
    made = await by.post("/runs", {"graph": GRAPH})
    assert made.status == 202, made.body
    run_id = (await planner.next_run()).id
    await planner.save(run_id, "running", "run.started")
    return run_id


async def opened(by: Person, run_id: str) -> dict[str, str]:
    answer = await by.post(f"/runs/{run_id}/events/token")
    assert answer.status == 201, answer.body
    assert answer.headers["cache-control"] == "no-store"
    return answer.body


async def test_a_browser_opens_a_stream_without_any_header(town: Town, planner: Planner) -> None:
    editor = await town.person(role="editor")
    run_id = await begun(planner, editor)
    with capture_logs() as logged:
        given = await opened(editor, run_id)
        async with town.anybody().stream(run_id, given["url"]) as events:
            assert events.response.status == 200
            assert await events.next() == (1, "run.started")
            await planner.save(run_id, "succeeded", "run.succeeded")
            rest = [event for event in await events.rest() if event != (None, "")]
            assert rest == [(2, "run.succeeded")]
    assert given["token"] not in str(logged)


async def test_a_token_opens_one_stream_and_nothing_else(town: Town, planner: Planner) -> None:
    editor, nobody = await town.person(role="editor"), town.anybody()
    run_id, other = await begun(planner, editor), await begun(planner, editor)
    token = (await opened(editor, run_id))["token"]
    assert (await nobody.get(f"/runs/{run_id}/events?token={token}")).status == 200
    for path in (
        f"/runs/{other}/events?token={token}",
        f"/runs/{run_id}?token={token}",
        f"/runs?token={token}",
        f"/api/v1/me?token={token}",
        f"/runs/{run_id}/events?token={token[:-3]}",
        f"/runs/{run_id}/events",
    ):
        (await nobody.get(path)).refused(401, "unauthorized")
    for method in ("/cancel", "/events/token"):
        (await nobody.post(f"/runs/{run_id}{method}?token={token}")).refused(401, "unauthorized")
    (await town.anybody(token=token).get(f"/runs/{run_id}/events")).refused(401, "unauthorized")


async def test_strangers_get_no_token_and_make_nothing_of_one_of_their_own(
    town: Town, planner: Planner
) -> None:
    editor = await town.person(role="editor")
    run_id = await begun(planner, editor)
    theirs = await town.workspace()
    stranger = await town.person(theirs, "admin")
    (await stranger.post(f"/runs/{run_id}/events/token")).refused(404, "not_found")
    stranger.workspace = editor.workspace
    (await stranger.post(f"/runs/{run_id}/events/token")).refused(404, "not_found")
    unfit = await town.key("default", "viewer", ["workflows:read"])
    (await unfit.post(f"/runs/{run_id}/events/token")).refused(403, "forbidden")


async def _sign_out(_town: Town, viewer: Person) -> Answer:
    return await viewer.post("/api/v1/auth/sign-out-everywhere")


async def _remove_the_member(town: Town, viewer: Person) -> Answer:
    admin = await town.person(role="admin")
    return await admin.call("DELETE", f"/members/{viewer.id}")


async def _shut_out(town: Town, viewer: Person) -> Answer:
    owner = await town.person(role="admin", owner=True)
    return await owner.call("PATCH", f"/api/v1/people/{viewer.id}", {"state": "disabled"})


@pytest.mark.parametrize("lose", [_sign_out, _remove_the_member, _shut_out])
@pytest.mark.parametrize("by_url", [True, False])
async def test_a_stream_ends_with_the_access_of_who_opened_it(
    town: Town, planner: Planner, lose: Callable[[Town, Person], Awaitable[Answer]], by_url: bool
) -> None:
    editor, viewer = await town.person(role="editor"), await town.person(role="viewer")
    run_id = await begun(planner, editor)
    url = (await opened(viewer, run_id))["url"]
    header = {} if by_url else {"Authorization": f"Bearer {viewer.token}"}
    async with town.anybody().stream(run_id, url if by_url else "", **header) as events:
        assert await events.next() == (1, "run.started")
        assert (await lose(town, viewer)).status in (200, 204)
        await planner.save(run_id, "succeeded", "node.succeeded", "run.succeeded")
        assert [event for event in await events.rest() if event != (None, "")] == []
    assert (await town.anybody().get(url)).status in (401, 404)


async def test_a_silent_stream_ends_when_the_key_it_came_by_is_revoked(town: Town, planner: Planner) -> None:
    editor, admin = await town.person(role="editor"), await town.person(role="admin")
    run_id = await begun(planner, editor)
    made = await admin.post("/api-keys", {"name": "screen", "role": "viewer"})
    key = town.anybody(token=made.body["key"])
    async with town.anybody().stream(run_id, (await opened(key, run_id))["url"]) as events:
        assert await events.next() == (1, "run.started")
        assert (await admin.call("DELETE", f"/api-keys/{made.body['id']}")).status == 204
        assert {each for each in await events.rest()} == {(None, "")}
