"""The same seed is the same storm."""

from collections import Counter
from random import Random

from tests.chaos.plan import SHORT, Size, drawn
from tests.chaos.shapes import DRAWERS, Pen, draw
from tests.chaos.target import Target


def test_a_storm_follows_from_its_seed() -> None:
    assert drawn(Random(5), Size()) == drawn(Random(5), Size())
    assert drawn(Random(5), Size()) != drawn(Random(6), Size())


def test_everything_is_done_as_often_as_it_was_ordered_and_in_time() -> None:
    for seed in range(20):
        deeds = drawn(Random(seed), Size())
        counted = Counter((each.what, each.whom) for each in deeds)
        kills = {whom: count for (what, whom), count in counted.items() if what == "kill"}
        assert sum(kills.values()) == 100
        assert set(kills) == {"planner", "runner", "connectors", "gateway"}
        assert (counted["restart", "broker"], counted["restart", "store"]) == (5, 5)
        assert (counted["stop", "runner"], counted["stop", "connectors"]) == (1, 1)
        assert (counted["purge", "planner"], counted["purge", "executors"]) == (2, 2)
        assert [each.at_s for each in deeds] == sorted(each.at_s for each in deeds)
        assert all(0 <= each.at_s < Size().span_s for each in deeds)
    assert sum(each.what == "kill" for each in drawn(Random(1), SHORT)) == SHORT.kills


def test_a_storm_has_runs_of_every_shape() -> None:
    def shape(number: int) -> str:
        return draw(Pen(Random(f"1:{number}"), Target(), "wf")).name

    assert [shape(number) for number in range(20)] == [shape(number) for number in range(20)]
    assert len({shape(number) for number in range(500)}) == len(DRAWERS)
