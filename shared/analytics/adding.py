"""Figures added up. The order does not matter, nor how they were grouped before. Pure."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from shared.analytics.histogram import counted, merged
from shared.contracts.figures import ErrorFigures, NodeFigures, RollUp, RunFact, RunFigures

F = TypeVar("F")
MOST_CODES = 200
OTHER = "other"
"""What further codes of one workflow are counted under: authors choose them, and may make up any number."""


def with_facts(rollup: RollUp, facts: Sequence[RunFact]) -> RollUp:
    """The roll-up with these runs, which were not in it before."""
    nodes = [
        node.model_copy(update={"workflow_id": fact.workflow_id}) for fact in facts for node in fact.nodes
    ]
    errors = [error for fact in facts if (error := error_of(fact))]
    return rollup.model_copy(
        update={
            "runs": runs_by_workflow([*rollup.runs, *map(runs_of, facts)]),
            "nodes": _by(lambda each: (each.workflow_id, each.type), add_nodes, [*rollup.nodes, *nodes]),
            "errors": _few(_by(_code, add_errors, [*rollup.errors, *errors])),
            "taken": [fact.id for fact in facts],
        }
    )


def runs_of(fact: RunFact) -> RunFigures:
    """The figures of one run."""
    return RunFigures.model_validate(
        {
            "workflow_id": fact.workflow_id,
            fact.status: 1,
            "tokens": fact.tokens,
            "cost_nanos": fact.cost_nanos,
            "durations": [] if fact.duration_ms is None else counted([fact.duration_ms]),
            "waits": [] if fact.wait_ms is None else counted([fact.wait_ms]),
        }
    )


def error_of(fact: RunFact) -> ErrorFigures | None:
    """The failure of one run, if it failed."""
    if fact.code is None:
        return None
    return ErrorFigures(
        workflow_id=fact.workflow_id, code=fact.code, count=1, last_at=fact.finished_at, run_id=fact.id
    )


def runs_by_workflow(figures: Iterable[RunFigures]) -> list[RunFigures]:
    """One for each workflow."""
    return _by(lambda each: each.workflow_id, add_runs, figures)


def nodes_by_type(figures: Iterable[NodeFigures]) -> list[NodeFigures]:
    """One for each node type, whatever the workflow."""
    return _by(lambda each: each.type, add_nodes, figures)


def errors_by_code(figures: Iterable[ErrorFigures]) -> list[ErrorFigures]:
    """One for each code, whatever the workflow."""
    return _by(lambda each: each.code, add_errors, figures)


def add_runs(figures: Sequence[RunFigures]) -> RunFigures:
    """All of them as one; of no workflow in particular when there are none."""
    if not figures:
        return RunFigures()
    return RunFigures(
        workflow_id=figures[0].workflow_id,
        succeeded=sum(each.succeeded for each in figures),
        failed=sum(each.failed for each in figures),
        cancelled=sum(each.cancelled for each in figures),
        tokens=sum(each.tokens for each in figures),
        cost_nanos=sum(each.cost_nanos for each in figures),
        durations=merged(each.durations for each in figures),
        waits=merged(each.waits for each in figures),
    )


def add_nodes(figures: Sequence[NodeFigures]) -> NodeFigures:
    """All of them as one."""
    return NodeFigures(
        workflow_id=figures[0].workflow_id,
        type=figures[0].type,
        count=sum(each.count for each in figures),
        failures=sum(each.failures for each in figures),
        retries=sum(each.retries for each in figures),
        total_ms=sum(each.total_ms for each in figures),
        longest_ms=max(each.longest_ms for each in figures),
        durations=merged(each.durations for each in figures),
    )


def add_errors(figures: Sequence[ErrorFigures]) -> ErrorFigures:
    """All of them as one, with the last of their runs."""
    last = max(figures, key=lambda each: (each.last_at, each.run_id))
    return last.model_copy(update={"count": sum(each.count for each in figures)})


def _code(each: ErrorFigures) -> tuple[str, str]:
    return each.workflow_id, each.code


def _few(errors: list[ErrorFigures]) -> list[ErrorFigures]:
    """At most so many codes a workflow."""
    kept: list[ErrorFigures] = []
    codes: defaultdict[str, int] = defaultdict(int)
    for each in sorted(errors, key=lambda each: (each.code == OTHER, -each.count)):
        codes[each.workflow_id] += 1
        many = codes[each.workflow_id] > MOST_CODES
        kept.append(each.model_copy(update={"code": OTHER}) if many else each)
    return _by(_code, add_errors, kept)


def _by(key_of: Callable[[F], Hashable], add: Callable[[Sequence[F]], F], figures: Iterable[F]) -> list[F]:
    """Added up by their key, in the order of the keys."""
    groups: defaultdict[Hashable, list[F]] = defaultdict(list)
    for each in figures:
        groups[key_of(each)].append(each)
    return [add(group) if len(group) > 1 else group[0] for _, group in sorted(groups.items(), key=_first)]


def _first(pair: tuple[Hashable, object]) -> str:
    return repr(pair[0])
