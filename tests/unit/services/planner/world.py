"""A small world around `decide`: executors, people, a post and a clock, all of which may fail, but never for
ever.

Messages arrive in any order, twice or not at all; planners crash before and after a save; executors die.
Containers run child runs in it, which tell their parents and are told by them, or not, when a planner
crashes. What must hold after each decision is checked in `law.py` and `family.py`."""

from dataclasses import dataclass, field
from typing import Any

from services.planner.children import ChildBegun, ChildFinished
from services.planner.decide import Fact, Woken, decide
from services.planner.outbox import unsent
from services.planner.transitions import Decision, Spawn
from shared.contracts.events import RunControl, RunRequested, RunWoken
from shared.contracts.run import RUN_FINISHED, Event, Run, child_id
from shared.contracts.value import inline
from shared.contracts.version import PinnedGraph
from shared.stuck import why_stuck
from tests.builders import run
from tests.unit.services.planner import family
from tests.unit.services.planner.answers import body_of
from tests.unit.services.planner.executors import Executors
from tests.unit.services.planner.law import check
from tests.unit.services.planner.luck import Luck, Trouble
from tests.unit.services.planner.people import ROOT, People

MOST_ROUNDS = 6_000
Told = list[tuple[str, Fact]]


class Crash(Exception):
    """The planner is gone; its mail is delivered again."""


