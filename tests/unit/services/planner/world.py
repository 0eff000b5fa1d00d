"""A small world around `decide`: executors, a network and a clock, all of which may fail, but never for ever.

Messages arrive in any order, twice or not at all; planners crash before and after a save; executors die. What
must hold after each decision is checked in `law.py`."""

from dataclasses import dataclass, field
from random import Random
from typing import TypeVar
from zlib import crc32

from services.planner.decide import Fact, Woken, decide
from services.planner.lost import lost
from services.planner.outbox import unsent
from services.planner.readiness import sent_with
from services.planner.transitions import Decision
from shared.contracts.events import NodeFinished, NodeStarted, RunControl, RunRequested, RunWoken
from shared.contracts.node_run import NodeResult, NodeRun, node_run_id
from shared.contracts.run import IN_FLIGHT, RUN_FINISHED, Event
from shared.contracts.version import PinnedGraph
from tests.builders import NOW, WORKSPACE, failed, finished, run, succeeded
from tests.unit.services.planner.law import check

T = TypeVar("T")
Mail = RunRequested | RunControl | RunWoken | NodeStarted | NodeFinished
MOST_ROUNDS = 3_000


@dataclass(frozen=True)
class Trouble:
    """How much goes wrong: the chance of each mishap, and how many there may be in all."""

    chance: float = 0
    most: int = 0
    cancel_after: int | None = None


@dataclass(frozen=True)
class Sent:
    """A `node.ready` on its way: nodes with their attempts, and after which node and port each may run."""

    head: str
    attempt: int
    nodes: list[tuple[str, int, str, str]]


