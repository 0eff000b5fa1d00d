"""The executors of the random world: they take messages, may claim them, answer, hand back, and die."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.planner.decide import Fact
from services.planner.lost import lost
from services.planner.readiness import sent_with
from services.planner.transitions import Decision
from shared.contracts.events import NodeStarted
from shared.contracts.node_run import NodeResult, NodeRun, node_run_id
from shared.contracts.run import IN_FLIGHT, Run
from shared.contracts.version import PinnedGraph
from tests.builders import WORKSPACE, finished
from tests.unit.services.planner.answers import answer
from tests.unit.services.planner.luck import Luck


@dataclass(frozen=True)
class Going:
    """A node on its way: it may run after another of its message has left through a port."""

    node: str
    attempt: int
    turn: int
    after: str
    port: str


@dataclass(frozen=True)
class Sent:
    """A `node.ready` on its way."""

    run_id: str
    head: str
    nodes: list[Going]

    @property
    def id(self) -> str:
        """Under which its results are stored."""
        return node_run_id(self.run_id, self.head, self.nodes[0].attempt)


@dataclass
class Executors:
    """All of them together, and what they have stored."""

    luck: Luck
    graphs: Mapping[str, PinnedGraph]
    work: list[Sent] = field(default_factory=list[Sent])
    claimed: list[tuple[Sent, str]] = field(default_factory=list[tuple[Sent, str]])
    node_runs: dict[str, NodeRun] = field(default_factory=dict[str, NodeRun])
    dead: set[str] = field(default_factory=set[str])

    def send(self, run: Run, head: str) -> None:
        """A message is on its way."""
        graph = self.graphs[run.id]
        going: list[Going] = []
        for node_id in sent_with(graph, run.nodes, head):
            state = run.nodes[node_id]
            edge = graph.incoming[node_id][0] if node_id != head else None
            after, port = (edge.source, edge.port) if edge else ("", "")
            going.append(Going(node_id, state.attempt, state.turn, after, port))
        self.work.append(Sent(run.id, head, going))

    def start(self) -> None:
        """One takes a message. Work with side effects is claimed and goes on by itself."""
        sent = self.luck.one(self.work)
        if sent is None:
            return
        if self.luck.chance.random() < 0.3:
            said = {"node": sent.head, "attempt": sent.nodes[0].attempt, "executor": "e", "at": self.luck.now}
            self.luck.post(sent.run_id, NodeStarted(run_id=sent.run_id, **said))
        if self.graphs[sent.run_id].frozen[sent.head].side_effects == "none":
            self.luck.post(sent.run_id, finished(*self._results(sent), run_id=sent.run_id))
            return
        claim = self.node_runs.get(sent.id)
        if claim is None:
            executor = f"e{len(self.node_runs)}"
            self.node_runs[sent.id] = NodeRun(
                id=sent.id, run_id=sent.run_id, workspace_id=WORKSPACE, executor=executor, open=True,
                created_at=self.luck.now,
            )  # fmt: skip
            self.claimed.append((sent, executor))
        elif claim.results:
            self.luck.post(sent.run_id, finished(*claim.results, run_id=sent.run_id, stored=True))

    def finish(self) -> None:
        """Claimed work comes to its end, or its executor does."""
        sent, executor = self.claimed.pop(self.luck.chance.randrange(len(self.claimed)))
        claim = self.node_runs[sent.id]
        if self.luck.mishap():
            self.dead.add(executor)
            if claim.open and self.luck.chance.random() < 0.5:
                self.luck.post(sent.run_id, lost(claim, self.luck.now))
        elif claim.open:
            results = self._results(sent)
            self.node_runs[claim.id] = claim.model_copy(update={"results": results, "open": False})
            self.luck.post(sent.run_id, finished(*results, run_id=sent.run_id, stored=True))

    def known(self, run: Run) -> tuple[list[Fact], frozenset[str]]:
        """What a woken planner finds in the store about nodes that are due; and which are being worked on."""
        facts: list[Fact] = []
        claimed: set[str] = set()
        for node_id, state in run.nodes.items():
            due = state.status in IN_FLIGHT and state.wake_at is not None and state.wake_at <= self.luck.now
            stored = self.node_runs.get(node_run_id(run.id, node_id, state.head_attempt)) if due else None
            if stored and stored.results:
                facts.append(finished(*stored.results, run_id=run.id, stored=True))
            elif stored and stored.executor in self.dead:
                facts.append(lost(stored, self.luck.now))
            elif stored:
                claimed.add(node_id)
        return facts, frozenset(claimed)

    def close(self, run_id: str, decision: Decision) -> None:
        """The planner has answered for these attempts itself."""
        for (head, attempt), results in decision.results.items():
            stored = self.node_runs.get(node_run_id(run_id, head, attempt))
            if stored and stored.open:
                closed = stored.model_copy(update={"results": results, "open": False})
                self.node_runs[stored.id] = closed

    def _results(self, sent: Sent) -> list[NodeResult]:
        luck, results = self.luck, dict[str, NodeResult]()
        for going in sent.nodes:
            if going.after and (going.after not in results or results[going.after].port != going.port):
                continue
            if going.after and going.after != list(results)[-1] and luck.chance.random() < 0.2:
                continue  # handed back
            results[going.node] = answer(
                luck.seed, self.graphs[sent.run_id], sent.run_id, going.node, going.attempt, going.turn,
                luck.now, plain=luck.plain,
            )  # fmt: skip
            if results[going.node].failure:
                break
        return list(results.values())
