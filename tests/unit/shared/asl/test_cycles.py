"""States that can come again."""

import pytest

from shared.asl.cycles import components, heads, is_cycle, ways_within

Ways = dict[str, list[str]]


@pytest.mark.parametrize(
    ("ways", "groups"),
    [
        ({"a": ["b"], "b": []}, [["a"], ["b"]]),
        ({"a": ["b"], "b": ["a"]}, [["a", "b"]]),
        ({"a": ["a"]}, [["a"]]),
        ({"a": ["b"], "b": ["c"], "c": ["b", "d"], "d": []}, [["a"], ["b", "c"], ["d"]]),
        ({"a": ["b", "c"], "b": ["a"], "c": ["d"], "d": ["c"]}, [["a", "b"], ["c", "d"]]),
    ],
)
def test_states_that_reach_each_other_belong_together(ways: Ways, groups: list[list[str]]) -> None:
    assert components(ways) == groups


def test_a_state_on_its_own_is_a_cycle_only_if_it_leads_to_itself() -> None:
    assert is_cycle(["a"], {"a": ["a"]})
    assert not is_cycle(["a"], {"a": []})


@pytest.mark.parametrize(
    ("ways", "entries"),
    [
        ({"a": ["b"], "b": ["a"]}, ["a"]),
        ({"a": ["b"], "b": ["c", "a"], "c": ["b"]}, ["a"]),
        ({"a": ["b"], "b": ["c", "a"], "c": ["b", "c"]}, ["a", "b"]),
        ({"a": ["b", "c"], "b": ["c", "a"], "c": ["b", "a"]}, ["a"]),
    ],
)
def test_without_the_ways_to_its_heads_no_state_comes_again(ways: Ways, entries: list[str]) -> None:
    group = list(ways)
    tops = heads(group, entries, ways)
    left = ways_within(
        group, {key: [each for each in found if each not in tops] for key, found in ways.items()}
    )
    assert tops[: len(entries)] == entries
    assert not any(is_cycle(each, left) for each in components(left))
