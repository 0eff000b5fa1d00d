"""Every example runs to the end it promises, through all five services."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from tests.e2e.client import Body, Weft

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = {path.stem: path for path in sorted(EXAMPLES.glob("*.yaml"))}


@pytest.fixture
def example(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The example of that name."""
    return yaml.safe_load(FILES[request.param].read_text())


async def run_to_the_end(weft: Weft, system: dict[str, Any], example: dict[str, Any], **more: Any) -> Body:
    """The run, once it has finished; whoever it waits for has answered as the example says."""
    given = {**example["input"], "base_url": system["examples_url"], **more}
    run_id = await weft.start(example["graph"], given)
    for answer in example["expect"].get("answers", []):
        await weft.until(run_id, "node.suspended", node=answer["node"])
        await _answer(weft, run_id, answer)
    return await weft.end(run_id)


async def _answer(weft: Weft, run_id: str, answer: dict[str, Any]) -> None:
    if "decide" in answer:
        path = f"/runs/{run_id}/nodes/{answer['node']}/decide"
        status, found = await weft.call("POST", path, answer["decide"])
        assert status in (200, 202), found
        return
    node_id, _, field = answer["to"].partition(".")
    url = (await weft.node(run_id, node_id))["attempts"][-1]["output"][field]
    async with aiohttp.ClientSession() as anybody, anybody.post(url, json=answer["send"]) as response:
        assert response.status in (200, 202), await response.text()


@pytest.mark.parametrize("example", FILES, indirect=True)
async def test_an_example_comes_to_what_it_promises(
    weft: Weft, system: dict[str, Any], example: dict[str, Any]
) -> None:
    run = await run_to_the_end(weft, system, example)
    promised = {"status": "succeeded", "nodes": {}, "attempts": {}, **example["expect"]}
    assert run["status"] == promised["status"], run["failure"]
    assert run["output"] == promised["output"]
    assert {name: run["nodes"][name]["status"] for name in promised["nodes"]} == promised["nodes"]
    assert {name: run["nodes"][name]["attempt"] for name in promised["attempts"]} == promised["attempts"]


@pytest.mark.parametrize("example", ["lead-scoring"], indirect=True)
async def test_lead_scoring_takes_its_other_branch_when_leads_are_few(
    weft: Weft, system: dict[str, Any], example: dict[str, Any]
) -> None:
    run = await run_to_the_end(weft, system, example, threshold=11)
    assert run["nodes"]["report"]["status"] == "skipped"
    assert run["output"]["too_few"] == "Only 11 of 100 leads: lower the threshold of 11."


@pytest.mark.parametrize("example", ["approval"], indirect=True)
async def test_an_application_can_be_declined(
    weft: Weft, system: dict[str, Any], example: dict[str, Any]
) -> None:
    example["expect"]["answers"] = [
        {"node": "review", "decide": {"decision": "reject", "data": {"amount": 1}}}
    ]
    run = await run_to_the_end(weft, system, example)
    assert run["output"] == {"paid": None, "refused": {"declined": "A0002"}, "expired": None}


def test_the_page_names_each_example() -> None:
    page = (EXAMPLES / "README.md").read_text()
    assert [name for name in FILES if f"`{name}.yaml`" not in page] == []


def test_every_data_file_has_a_source_and_a_licence() -> None:
    page = (EXAMPLES / "data" / "README.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    named = {row.split("`")[1] for row in rows}
    assert named == {path.name for path in (EXAMPLES / "data").iterdir()} - {"README.md"}
    assert all("public domain" in row or "CC BY 4.0" in row for row in rows)
