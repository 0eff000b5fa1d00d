"""What belongs to which run, and what a document refers to."""

import pytest

from services.planner.old_runs import first_id, references, root_of
from shared.contracts.value import Value
from shared.ids import new_id, now_ms
from tests.builders import NOW, run


@pytest.mark.parametrize(
    ("document_id", "root"),
    [
        ("run_1", "run_1"),
        ("run_1.each.3", "run_1"),
        ("run_1.each.3.try-2.body-1", "run_1"),
        ("run_1:0000000007", "run_1"),
        ("run_1:fetch:2", "run_1"),
        ("run_1.each.3:fetch:2", "run_1"),
    ],
)
def test_all_that_belongs_to_a_run_begins_with_its_id(document_id: str, root: str) -> None:
    assert root_of(document_id) == root


def test_ids_of_runs_are_told_apart_by_when_they_were_begun() -> None:
    assert first_id(now_ms() - 1000) < new_id("run") < first_id(now_ms() + 1000)
    assert first_id(NOW) < first_id(NOW + 1)


def test_every_reference_in_a_run_is_found() -> None:
    large = run(
        input=Value(ref="a", size=40_000),
        output=Value(ref="b", size=40_000),
        outer={"ref": Value(ref="c", size=40_000), "small": Value(json_text='{"ref": "no"}', size=13)},
        signals={"s": Value(ref="d", size=40_000)},
    )
    assert set(references(large.model_dump(by_alias=True))) == {"a", "b", "c", "d"}
