"""Runs to be steered: under way and waiting, or finished."""

from typing import Any

from tests.integration.gateway.api import Api, Planner

GRAPH = {
    "nodes": [
        {"id": "a", "type": "noop"},
        {"id": "ask", "type": "review", "config": {"title": "Good?"}},
        {"id": "paid", "type": "signal"},
    ],
}
REVIEW = {"kind": "await_decision", "decisions": ["approve", "reject"]}
SIGNAL = {"kind": "await_signal"}


def suspended(directive: dict[str, Any]) -> dict[str, Any]:
    """The state of a node that waits for this."""
    return {"status": "suspended", "attempt": 1, "suspended": {"directive": directive, "started_at": 0}}


async def waiting_run(api: Api, planner: Planner) -> str:
    """One that is under way: a node to retry or skip, one to decide, one to signal."""
    states: dict[str, Any] = {
        "a": {"status": "failed", "attempt": 1},
        "ask": suspended(REVIEW),
        "paid": suspended(SIGNAL),
    }
    return await planner.started(api, GRAPH, **states)


async def failed_run(api: Api, planner: Planner) -> str:
    """One to be run again."""
    run_id = await waiting_run(api, planner)
    await planner.save(run_id, "failed", "run.failed")
    return run_id
