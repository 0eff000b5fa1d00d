"""Answers with values of many megabytes come as they would otherwise, and are never held as a whole."""

from typing import Any

import aiohttp
import pytest

from services.gateway import spliced as module
from services.gateway.spliced import HELD_BYTES
from shared.contracts.value import MAX_VALUE_BYTES, Value, to_json
from shared.service import Service
from shared.storage.mongo import Store
from shared.storage.payloads import Payloads
from tests.integration.gateway.api import KEY, Api, Planner, parts_of

GRAPH = {"nodes": [{"id": "a", "type": "noop"}]}
TEXTS = {
    "small": "x" * 100,
    "stored": "\u0142" * 30_000,
    "in pieces": "x" * 3 * HELD_BYTES,
    "in pieces, of letters of four bytes": "\U0001f9f6" * HELD_BYTES,
    "what looks like what stands for another": f'{module.SECRET}:{"0" * 64}:1"',
}


async def finished(api: Api, planner: Planner, output: Value, given: Any = None) -> str:
    """A run that has begun with that and answered that."""
    run_id = (await api.post("/runs", {"graph": GRAPH, "input": given})).body["id"]
    await planner.next_run()
    await planner.save(run_id, "succeeded", "run.started", "run.succeeded", output=output)
    return run_id


@pytest.mark.parametrize("name", TEXTS)
async def test_a_value_comes_back_as_it_was(
    api: Api, planner: Planner, gateway_store: Store, name: str
) -> None:
    value = await Payloads(gateway_store).put(to_json([1, TEXTS[name]]))
    run_id = await finished(api, planner, value, TEXTS["stored"])
    for path in (f"/runs/{run_id}", f"/runs/{run_id}?wait=1"):
        answer = await api.get(path)
        assert answer.body["output"] == [1, TEXTS[name]]
        assert (answer.body["input"], answer.status) == (TEXTS["stored"], 200)
        assert answer.headers["content-type"] == "application/json"
        assert int(answer.headers["content-length"]) > len(TEXTS[name])


async def test_no_more_than_a_piece_is_asked_for_at_once(
    api: Api, planner: Planner, gateway: Service, gateway_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = await Payloads(gateway_store).put(to_json("x" * 3 * HELD_BYTES))
    run_id = await finished(api, planner, value)
    payloads = parts_of(gateway).payloads

    async def texts(_values: list[Value]) -> dict[str, str]:
        assert not _values, "all of it was asked for"
        return {}

    monkeypatch.setattr(payloads, "texts", texts)
    assert (await api.get(f"/runs/{run_id}")).body["output"] == "x" * 3 * HELD_BYTES


async def test_a_value_that_is_gone_is_a_fault_before_the_answer_begins(api: Api, planner: Planner) -> None:
    run_id = await finished(api, planner, Value(ref="0" * 64, size=30_000_000))
    (await api.get(f"/runs/{run_id}")).refused(500, "internal_error")


async def test_what_callers_send_has_a_limit_of_its_own(api: Api, serve: Any, planner: Planner) -> None:
    async with serve(max_body_mb=60) as service, aiohttp.ClientSession(headers={"X-API-Key": KEY}) as session:
        larger = Api(f"http://127.0.0.1:{service.listen[1]}", session)
        told = await larger.post("/runs", {"graph": GRAPH, "input": "x" * (MAX_VALUE_BYTES - 1)})
        told.refused(413, "value_too_large")
        assert f"{MAX_VALUE_BYTES + 1:,} bytes" in told.body["detail"]