@dataclass
class World:
    """One run from its request to its end."""

    graph: PinnedGraph
    seed: int
    trouble: Trouble
    now: int = NOW
    mail: list[Mail] = field(default_factory=list)
    work: list[Sent] = field(default_factory=list)
    claimed: list[tuple[Sent, str]] = field(default_factory=list)
    node_runs: dict[str, NodeRun] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    events: dict[int, Event] = field(default_factory=dict)
    rounds: int = 0

    def __post_init__(self) -> None:
        self.run = run(version=self.graph.version_id)
        self.chance = Random(self.seed)
        self.mishaps = self.trouble.most
        self.mail.append(RunRequested(run_id=self.run.id))

    def play(self) -> None:
        """Until the run has finished and nothing is on its way; fails when that takes for ever."""
        while self._open():
            self.rounds += 1
            assert self.rounds < MOST_ROUNDS, f"still {self.run.status}: {self.run.nodes}"
            self.now += self.chance.randrange(500)
            if self.rounds == self.trouble.cancel_after:
                self.mail.append(RunControl(run_id=self.run.id, action="cancel"))
            moves = [self.plan] * bool(self.mail) + [self.start] * bool(self.work)
            moves += [self.finish] * bool(self.claimed)
            if not moves or self._mishap():
                self.wake()
            else:
                self.chance.choice(moves)()

    def _open(self) -> bool:
        under_way = self.mail or self.work or self.claimed
        return bool(self.run.status not in RUN_FINISHED or under_way or self.run.outbox)

    def wake(self) -> None:
        """Nothing else happens until the run is due; then the clock says so."""
        assert self.run.wake_at is not None
        self.now = max(self.now, self.run.wake_at)
        self.mail.append(RunWoken(run_id=self.run.id))

    def plan(self) -> None:
        """A planner takes some of the mail: load, decide, save, flush; it may crash around the save."""
        mail = self._taken()
        before = self.run
        facts = self._facts(mail)
        decision = decide(before, self.graph, facts, self.now)
        check(self.graph, before, facts, decision, self.now)
        if self._mishap():
            self.mail += mail
            return
        self._close_claims(decision)
        self.run = decision.run.model_copy(update={"rev": before.rev + decision.changed})
        if self._mishap():
            self.mail += mail
            return
        self._flush(unsent(before, decision, 0))

    def start(self) -> None:
        """An executor takes a message. Work with side effects is claimed and goes on by itself."""
        sent = self._one(self.work)
        if sent is None:
            return
        if self.chance.random() < 0.3:
            self.mail.append(NodeStarted(
                run_id=self.run.id, node=sent.head, attempt=sent.attempt, executor="e", at=self.now
            ))  # fmt: skip
        if self.graph.frozen[sent.head].side_effects == "none":
            self.mail.append(finished(*self._results(sent)))
            return
        claim = self.node_runs.get(self._id(sent))
        if claim is None:
            executor = f"e{len(self.node_runs)}"
            self.node_runs[self._id(sent)] = NodeRun(
                id=self._id(sent), run_id=self.run.id, workspace_id=WORKSPACE, executor=executor, open=True,
                created_at=self.now,
            )  # fmt: skip
            self.claimed.append((sent, executor))
        elif claim.results:
            self.mail.append(finished(*claim.results, stored=True))

    def finish(self) -> None:
        """Claimed work comes to its end, or its executor does."""
        sent, executor = self.claimed.pop(self.chance.randrange(len(self.claimed)))
        claim = self.node_runs[self._id(sent)]
        if self._mishap():
            self.dead.add(executor)
            if claim.open and self.chance.random() < 0.5:
                self.mail.append(lost(claim, self.now))
        elif claim.open:
            results = self._results(sent)
            self.node_runs[claim.id] = claim.model_copy(update={"results": results, "open": False})
            self.mail.append(finished(*results, stored=True))

    def answer(self, node_id: str, attempt: int) -> NodeResult:
        """What an attempt answers, the same whenever it is made."""
        drawn = crc32(f"{self.seed}:{node_id}:{attempt}".encode()) // 7
        if drawn % 4 == 0:
            return failed(node_id, ("unavailable", "broken")[drawn // 4 % 2], attempt=attempt, at=self.now)
        ports = [port for port in self.graph.frozen[node_id].ports if port != "failure"]
        return succeeded(node_id, ports[drawn // 8 % len(ports)], attempt=attempt, at=self.now)

    def _results(self, sent: Sent) -> list[NodeResult]:
        results: dict[str, NodeResult] = {}
        for node_id, attempt, after, port in sent.nodes:
            if after and (after not in results or results[after].port != port):
                continue
            if after and after != list(results)[-1] and self.chance.random() < 0.2:
                continue  # handed back
            results[node_id] = self.answer(node_id, attempt)
            if results[node_id].failure:
                break
        return list(results.values())

    def _facts(self, mail: list[Mail]) -> list[Fact]:
        facts: list[Fact] = [each for each in mail if not isinstance(each, RunWoken)]
        return [*facts, *self._found()] if len(facts) < len(mail) else facts

    def _found(self) -> list[Fact]:
        """What a woken planner finds in the store about nodes that are due."""
        facts: list[Fact] = []
        claimed: set[str] = set()
        for node_id, state in self.run.nodes.items():
            due = state.status in IN_FLIGHT and state.wake_at is not None and state.wake_at <= self.now
            key = node_run_id(self.run.id, node_id, state.head_attempt)
            stored = self.node_runs.get(key) if due else None
            if stored and stored.results:
                facts.append(finished(*stored.results, stored=True))
            elif stored and stored.executor in self.dead:
                facts.append(lost(stored, self.now))
            elif stored:
                claimed.add(node_id)
        return [*facts, Woken(frozenset(claimed))]

    def _close_claims(self, decision: Decision) -> None:
        for (head, attempt), results in decision.results.items():
            stored = self.node_runs.get(node_run_id(self.run.id, head, attempt))
            if stored and stored.open:
                closed = stored.model_copy(update={"results": results, "open": False})
                self.node_runs[stored.id] = closed

    def _flush(self, heads: list[str]) -> None:
        for seq, event in self.run.outbox.items():
            assert self.events.setdefault(int(seq), event) == event
        self.run = self.run.model_copy(update={"outbox": {}})
        for head in heads:
            nodes = [
                (node_id, self.run.nodes[node_id].attempt, *self._way(head, node_id))
                for node_id in sent_with(self.graph, self.run.nodes, head)
            ]
            self.work.append(Sent(head, nodes[0][1], nodes))

    def _way(self, head: str, node_id: str) -> tuple[str, str]:
        if node_id == head:
            return "", ""
        edge = self.graph.incoming[node_id][0]
        return edge.source, edge.port

    def _taken(self) -> list[Mail]:
        drawn = [self._one(self.mail) for _ in range(min(len(self.mail), self.chance.randint(1, 3)))]
        return [each for each in drawn if each is not None]

    def _one(self, box: list[T]) -> T | None:
        """Anything from the box; by mishap it stays there, too, or is nowhere."""
        index = self.chance.randrange(len(box))
        if self._mishap():
            return box[index]
        return None if self._mishap() and box.pop(index) else box.pop(index)

    def _mishap(self) -> bool:
        if self.mishaps <= 0 or self.chance.random() >= self.trouble.chance:
            return False
        self.mishaps -= 1
        return True

    def _id(self, sent: Sent) -> str:
        return node_run_id(self.run.id, sent.head, sent.attempt)
