"""What dashboards are told, and who is told what."""

import csv
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from io import StringIO
from typing import Any

import aiohttp
import pytest

from services.gateway.identity.keys import hashed, new_key
from shared.analytics.adding import with_facts
from shared.analytics.histogram import counted
from shared.contracts.figures import HOUR_MS, NodeFigures, RollUp, RunFact, rollup_id
from shared.contracts.identity import ApiKey, Grant, Granted, Member, User
from shared.ids import new_id
from shared.service import Service
from shared.storage.api_keys import ApiKeys
from shared.storage.mongo import Store
from shared.storage.people import Users
from shared.storage.rollups import RollUps
from shared.storage.workspaces import Grants, Members
from tests.integration.gateway.api import Api

HOUR = 1_769_850_000_000  # 2026-01-31T09:00:00Z
WHEN = {"from": "2026-01-31T08:00:00Z", "to": "2026-01-31T12:00:00Z"}
Signed = Callable[..., AbstractAsyncContextManager[Api]]


def fact(number: int, **changes: Any) -> RunFact:
    node = NodeFigures(type="http.request", count=1, total_ms=50, longest_ms=50, durations=counted([50]))
    given = {"status": "succeeded", "duration_ms": 100, "wait_ms": 5, "tokens": 10, "nodes": [node]}
    counts = {"cost_nanos": 250_000_000, "finished_at": HOUR, "workspace_id": "default", "open": "00"}
    return RunFact.model_validate(
        {"id": f"run_{number}", "workflow_id": "wf_a", **counts, **given, **changes}
    )


@pytest.fixture(scope="module", autouse=True)
async def figures(gateway_store: Store) -> None:
    """Four runs at nine, two of them of a secret workflow, one at eleven, one the period before; and another
    workspace's."""
    slow = NodeFigures(type="map", count=2, failures=1, longest_ms=900, durations=counted([800, 900]))
    failed = {"status": "failed", "code": "=cmd()", "tokens": 0}
    found = [
        fact(1),
        fact(2, **failed),
        fact(3, workflow_id="wf_secret", **{**failed, "code": "secret_code"}, nodes=[slow]),
        fact(4, workflow_id="wf_secret"),
        fact(5, finished_at=HOUR + 2 * HOUR_MS, duration_ms=300),
        fact(6, finished_at=HOUR - 2 * HOUR_MS),
        fact(7, workspace_id="other", tokens=1_000_000),
    ]
    made: dict[str, list[RunFact]] = {}
    for each in found:
        made.setdefault(rollup_id(each.workspace_id, each.hour), []).append(each)
    hours = [(RollUp(id=key, workspace_id=f[0].workspace_id, hour=f[0].hour), f) for key, f in made.items()]
    assert len(await RollUps(gateway_store).save([with_facts(*each) for each in hours])) == 4


@pytest.fixture(scope="module")
async def signed(gateway: Service, gateway_store: Store) -> Signed:
    """A viewer with grants, and perhaps a key of few scopes."""

    @asynccontextmanager
    async def viewer(scopes: list[str] | None = None, **grants: Granted) -> AsyncIterator[Api]:
        user = User(id=new_id("user"), email=f"{new_id('x')}@example.com".lower(), created_at=1)
        await Users(gateway_store).insert(user)
        await Members(gateway_store).insert(
            Member(workspace_id="default", user_id=user.id, role="viewer", created_at=1)
        )
        for workflow_id, role in grants.items():
            grant = {"workspace_id": "default", "workflow_id": workflow_id, "user_id": user.id, "role": role}
            await Grants(gateway_store).put(Grant.model_validate({**grant, "created_at": 1}))
        key_id, key = new_key()
        kept = {"id": key_id, "kind": "personal", "name": "k", "hash": hashed(key), "user_id": user.id}
        await ApiKeys(gateway_store).insert(
            ApiKey.model_validate({**kept, "scopes": scopes, "created_at": 1})
        )
        async with aiohttp.ClientSession(headers={"X-API-Key": key}) as session:
            yield Api(f"http://127.0.0.1:{gateway.listen[1]}", session)

    return viewer


async def asked(api: Api, what: str, **query: Any) -> Any:
    answer = await api.get(f"/analytics/{what}", params={**WHEN, **query})
    assert answer.status == 200, answer.body
    return answer.body


async def test_key_figures_are_compared_with_the_period_before(api: Api) -> None:
    found = await asked(api, "summary")
    assert (found["from"], found["to"]) == ("2026-01-31T08:00:00.000Z", "2026-01-31T12:00:00.000Z")
    assert found["before"] == {"from": "2026-01-31T04:00:00.000Z", "to": "2026-01-31T08:00:00.000Z"}
    metrics = found["metrics"]
    assert metrics["runs"] == {"value": 5, "before": 1, "change": 4}
    assert metrics["success_rate"] == {"value": 0.6, "before": 1, "change": -0.4}
    assert metrics["failed"] == {"value": 2, "before": 0, "change": None}
    assert (metrics["tokens"]["value"], metrics["cost_usd"]["value"]) == (30, 1.25)
    assert metrics["p95_ms"]["value"] == pytest.approx(300, rel=0.02)
    assert metrics["p50_ms"]["value"] == pytest.approx(100, rel=0.02)


