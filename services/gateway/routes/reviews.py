"""Reviews that wait for somebody: an inbox."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.control_inputs import ReviewsQuery
from services.gateway.control_resources import ReviewPage
from services.gateway.documented import answers
from services.gateway.identity.access import access_of, needs
from services.gateway.identity.sight import seen
from services.gateway.parts import gateway_of
from services.gateway.present import Shown, Texts, iso, json_response
from services.gateway.waiting import input_of, review_shown
from shared.contracts.directive import AwaitDecision
from shared.contracts.run import NodeState, Run, Suspension

MAX_SHOWN_BYTES = 200_000
"""A list leaves out what a review with more than that shows; the review's node has it."""

router = APIRouter(tags=["control"])


@router.get(
    "/reviews",
    dependencies=[needs("runs:read")],
    summary="List reviews",
    responses=answers(_200=(ReviewPage, "Those that wait, of the newest runs first")),
)
async def list_waiting(
    request: Request, workspace_id: str, query: Annotated[ReviewsQuery, Query()]
) -> Response:
    """All that wait to be decided, those in child runs as well. A page has the reviews of `limit` runs."""
    gateway, limit = gateway_of(request), query.limit + 1

    async def read_page(before: str | None) -> list[Run]:
        return await gateway.runs.waiting(workspace_id, "review", before=before, limit=limit)

    access = access_of(request)
    runs = await seen(access, read_page, lambda run: run.workflow_id, cursor=query.cursor, limit=limit)
    shown = runs[: query.limit]
    values = [value for run in shown for _, state, _, _ in _reviews(run) for value in input_of(state)]
    texts = await gateway.payloads.texts([each for each in values if each.size <= MAX_SHOWN_BYTES])
    items = [each for run in shown for each in _items(run, texts, request.url.path)]
    return json_response({"items": items, "next": shown[-1].id if len(runs) > query.limit else None})


def _reviews(run: Run) -> Iterator[tuple[str, NodeState, Suspension, AwaitDecision]]:
    for node_id, state in run.nodes.items():
        if state.status == "suspended" and state.suspended:
            asked = state.suspended.directive
            if isinstance(asked, AwaitDecision):
                yield node_id, state, state.suspended, asked


def _items(run: Run, texts: Texts, path: str) -> Iterator[Shown]:
    root = path.removesuffix("/reviews")
    for node_id, state, suspended, asked in _reviews(run):
        yield {
            "run_id": run.id,
            "node": node_id,
            "workflow_id": run.workflow_id,
            "since": iso(suspended.started_at),
            **review_shown(state, asked, texts),
            "decide_url": f"{root}/runs/{run.id}/nodes/{node_id}/decide",
        }
