"""The four signals for whoever is on call: runs by status, node latency, queue wait, outbox age."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 1800)

RUNS = Counter("weft_runs_total", "Runs that entered a status", ["status"])
NODE_SECONDS = Histogram(
    "weft_node_seconds",
    "Duration of a node's attempt by type and outcome",
    ["type", "status"],
    buckets=_SECONDS,
)
QUEUE_WAIT_SECONDS = Histogram(
    "weft_queue_wait_seconds",
    "From the planner's sending a node to an executor's taking it",
    ["pool", "lane"],
    buckets=_SECONDS,
)
OUTBOX_AGE_SECONDS = Gauge(
    "weft_outbox_age_seconds", "Age of the oldest saved event that is not yet published"
)
PARTITIONS_LED = Gauge("weft_partitions_led", "Partitions, of sixteen, that this planner sees to")
RUNS_WAITING = Gauge("weft_runs_waiting", "Queued runs that this planner has wait for executors")
DEAD_LETTERS = Gauge("weft_dead_letters", "Messages that nobody could handle, and that wait for an operator")
SCHEDULE_LATE_SECONDS = Histogram(
    "weft_schedule_late_seconds",
    "From a schedule's time until it was seen to",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60),
)
STUCK_RUNS = Gauge("weft_stuck_runs", "Unfinished runs that would not go on by themselves")
STUCK_ROUNDS = Counter("weft_stuck_rounds_total", "How often all unfinished runs have been looked at")
BATCH_EVENTS = Histogram(
    "weft_planner_batch_events",
    "Events the planner decided in one batch",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200),
)
CONFLICTS = Counter("weft_planner_conflicts_total", "Saves that met another revision and were decided again")
HTTP_SECONDS = Histogram(
    "weft_http_seconds",
    "Duration of a request to the gateway",
    ["method", "route", "status"],
    buckets=_SECONDS,
)
