"""When triggers start runs, runs by hand, and backfill; the planner is played by the tests."""

import asyncio

from tests.integration.gateway.api import Api, Planner
from tests.integration.gateway.triggers import GRAPH, HOURLY, made


async def test_the_next_times_are_shown_in_utc_and_by_the_zones_clock(api: Api) -> None:
    asked = {
        "cron": "30 2 * * *",
        "timezone": "Europe/Berlin",
        "after": "2026-03-28T12:00:00+01:00",
        "count": 2,
    }
    preview = await api.post("/triggers/preview", asked)
    assert preview.body == {
        "timezone": "Europe/Berlin",
        "times": [
            {"at": "2026-03-29T01:00:00.000Z", "local": "2026-03-29T03:00:00+02:00"},
            {"at": "2026-03-30T00:30:00.000Z", "local": "2026-03-30T02:30:00+02:00"},
        ],
    }
    trigger = await made(api, HOURLY, active=False)
    times = (await api.get(f"/triggers/{trigger['id']}/times")).body["times"]
    assert [each["at"][13:] for each in times] == [":00:00.000Z"] * 5
    assert len((await api.get(f"/triggers/{trigger['id']}/times?count=9")).body["times"]) == 9
    webhook = await made(api, {"kind": "webhook"})
    (await api.get(f"/triggers/{webhook['id']}/times")).refused(409, "no_schedule")


async def test_a_run_by_hand_has_what_mapping_and_conditions_make_of_the_event(
    api: Api, planner: Planner
) -> None:
    conditions = [{"path": "body.total", "operator": "greater", "value": 10}]
    mapping = {"total": "body.total", "gone": "body.gone"}
    trigger = await made(api, {"kind": "webhook"}, mapping=mapping, conditions=conditions, lane="high")
    path = f"/triggers/{trigger['id']}/run"
    started = await api.post(
        path, {"event": {"body": {"total": 12}}}, headers={"Idempotency-Key": trigger["id"]}
    )
    assert started.status == 202, started.body
    assert started.body["input"] == {"total": 12, "gone": None}
    assert (started.body["lane"], started.body["version"]) == ("high", 1)
    assert {**started.body["trigger"], "by": None} == {
        "kind": "webhook",
        "id": trigger["id"],
        "by": None,
        "hops": 0,
    }
    await planner.asked_for(started.body["id"])
    again = await api.post(
        path, {"event": {"body": {"total": 12}}}, headers={"Idempotency-Key": trigger["id"]}
    )
    assert again.body["id"] == started.body["id"]
    unmet = await api.post(path, {"event": {"body": {"total": 9}}})
    assert "body.total greater 10" in unmet.refused(422, "conditions_unmet").body["detail"]
    (await api.post(path)).refused(422, "not_possible")
    runs = await api.get(f"/triggers/{trigger['id']}/runs")
    assert [each["id"] for each in runs.body["items"]] == [started.body["id"]]
    assert (await api.get(f"/runs?trigger_id={trigger['id']}")).body == runs.body
    assert (await api.get(f"/triggers/{trigger['id']}/runs?status=failed")).body["items"] == []


async def test_a_backfill_starts_each_time_once(api: Api, planner: Planner) -> None:
    trigger = await made(api, {"kind": "schedule", "cron": "0 */6 * * *"}, mapping={"at": "scheduled_at"})
    path = f"/triggers/{trigger['id']}/backfill"
    day = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T12:00:00Z"}
    both = await asyncio.gather(*(api.post(path, day) for _ in range(2)))
    assert [each.body["started"] + each.body["there"] for each in both] == [3, 3]
    assert sum(each.body["started"] for each in both) == 3
    begun = [await planner.next_run() for _ in range(3)]
    assert {each.input.json_text for each in begun} == {
        f'{{"at":"2026-01-01T{hour}:00:00.000Z"}}' for hour in ("00", "06", "12")
    }
    more = (await api.post(path, {**day, "to": "2026-01-02T00:00:00Z"})).body
    assert (more["started"], more["there"], len(more["run_ids"])) == (2, 3, 2)
    runs = (await api.get(f"/triggers/{trigger['id']}/runs")).body["items"]
    assert [each["id"] for each in runs][:2] == more["run_ids"][::-1]
    assert len(runs) == 5


async def test_a_backfill_that_cannot_be_is_refused(api: Api) -> None:
    trigger = await made(api, {"kind": "schedule", "preset": "every_minute"})
    path = f"/triggers/{trigger['id']}/backfill"
    long = await api.post(path, {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"})
    assert "2026-01-01T08:19:00.000Z" in long.refused(422, "too_many_times").body["detail"]
    for start, end in (("2026-01-02", "2026-01-01"), ("2026-01-01", "2999-01-01")):
        body = {"from": f"{start}T00:00:00Z", "to": f"{end}T00:00:00Z"}
        (await api.post(path, body)).refused(422, "not_possible")
    draft = await made(api, HOURLY, workflow_id=await api.workflow(GRAPH, published=False))
    body = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00Z"}
    (await api.post(f"/triggers/{draft['id']}/backfill", body)).refused(409, "not_published")
    other = await made(api, {"kind": "continuous"})
    (await api.post(f"/triggers/{other['id']}/backfill", body)).refused(409, "no_schedule")
