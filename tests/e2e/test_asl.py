"""Imported state machines come to what the States Language says."""

import pytest

from tests.e2e.asl_cases import CASES, Case
from tests.e2e.client import Weft


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_an_imported_machine_runs(weft: Weft, case: Case) -> None:
    status, imported = await weft.call(
        "POST", "/workflows/import", {"format": "asl", "document": case.definition}
    )
    assert status == 201, imported
    mocks = {imported["mocks"][state]: answers for state, answers in case.mocks.items()}
    status, run = await weft.call(
        "POST",
        f"/workflows/{imported['workflow']['id']}/runs?wait=60",
        {"input": case.input, "draft": True, "dry": True, "mocks": mocks},
    )
    assert status == 200, run
    failure = run["failure"] and (run["failure"]["code"], run["failure"]["message"])
    assert (run["status"], failure) == ("failed" if case.fails else "succeeded", case.fails)
    assert run["output"] == (None if case.fails else case.output)
