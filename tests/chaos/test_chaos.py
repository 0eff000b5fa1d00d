"""The short form of `make chaos`: one storm, and nothing is lost or doubled."""

import logging
from pathlib import Path

import pytest

from tests.chaos.plan import SHORT
from tests.chaos.storm import storm


@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    outcome = await storm(tmp_path, 1, SHORT, logging.info)
    assert not outcome.violations, f"{outcome.table}\nlogs and store: {tmp_path}"