async def test_a_series_has_a_point_for_every_hour(api: Api) -> None:
    found = await asked(api, "series", metric="runs", workflow_id="wf_a")
    assert [each["value"] for each in found["points"]] == [0, 2, 0, 1]
    found = await asked(api, "series", metric="p50_ms")
    assert [each["value"] is None for each in found["points"]] == [True, False, True, False]


async def test_days_are_those_of_the_callers_zone(api: Api) -> None:
    found = await asked(
        api, "series", interval="day", timezone="Asia/Tokyo", **{"to": "2026-01-31T16:00:00Z"}
    )
    days = [(each["date"], each["value"]) for each in found["points"]]
    assert days == [("2026-01-31", 5), ("2026-02-01", 0)]


async def test_errors_nodes_and_workflows_are_ranked(api: Api) -> None:
    errors = await asked(api, "errors")
    assert [(each["code"], each["count"], each["run_id"]) for each in errors["items"]] == [
        ("=cmd()", 1, "run_2"),
        ("secret_code", 1, "run_3"),
    ]
    nodes = await asked(api, "nodes")
    assert [(each["type"], each["count"], each["failures"]) for each in nodes["items"]] == [
        ("map", 2, 1),
        ("http.request", 4, 0),
    ]
    assert nodes["items"][0]["p50_ms"] == pytest.approx(800, rel=0.02)
    found = await asked(api, "workflows", limit=1)
    [first] = found["items"]
    assert (first["workflow_id"], first["runs"], first["name"], found["total"]) == ("wf_a", 3, None, 2)


async def test_what_is_hidden_from_a_caller_does_not_count_for_them(signed: Signed) -> None:
    async with signed(wf_secret="none") as viewer:
        assert (await asked(viewer, "summary"))["metrics"]["runs"]["value"] == 3
        points = (await asked(viewer, "series"))["points"]
        assert sum(each["value"] for each in points) == 3
        assert [each["code"] for each in (await asked(viewer, "errors"))["items"]] == ["=cmd()"]
        assert [each["type"] for each in (await asked(viewer, "nodes"))["items"]] == ["http.request"]
        assert [each["workflow_id"] for each in (await asked(viewer, "workflows"))["items"]] == ["wf_a"]
        for what in ("summary", "series", "errors", "nodes", "workflows"):
            hidden = await viewer.get(f"/analytics/{what}", params={**WHEN, "workflow_id": "wf_secret"})
            hidden.refused(404, "not_found")


async def test_a_key_needs_the_scope(signed: Signed) -> None:
    async with signed(scopes=["runs:read"]) as viewer:
        (await viewer.get("/analytics/summary")).refused(403, "forbidden")


async def test_every_table_comes_as_csv(api: Api) -> None:
    for what in ("summary", "series", "errors", "nodes", "workflows"):
        answer = await api.get(f"/analytics/{what}", params=WHEN, headers={"Accept": "text/csv"})
        same = await api.get(f"/analytics/{what}", params={**WHEN, "format": "csv"})
        assert answer.body == same.body
        assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
        assert answer.headers["content-disposition"].startswith("attachment")
        rows = list(csv.DictReader(StringIO(answer.body.decode(), newline="")))
        assert rows
        if what == "errors":
            assert rows[0]["code"] == "'=cmd()"
        if what == "workflows":
            assert (rows[0]["workflow_id"], rows[0]["cost_usd"]) == ("wf_a", "0.75")


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"from": "1769817600"},
        {"from": "2026-01-31T08:00:00"},
        {"to": "99999999999999999999"},
        {"from": "9999-12-31T00:00:00Z"},
        {"from": "2026-01-31T08:00:00Z", "to": "2026-01-30T08:00:00Z"},
        {"from": "2020-01-31T08:00:00Z"},
        {"metric": "$where"},
        {"interval": "minute"},
        {"timezone": "../../etc/passwd"},
        {"format": "xlsx"},
        {"workflow_id": "x" * 201},
        {"workflow_id[$ne]": ""},
    ],
)
async def test_bad_questions_are_refused(api: Api, query: dict[str, str]) -> None:
    refused = await api.get("/analytics/series", params=query)
    assert (refused.status, refused.body["code"] in ("invalid_request", "not_possible")) == (422, True)
    assert refused.body["detail"]


async def test_nothing_is_found_of_what_is_not_here(api: Api) -> None:
    found = await asked(api, "summary", workflow_id="wf_nobody")
    assert found["metrics"]["runs"]["value"] == 0
    assert (await asked(api, "workflows", workflow_id='{"$ne": ""}'))["items"] == []