@dataclass
class World:
    """One run, from its request to its end, with its child runs."""

    graph: PinnedGraph
    seed: int
    trouble: Trouble
    runs: dict[str, Run] = field(default_factory=dict[str, Run])
    graphs: dict[str, PinnedGraph] = field(default_factory=dict[str, PinnedGraph])
    events: dict[str, dict[int, Event]] = field(default_factory=dict[str, dict[int, Event]])
    rounds: int = 0

    def __post_init__(self) -> None:
        self._carried: set[str] = set()
        self.luck = Luck(self.seed, self.trouble)
        self.executors = Executors(self.luck, self.graphs)
        self.people = People(self.luck, self.runs, self.graphs)
        self._enter(run(ROOT, version=self.graph.version_id), self.graph)
        self.luck.post(ROOT, RunRequested(run_id=ROOT))

    @property
    def run(self) -> Run:
        """The run that all others belong to."""
        return self.runs[ROOT]

    def play(self) -> None:
        """Until all runs have finished and nothing is on its way; fails when that takes for ever."""
        hands = self.executors
        while self._open():
            self.rounds += 1
            assert self.rounds < MOST_ROUNDS, f"still open: {self._unfinished()}"
            self.luck.now += self.luck.chance.randrange(500)
            self.people.interfere(self.rounds)
            moves = [self.plan] * bool(self.luck.mail) + [hands.start] * bool(hands.work)
            moves += [hands.finish] * bool(hands.claimed)
            if not moves or self.luck.mishap():
                self.wake()
            else:
                self.luck.chance.choice(moves)()
        for run_id in self.runs:  # what a crash has left in a child run's outbox is read from there
            self._flush(run_id, [])

    def _open(self) -> bool:
        return bool(self.luck.mail or self.executors.work or self.executors.claimed or self._unfinished())

    def _unfinished(self) -> list[str]:
        return [
            each.id
            for each in self.runs.values()
            if each.status not in RUN_FINISHED or each.wake_at is not None
        ]

    def wake(self) -> None:
        """Nothing else happens until a run is due or somebody answers; then the clock says so."""
        self.people.attend()
        for each in self.runs.values():
            stuck = [reason for reason in why_stuck(each, self.luck.now) if reason.code != "overdue"]
            assert not stuck, f"{each.id}: {stuck}"
        times = [each.wake_at for each in self.runs.values() if each.wake_at is not None]
        if not times:
            return
        self.luck.now = max(self.luck.now, min(times))
        for each in self.runs.values():
            if each.wake_at is not None and each.wake_at <= self.luck.now:
                self.luck.post(each.id, RunWoken(run_id=each.id))

    def plan(self) -> None:
        """A planner takes some of the mail and carries it to the end, unless it crashes on the way."""
        mail = self._taken()
        told: list[tuple[str, Any]] = list(mail)
        self._carried.clear()
        try:
            while told:
                groups: dict[str, list[Any]] = {}
                for run_id, message in told:
                    groups.setdefault(run_id, []).append(message)
                told = [each for run_id, group in groups.items() for each in self._carry(run_id, group)]
        except Crash:
            self.luck.mail += mail
            return
        for run_id in self._carried:
            self._tidy(run_id)

    def _carry(self, run_id: str, messages: list[Any]) -> Told:
        """Load, decide, save, flush, begin, tell: what others must hear. Raises Crash."""
        before = self.runs.get(run_id)
        if before is None:
            return []
        graph, facts = self.graphs[run_id], self._facts(before, messages)
        decision = decide(before, graph, facts, self.luck.now)
        check(graph, before, facts, decision, self.luck.now)
        family.check_spawns(graph, before, decision, self.runs)
        if self.luck.mishap():
            raise Crash
        self.executors.close(run_id, decision)
        self._save(before, decision)
        if self.luck.mishap():
            raise Crash
        if decision.changed or any(isinstance(each, Woken) for each in facts):
            self._carried.add(run_id)
        self._flush(run_id, unsent(before, decision, 0))
        told: Told = []
        for spawn in decision.spawns:
            told += self._begin(run_id, spawn)
        told += [
            (each, RunControl(run_id=each, action=action, by="parent")) for each, action in decision.tells
        ]
        after = self.runs[run_id]
        if after.parent_id and after.status in RUN_FINISHED:
            told.append((after.parent_id, _answer(after)))
        return self._lose(told)

    def _save(self, before: Run, decision: Decision) -> None:
        output = {"output": inline("1")} if "succeeded" in decision.entered else {}
        saved = decision.run.model_copy(update={"rev": before.rev + decision.changed, **output})
        self.runs[before.id] = saved
        family.check_saved(self.graphs[before.id], saved, self.runs)

    def _begin(self, run_id: str, spawn: Spawn) -> Told:
        """Insert child runs that are not there yet, begun."""
        told: Told = []
        for key in spawn.keys:
            suspended = self.runs[run_id].nodes[spawn.node].suspended
            if suspended is None or self.luck.mishap():
                continue
            child = self.runs[run_id].model_copy(update=_fresh(run_id, spawn, key))
            if suspended.directive.kind == "spawn_runs" and not suspended.directive.wait:
                told.append((run_id, ChildBegun(spawn.node, spawn.attempt, child.id)))
            body = body_of(self.graphs[run_id], spawn.node, spawn.field)
            decision = decide(child, body, [RunRequested(run_id=child.id)], self.luck.now)
            self._enter(decision.run, body)
            self._flush(child.id, decision.sends)
        return told

    def _enter(self, fresh: Run, graph: PinnedGraph) -> None:
        assert fresh.id not in self.runs, f"{fresh.id} was begun twice"
        self.runs[fresh.id], self.graphs[fresh.id] = fresh, graph
        self.events[fresh.id] = {}

    def _lose(self, told: Told) -> Told:
        """By mishap, word of a child arrives late as well, or twice, or gets lost for good."""
        kept: Told = []
        for each in told:
            if isinstance(each[1], ChildFinished | ChildBegun) and self.luck.mishap():
                self.luck.mail += [each] * self.luck.chance.randrange(3)
            else:
                kept.append(each)
        return kept

    def _facts(self, of: Run, messages: list[Any]) -> list[Fact]:
        """What happened; a planner that is woken finds more in the store."""
        facts: list[Fact] = [each for each in messages if not isinstance(each, RunWoken)]
        if len(facts) == len(messages):
            return facts
        found, claimed = self.executors.known(of)
        due = [
            self.runs[child]
            for node_id, state in of.nodes.items()
            if state.suspended and state.suspended.children and (state.wake_at or 0) <= self.luck.now
            for key in state.suspended.children.open
            if (child := child_id(of.id, node_id, key)) in self.runs
        ]
        found += [_answer(each) for each in due if each.status in RUN_FINISHED]
        return [*facts, *found, Woken(claimed, frozenset(each.id for each in due))]

    def _flush(self, run_id: str, heads: list[str]) -> None:
        for seq, event in self.runs[run_id].outbox.items():
            assert self.events[run_id].setdefault(int(seq), event) == event
        self.runs[run_id] = self.runs[run_id].model_copy(update={"outbox": {}})
        for head in heads:
            self.executors.send(self.runs[run_id], head)

    def _tidy(self, run_id: str) -> None:
        """A run that has finished, and has told everybody once more, is left alone."""
        if self.runs[run_id].status in RUN_FINISHED:
            self._flush(run_id, [])
            self.runs[run_id] = self.runs[run_id].model_copy(update={"wake_at": None})
            family.check_saved(self.graphs[run_id], self.runs[run_id], self.runs)

    def _taken(self) -> list[tuple[str, Any]]:
        """Some of the mail. What people ask for is not lost by the broker."""
        count = min(len(self.luck.mail), self.luck.chance.randint(1, 3))
        safe = any(isinstance(each, RunControl) for _, each in self.luck.mail)
        drawn = [self.luck.one(self.luck.mail, safe=safe) for _ in range(count)]
        return [each for each in drawn if each is not None]


def _answer(child: Run) -> ChildFinished:
    return ChildFinished(
        child.parent_node or "", child.parent_attempt, child.key or "", child.status, output=child.output,
        failure=child.failure,
    )  # fmt: skip


def _fresh(run_id: str, spawn: Spawn, key: str) -> dict[str, Any]:
    """What makes a run the child run of another one."""
    child = run(child_id(run_id, spawn.node, key))
    own = {"level": "child", "parent_id": run_id, "parent_node": spawn.node, "key": key}
    return {**dict(child), **own, "parent_attempt": spawn.attempt}
