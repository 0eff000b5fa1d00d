"""What holds whatever goes wrong: checked at each write, each message published or handled, and at the
end."""

from collections.abc import Callable
from typing import Any

from shared.contracts.events import (
    Message,
    NodeFinished,
    NodeReady,
    RunChanged,
    RunControl,
    RunRequested,
    SliceFinished,
)
from shared.contracts.node_run import node_run_id
from shared.contracts.run import RUN_FINISHED, Event, Run, child_id
from shared.contracts.version import PinnedGraph
from shared.storage.mongo import Document
from tests.simulation.store import Documents
from tests.simulation.virtual import Process
from tests.unit.services.planner.law import check_end

IN_FLIGHT = ("ready", "running")
AFTER_THE_END = {"rev", "writer", "wake_at", "outbox", "results"}
"""What may still change in a run that has finished."""
Say = Callable[[str], None]


class Laws:
    """`broken` is called with each breach."""

    def __init__(self, graph_of: Callable[[str], PinnedGraph], broken: Say) -> None:
        self.documents: Documents
        self._graph_of = graph_of
        self._broken = broken
        self._results: dict[tuple[str, str, int], list[Document]] = {}
        self._recorded: dict[str, Document] = {}
        self._ready: set[tuple[str, str, int]] = set()
        self._spawning: set[tuple[str, str, int]] = set()
        self._begun: dict[str, str] = {}
        self._answered: set[str] = set()
        self.unfinished: dict[str, None] = {}

    def written(self, name: str, old: Document | None, new: Document, by: Process) -> None:
        """A document is about to be stored."""
        if name == "runs":
            self._run_written(
                old or {"_id": new["_id"], "rev": -1, "status": "queued"}, new, fresh=old is None
            )
        elif name == "node_runs":
            self._node_run_written(old, new)
        elif name == "run_events":
            for seq, event in new["events"].items():
                told = self._recorded.setdefault(new["run_id"], {}).setdefault(seq, event)
                self._hold(
                    told == event, f"{new['run_id']}: event {seq} was recorded as {told}, now as {event}"
                )

    def _hold(self, law: bool, breach: str) -> None:
        if not law:
            self._broken(breach)

    def _node_run_written(self, old: Document | None, new: Document) -> None:
        same = old is None or not old.get("results") or old["results"] == new.get("results")
        self._hold(same, f"{new['_id']}: results that were stored have been replaced")
        run_id = new["_id"].rsplit(":", 2)[0]
        for result in new.get("results", ()):
            self._results.setdefault((run_id, result["node"], result["attempt"]), []).append(result)

    def _run_written(self, old: Document, new: Document, *, fresh: bool) -> None:
        run_id = new["_id"]
        if not fresh:
            self._hold(new["rev"] == old["rev"] + 1, f"{run_id}: rev {new['rev']} over rev {old['rev']}")
        self._events_kept(run_id, old, new)
        for node_run in old.get("results", {}):
            stored = self.documents.get("node_runs", node_run)
            kept = node_run in new.get("results", {}) or (stored and stored.get("results"))
            self._hold(
                bool(kept), f"{run_id}: the results of {node_run} were dropped before they were stored"
            )
        if old["status"] in RUN_FINISHED:
            changed = {each for each in {*old, *new} - AFTER_THE_END if old.get(each) != new.get(each)}
            self._hold(not changed, f"{run_id}: {sorted(changed)} changed after the end")
        for node_id, state in new.get("nodes", {}).items():
            if state.get("status") == "ready" and state.get("head") == node_id:
                self._ready.add((run_id, node_id, state["head_attempt"]))
            elif state.get("status") == "suspended":
                self._spawning.add((run_id, node_id, state["attempt"]))
        if new["status"] == "running" and old["status"] == "queued" and not new.get("parent_id"):
            self._slot_taken(new)
        if new["status"] in RUN_FINISHED and new.get("wake_at") is None:
            self.unfinished.pop(run_id, None)
        else:
            self.unfinished[run_id] = None
            self._hold(new.get("wake_at") is not None, f"{run_id}: nobody will look at this run again")

    def _slot_taken(self, new: Document) -> None:
        """No more runs are under way than may be."""
        terms = self._graph_of(new["version"]).settings.concurrency
        others = [
            document["_id"]
            for _, document in self.documents.all("runs").values()
            if document["status"] in ("running", "paused") and not document.get("parent_id")
        ]
        self._hold(terms is None or len(others) < terms.limit, f"{new['_id']} begins beside {others}")

    def _events_kept(self, run_id: str, old: Document, new: Document) -> None:
        before, after = old.get("outbox", {}), new.get("outbox", {})
        for seq, event in before.items():
            told = after.get(seq) or self._recorded.get(run_id, {}).get(seq)
            self._hold(told == event, f"{run_id}: event {seq} was dropped or changed before it was recorded")
        added = [int(seq) for seq in after if seq not in before]
        expected = list(range(old.get("seq", 0) + 1, new.get("seq", 0) + 1))
        self._hold(added == expected, f"{run_id}: events {added} were added, not {expected}")
        attached = [
            result for node_run in new.get("results", {}).values() for result in node_run.get("results", ())
        ]
        for seq in added:
            self._output_before_state(run_id, after[str(seq)], attached)

    def _output_before_state(self, run_id: str, event: Document, attached: list[Document]) -> None:
        kind, node_id, attempt = event["type"], event.get("node"), event.get("attempt")
        told = kind in ("node.succeeded", "node.failed") or (kind == "node.retrying" and not event.get("by"))
        told = told or (kind == "node.skipped" and event.get("port") is not None)
        if not told:
            return
        stored = self._results.get((run_id, str(node_id), attempt or 0), [])
        found = [
            *(each for each in attached if (each["node"], each["attempt"]) == (node_id, attempt)),
            *stored,
        ]
        wanted = "succeeded" if kind in ("node.succeeded", "node.skipped") else "failed"
        fits = any(
            each["status"] == wanted and (wanted == "failed" or each.get("port") == event.get("port"))
            for each in found
        )
        self._hold(fits, f"{run_id}: {kind} of {node_id} {attempt} was saved before such a result was stored")

    def published(self, message: Message, by: Process) -> None:
        """Anything is about to be sent."""
        if isinstance(message, NodeReady):
            head, run_id = message.nodes[0], message.run_id
            if message.slice:
                asked = (run_id, message.slice.node, message.slice.attempt) in self._spawning
            else:
                asked = (run_id, head.node, head.attempt) in self._ready
                self._carries(message)
            self._hold(asked, f"{run_id}: {head.node} {head.attempt} was sent before that was saved")
        elif isinstance(message, RunChanged):
            for change in message.changes:
                self._is_saved(change.run_id, change.events)
        elif isinstance(message, NodeFinished):
            self._answered.add(node_run_id(message.run_id, message.head, message.attempt))

    def _is_saved(self, run_id: str, events: dict[str, Event]) -> None:
        run = self.documents.get("runs", run_id) or {}
        saved = {**self._recorded.get(run_id, {}), **run.get("outbox", {})}
        for seq, event in events.items():
            same = saved.get(seq) == event.model_dump(exclude_defaults=True)
            self._hold(same, f"{run_id}: event {seq} was told, but not saved")

    def _carries(self, message: NodeReady) -> None:
        """The outputs that a message carries are those that were stored."""
        run, head = self.documents.get("runs", message.run_id), message.nodes[0]
        nodes: dict[str, Any] = run.get("nodes", {}) if run else {}
        state = nodes.get(head.node, {})
        if run is None or state.get("status") != "ready" or state.get("head_attempt") != head.attempt:
            return
        strict = self._graph_of(run["version"]).nodes[head.node].join == "all"
        for node_id, value in message.outputs.items():
            source = nodes.get(node_id, {})
            if source.get("status") != "succeeded" or (value.json_text == "null" and not strict):
                continue
            stored = self._stored_output(source.get("source") or run["_id"], run, node_id, source["attempt"])
            told = value.json_text in stored
            self._hold(told, f"{run['_id']}: {head.node} got {value.json_text} of {node_id}, not {stored}")

    def _stored_output(self, run_id: str, run: Document, node_id: str, attempt: int) -> list[str]:
        attached = [result for each in run.get("results", {}).values() for result in each.get("results", ())]
        found = [each for each in attached if (each["node"], each["attempt"]) == (node_id, attempt)]
        found += self._results.get((run_id, node_id, attempt), [])
        return [(each.get("output") or {}).get("json_text", "null") for each in found]

    def handled(self, message: Message, by: Process) -> None:
        """A handler is done with a message: it may be acknowledged, so that nothing must be lost with it."""
        run = self.documents.get("runs", getattr(message, "run_id", "")) or {}
        nodes = run.get("nodes", {})
        going = run.get("status") not in RUN_FINISHED
        if isinstance(message, NodeReady):
            self._taken(message)
        elif isinstance(message, NodeFinished) and going:
            state = nodes.get(message.head, {})
            lap = (state.get("head"), state.get("head_attempt"), state.get("turn", 0))
            open_ = lap == (message.head, message.attempt, message.results[0].turn)
            left = open_ and state.get("status") in IN_FLIGHT
            self._hold(not left, f"{run['_id']}: the answer of {message.head} {message.attempt} was lost")
        elif isinstance(message, RunControl) and message.action == "cancel":
            self._hold(not going, f"{run.get('_id')}: a cancel was acknowledged and lost")
        elif isinstance(message, RunControl) and message.action == "decide" and message.reason and going:
            state = nodes.get(message.node, {})
            left = (state.get("status"), state.get("attempt")) == ("suspended", message.attempt)
            self._hold(not left, f"{run.get('_id')}: the decision on {message.node} was lost")
        elif isinstance(message, RunRequested) and going:
            may_wait = self._graph_of(run["version"]).settings.concurrency is not None
            self._hold(may_wait or run["status"] != "queued", f"{run['_id']}: its request was lost")
        elif isinstance(message, SliceFinished) and going:
            self._slice_taken(message, nodes.get(message.node, {}))

    def _taken(self, message: NodeReady) -> None:
        head = message.nodes[0]
        claim = node_run_id(message.run_id, head.node, head.attempt)
        if message.side_effects != "none":
            claimed = self.documents.get("node_runs", claim) is not None or not self._wanted(message)
            self._hold(claimed, f"{claim}: was acknowledged, not claimed")
        elif not message.slice:
            self._hold(claim in self._answered, f"{claim}: was acknowledged, not answered")

    def _slice_taken(self, message: SliceFinished, state: Document) -> None:
        suspended = state.get("suspended") or {}
        if state.get("attempt") != message.attempt:
            return
        for answer in message.answers:
            open_ = answer.key in (suspended.get("children") or {}).get("open", ())
            child = child_id(message.run_id, message.node, answer.key)
            self._hold(
                not open_ or self.documents.get("runs", child) is not None, f"{child}: its answer was lost"
            )

    def _wanted(self, message: NodeReady) -> bool:
        """Whether the run still waits for it: an executor need not begin what was cancelled."""
        state = (
            (self.documents.get("runs", message.run_id) or {}).get("nodes", {}).get(message.nodes[0].node, {})
        )
        return state.get("status") in IN_FLIGHT and state.get("head_attempt") == message.nodes[0].attempt

    def begun(self, ready: NodeReady, by: Process) -> None:
        """An executor begins to run what was sent to it: with effects, nobody else ever does."""
        if ready.side_effects == "none":
            return
        claim = node_run_id(ready.run_id, ready.nodes[0].node, ready.nodes[0].attempt)
        before = self._begun.get(claim)
        self._hold(before is None, f"{claim}: {by.name} runs it, after {before}")
        self._begun[claim] = by.name
        stored = self.documents.get("node_runs", claim)
        self._hold(
            bool(stored and stored.get("executor") == by.name), f"{claim}: {by.name} runs it unclaimed"
        )

    def at_end(self) -> None:
        """All runs have finished."""
        for run_id, (_, document) in self.documents.all("runs").items():
            run, graph = Run.model_validate(document), self._graph_of(document["version"])
            told = {**self._recorded.get(run_id, {}), **document.get("outbox", {})}
            events = {int(seq): Event.model_validate(event) for seq, event in told.items()}
            try:
                _check_end(graph, run, events)
            except AssertionError as error:
                self._broken(f"{run_id}: {str(error).splitlines()[0] if str(error) else error!r}")


def _check_end(graph: PinnedGraph, run: Run, events: dict[int, Event]) -> None:
    if run.rerun_of is None:
        check_end(graph, run, events)
    assert sorted(events) == list(range(1, run.seq + 1)), "recorded events have a gap"
    ends = [each.type for each in events.values() if each.type.removeprefix("run.") in RUN_FINISHED]
    assert ends == [f"run.{run.status}"], f"the run ended with {ends}"
    for event in events.values():
        again = event.type == "node.retrying" and event.failure and event.failure.code == "lost"
        once = event.node and graph.frozen[event.node].side_effects == "once"
        assert not (again and once and not event.by), f"{event.node} was run again although it may have run"
