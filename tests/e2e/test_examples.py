"""Every example runs to the end it promises, through all five services."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = {path.stem: path for path in sorted(EXAMPLES.glob("*.yaml"))}
WAIT_S = 60


@pytest.fixture
def example(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The example of that name."""
    return yaml.safe_load(FILES[request.param].read_text())


async def run_to_the_end(system: dict[str, Any], example: dict[str, Any], **more: Any) -> dict[str, Any]:
    url = f"{system['url']}/api/v1/workspaces/{system['workspace_id']}/runs?wait={WAIT_S}"
    headers = {"Authorization": f"Bearer {system['api_key']}"}
    body = {
        "graph": example["graph"],
        "input": {**example["input"], "base_url": system["examples_url"], **more},
    }
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(url, json=body) as response,
    ):
        assert response.status == 200, await response.text()
        return await response.json()


@pytest.mark.parametrize("example", FILES, indirect=True)
async def test_an_example_comes_to_what_it_promises(system: dict[str, Any], example: dict[str, Any]) -> None:
    run = await run_to_the_end(system, example)
    promised = {"status": "succeeded", "nodes": {}, "attempts": {}, **example["expect"]}
    assert run["status"] == promised["status"], run["failure"]
    assert run["output"] == promised["output"]
    assert {name: run["nodes"][name]["status"] for name in promised["nodes"]} == promised["nodes"]
    assert {name: run["nodes"][name]["attempt"] for name in promised["attempts"]} == promised["attempts"]


@pytest.mark.parametrize("example", ["lead-scoring"], indirect=True)
async def test_lead_scoring_takes_its_other_branch_when_leads_are_few(
    system: dict[str, Any], example: dict[str, Any]
) -> None:
    run = await run_to_the_end(system, example, threshold=11)
    assert run["nodes"]["report"]["status"] == "skipped"
    assert run["output"]["too_few"] == "Only 11 of 100 leads: lower the threshold of 11."


def test_there_are_five_examples_and_the_page_names_each() -> None:
    page = (EXAMPLES / "README.md").read_text()
    assert len(FILES) >= 5
    assert [name for name in FILES if f"`{name}.yaml`" not in page] == []


def test_every_data_file_has_a_source_and_a_licence() -> None:
    page = (EXAMPLES / "data" / "README.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    named = {row.split("`")[1] for row in rows}
    assert named == {path.name for path in (EXAMPLES / "data").iterdir()} - {"README.md"}
    assert all("public domain" in row or "CC BY 4.0" in row for row in rows)
