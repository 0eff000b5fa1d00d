"""Who comes before whom."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.check.order import Order

IDS = [str(number) for number in range(8)]
arrows = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), max_size=16)


def walked(edges: list[tuple[str, str]], target: str) -> set[str]:
    """All ids from which a walk along the edges leads to the target."""
    seen: set[str] = set()
    left = [target]
    while left:
        here = left.pop()
        before = {source for source, end in edges if end == here and source != here} - seen
        seen |= before
        left.extend(before)
    return seen


@given(arrows)
def test_upstream_is_where_a_walk_back_leads(edges: list[tuple[str, str]]) -> None:
    forward = [(min(pair), max(pair)) for pair in edges if pair[0] != pair[1]]
    order = Order(IDS, forward)
    assert not order.cycles
    for node_id in IDS:
        before = walked(forward, node_id)
        assert set(order.upstream(node_id)) == before
        assert all(order.is_upstream(node_id, other) == (other in before) for other in IDS)


@given(arrows)
def test_a_graph_has_a_cycle_when_a_walk_leads_back(edges: list[tuple[str, str]]) -> None:
    order = Order(IDS, edges)
    assert bool(order.cycles) == any(node_id in walked(edges, node_id) for node_id in IDS)
    for cycle in order.cycles:
        assert cycle[0] == cycle[-1] == min(cycle)
        assert all(pair in edges for pair in pairwise(cycle))
