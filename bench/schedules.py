"""How late 1,000 schedules are: all due in the same second, and spread over all seconds."""

import asyncio
from datetime import datetime
from typing import Any

from ulid import ULID

from bench.client import Client, WrongAnswer
from bench.measure import percentiles

MANY = 1_000
AT_ONCE = 20
EVERY_S = 20
ROUNDS = 3
PAGE = 200
ONE_NODE = {
    "nodes": [{"id": "n1", "type": "set", "config": {"values": {"at": "{{ trigger.scheduled_at }}"}}}]
}


async def lateness(client: Client) -> dict[str, Any]:
    """Milliseconds from a scheduled time to the run's insertion (`made`) and to its start (`started`)."""
    workflow_id = await client.publish("schedules", ONE_NODE)
    together = await _measured(client, workflow_id, lambda _: f"*/{EVERY_S} * * * * *")
    spread = await _measured(client, workflow_id, lambda n: f"{_seconds(n)} * * * * *")
    return {
        "median": together["started"]["p99"], "unit": "ms", "schedules": MANY,
        "all_at_once": together, "spread": spread,
    }  # fmt: skip


def _seconds(number: int) -> str:
    first = number % EVERY_S
    return ",".join(str(each) for each in range(first, 60, EVERY_S))


async def _measured(client: Client, workflow_id: str, cron: Any) -> dict[str, Any]:
    room = asyncio.Semaphore(AT_ONCE)

    async def create(number: int) -> str:
        config = {"kind": "schedule", "cron": cron(number)}
        body = {"workflow_id": workflow_id, "name": f"n{number}", "config": config}
        async with room:
            return (await client.send("POST", "/triggers", body, expected=201))["id"]

    async def drop(trigger_id: str) -> None:
        async with room:
            await client.send("DELETE", f"/triggers/{trigger_id}", None, expected=204)

    ids = await asyncio.gather(*(create(number) for number in range(MANY)))
    first = datetime.now().astimezone().timestamp()
    begin = first + EVERY_S - first % EVERY_S + EVERY_S - 1
    await asyncio.sleep(begin - first + EVERY_S * ROUNDS + 5)
    await asyncio.gather(*map(drop, ids))
    runs = [run for run in await _runs(client, workflow_id) if begin <= _due(run) < begin + EVERY_S * ROUNDS]
    if len(runs) != MANY * ROUNDS or len({run["id"] for run in runs}) != len(runs):
        raise WrongAnswer(f"{len(runs)} runs of {MANY} schedules in {ROUNDS} rounds")
    late = {
        name: percentiles(
            [1000 * (datetime.fromisoformat(run[field]).timestamp() - _due(run)) for run in runs]
        )
        for name, field in (("made", "created_at"), ("started", "started_at"))
    }
    worst = max(datetime.fromisoformat(run["started_at"]).timestamp() - _due(run) for run in runs)
    return {**late, "worst_ms": round(1000 * worst)}


def _due(run: dict[str, Any]) -> float:
    """The time that a run was started for: its id tells."""
    return ULID.from_str(run["id"].removeprefix("run_")).timestamp


async def _runs(client: Client, workflow_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        path = f"/workflows/{workflow_id}/runs?limit={PAGE}{cursor}"
        page = await client.send("GET", path, None, expected=200)
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"
