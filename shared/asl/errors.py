"""Error Names of the States Language: what is raised, and which of them a Retrier or Catcher names."""

RUNTIME = "States.Runtime"
TIMEOUT = "States.Timeout"
HEARTBEAT = "States.HeartbeatTimeout"
TASK_FAILED = "States.TaskFailed"
ALL = "States.ALL"
NO_CHOICE = "States.NoChoiceMatched"
RESULT_PATH = "States.ResultPathMatchFailure"
PARAMETER_PATH = "States.ParameterPathFailure"
INTRINSIC = "States.IntrinsicFailure"
TOLERANCE = "States.ExceedToleratedFailureThreshold"
BRANCH_FAILED = "States.BranchFailed"

NO_COUNTERPART = "asl_no_counterpart"

UNCATCHABLE = frozenset({RUNTIME, "States.DataLimitExceeded", NO_COUNTERPART})
"""What no wildcard matches: trouble with the definition or its data, which another try would not mend."""
_OWN_NAMES = {"timeout": TIMEOUT, "rate_limited": "States.Http.StatusCode.429"}


class StatesError(Exception):
    """A state has failed: `name` is the Error Name, the text its cause."""

    def __init__(self, name: str, cause: str) -> None:
        super().__init__(cause)
        self.name = name


def error_name(code: str) -> str:
    """The Error Name of a failure's code, which is the same but for those of Weft's own."""
    if code.startswith("http_") and code[5:].isdigit():
        return f"States.Http.StatusCode.{code[5:]}"
    return _OWN_NAMES.get(code, code)


def named_by(error_equals: list[str], code: str, *, branches: bool = False) -> bool:
    """Whether an `ErrorEquals` names the failure; `branches` for one that came out of a Parallel state."""
    name = error_name(code)
    if name in error_equals or code in error_equals:
        return True
    if name == HEARTBEAT and TIMEOUT in error_equals:
        return True
    if name in UNCATCHABLE:
        return False
    if ALL in error_equals or (branches and BRANCH_FAILED in error_equals):
        return True
    return TASK_FAILED in error_equals and name != TIMEOUT
