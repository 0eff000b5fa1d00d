"""Every exchange, queue and binding of Weft. Names carry a version: arguments of a declared queue cannot
change."""

from zlib import crc32

EXCHANGE = "weft"
DEAD_EXCHANGE = "weft.dead"
DEAD_QUEUE = "dead.v1"
CREDENTIALS_QUEUE = "credentials.v1"
PARTITIONS = 16
LANES = ("high", "normal")
NOTIFY_QUEUE = "notify.v1"
DELIVERY_LIMIT = 20
PLANNER_EVENTS = (
    "run.requested",
    "run.control",
    "run.woken",
    "node.started",
    "node.finished",
    "slice.finished",
)

QUORUM = {"x-queue-type": "quorum"}
WORK_QUEUE = {
    **QUORUM,
    "x-dead-letter-exchange": DEAD_EXCHANGE,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
    "x-delivery-limit": DELIVERY_LIMIT,
}
PLANNER_QUEUE = {**WORK_QUEUE, "x-single-active-consumer": True}


def partition_of(run_id: str) -> int:
    """The partition that all planner events of a run, and of the child runs in it, go to."""
    return crc32(run_id.partition(".")[0].encode()) % PARTITIONS


def planner_key(event: str, run_id: str) -> str:
    """Routing key of a planner event: `node.finished.07`."""
    return f"{event}.{partition_of(run_id):02d}"


def planner_queue(partition: int) -> str:
    """The queue of one partition."""
    return f"planner.v1.{partition:02d}"


def planner_bindings(partition: int) -> list[str]:
    """Routing keys that lead to one partition's queue."""
    return [f"{event}.{partition:02d}" for event in PLANNER_EVENTS]


def ready_key(pool: str, lane: str) -> str:
    """Routing key of work for a pool."""
    return f"node.ready.{pool}.{lane}"


def executor_queue(pool: str, lane: str) -> str:
    """The queue of one pool and lane."""
    return f"exec.v1.{pool}.{lane}"
