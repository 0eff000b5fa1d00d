"""Something is gone, and work goes on within the bounds that are promised."""

import logging
from pathlib import Path

import pytest

from tests.chaos.recovery import connectors_gone, measured, planner_gone, runner_gone


@pytest.mark.timeout(240)
async def test_work_goes_on_soon_enough(tmp_path: Path) -> None:
    figures = await measured(tmp_path, logging.info, planner_gone, runner_gone, connectors_gone)
    assert [str(each) for each in figures if not each.good] == []
