"""Another attempt? When? Pure: the jitter is drawn from the run, the node and the attempt, not from
chance."""

import re
from zlib import crc32

from shared.contracts.base import Millis
from shared.contracts.catalog import SideEffects
from shared.contracts.failure import Failure
from shared.contracts.graph import Retry

LOST = "lost"
ALL = frozenset({"*", "any"})
HTTP_STATUS = re.compile(r"http_[1-5]\d\d")
MAX_LOST_ATTEMPTS = 20
MAX_WAIT_S = 86_400


def retry_delay_ms(retry: Retry, run_id: str, node_id: str, attempt: int) -> Millis:
    """How long to wait after `attempt` (1 for the first) has failed, in milliseconds."""
    seconds = min(retry.initial_s * retry.multiplier ** (attempt - 1), retry.max_s)
    share = crc32(f"{run_id}:{node_id}:{attempt}".encode()) / 2**32
    return int(seconds * (1 + retry.jitter * (2 * share - 1)) * 1000)


def may_retry(retry: Retry, failure: Failure, attempt: int, side_effects: SideEffects) -> bool:
    """Whether the policy grants another attempt after this failure.

    It may name failures by code (`timeout`), by what an HTTP server answered (`http_503`, `http_5xx`,
    whatever code that was given), or all of them (`*` or `any`), and except some (`!timeout`). Work with
    effects that was lost may have had them: only `lost` by its name repeats it. Lost work that may be
    repeated is run again whatever the policy says, up to a bound that stops a node which kills every executor
    it meets."""
    if failure.code == LOST and side_effects != "once" and attempt < MAX_LOST_ATTEMPTS:
        return True
    names = _names(failure, side_effects)
    refused = any(f"!{name}" in retry.on for name in names)
    return attempt < retry.max_attempts and not refused and not names.isdisjoint(retry.on)


def _names(failure: Failure, side_effects: SideEffects) -> set[str]:
    """Every word in a policy that means this failure."""
    names = {failure.code}
    if failure.code != LOST or side_effects != "once":
        names |= ALL
    status = failure.details.get("status")
    answered = f"http_{status}" if isinstance(status, int) else failure.code
    if HTTP_STATUS.fullmatch(answered):
        names |= {answered, f"{answered[:6]}xx"}
    return names


def delay_after(retry: Retry, failure: Failure, run_id: str, node_id: str, attempt: int) -> Millis:
    """The wait before the next attempt: none after a loss, at least what a server asked for in
    `retry_after_s`."""
    if failure.code == LOST:
        return 0
    asked = failure.details.get("retry_after_s")
    least = int(min(asked, MAX_WAIT_S) * 1000) if isinstance(asked, int | float) and asked > 0 else 0
    return max(retry_delay_ms(retry, run_id, node_id, attempt), least)
