"""The Context Object: what `$$` reads."""

from datetime import UTC, datetime
from typing import Any

from ulid import ULID

from shared.asl.times import shown


def context_object(
    run_id: str, workflow_id: str | None, state: str, extra: dict[str, Any], *, attempt: int = 1
) -> dict[str, Any]:
    """What `$$` reads in a state of a run, whose id tells when it was made. `extra` holds what only some
    states need: `input`, the run's input; `token`, which names a task; `map`, what an iteration works on."""
    root = run_id.partition(".")[0]
    made = {
        "Execution": {
            "Id": root,
            "Name": root,
            "Input": extra.get("input"),
            "RoleArn": "",
            "StartTime": shown(_made_at(root)),
            "RedriveCount": 0,
        },
        "State": {"Name": state, "EnteredTime": shown(datetime.now(UTC)), "RetryCount": attempt - 1},
        "StateMachine": {"Id": workflow_id or root, "Name": workflow_id or root},
    }
    if extra.get("token") is not None:
        made["Task"] = {"Token": extra["token"]}
    return made if extra.get("map") is None else {**made, "Map": extra["map"]}


def _made_at(run_id: str) -> datetime:
    try:
        return ULID.from_str(run_id.rpartition("_")[2]).datetime
    except ValueError:
        return datetime.now(UTC)
