"""How the planner is put together."""

from collections.abc import Callable

from services.planner.alerting.finished import FinishedRuns
from services.planner.alerting.firing import Firing as AlertFiring
from services.planner.alerting.looking import Looking
from services.planner.alerting.posting import Posting
from services.planner.asking import Asking
from services.planner.clock import Chore, Clock
from services.planner.counting import Counting
from services.planner.door import Door
from services.planner.facts import Facts
from services.planner.finishing import Finishing, Hook
from services.planner.gate import Gate
from services.planner.gathering import Gathering
from services.planner.handlers import Planner
from services.planner.keeping import Keeping
from services.planner.memory import Memory
from services.planner.naming import Naming
from services.planner.offspring import Offspring
from services.planner.outbox import Outbox
from services.planner.outputs import Outputs
from services.planner.repeats import Repeats
from services.planner.results import Results
from services.planner.slices import Slices
from services.planner.slots import Slots
from services.planner.spawning import Spawning
from services.planner.triggers.completing import Completing
from services.planner.triggers.continuing import Continuing
from services.planner.triggers.following import Following
from services.planner.triggers.timetable import Timetable
from services.planner.watcher import LOOK_EVERY_S, Watcher
from shared.firing import Firing
from shared.messaging.broker import Bus
from shared.metrics import OUTBOX_AGE_SECONDS, RUNS_WAITING
from shared.quotas import Quotas
from shared.storage.executors import Executors
from shared.storage.mongo import Store
from shared.storage.node_runs import NodeRuns
from shared.storage.payloads import Payloads
from shared.storage.run_events import RunEvents
from shared.storage.run_facts import RunFacts
from shared.storage.runs import Runs
from shared.storage.slots import SlotStore
from shared.storage.triggers import Triggers
from shared.storage.variables import Variables
from shared.storage.versions import Versions
from shared.storage.workflows import Workflows


def build(
    planner_id: str,
    store: Store,
    bus: Bus,
    *,
    public_url: str,
    sends_mail: bool = False,
    stuck_round_s: float = 60,
    quotas: Quotas | None = None,
    leads: Callable[[int], bool] = lambda partition: True,
) -> tuple[Planner, Clock]:
    """What handles messages, and what looks after everything that waits in the partitions it `leads`."""
    runs, node_runs, payloads, executors = Runs(store), NodeRuns(store), Payloads(store), Executors(store)
    outputs, memory = Outputs(node_runs), Memory(runs, Versions(store))
    gathering, naming, events = Gathering(runs, payloads), Naming(Variables(store)), RunEvents(store)
    results = Results(node_runs, outputs, payloads, naming)
    asking = Asking(store, payloads, public_url) if sends_mail else None
    outbox = Outbox(bus, events, node_runs, outputs, payloads, naming, public_url=public_url, asking=asking)
    OUTBOX_AGE_SECONDS.set_function(outbox.age_s)
    keeping = Keeping(planner_id, results, gathering)
    spawning = Spawning(memory, outputs, payloads, Workflows(store))
    offspring = Offspring(runs, memory, spawning, keeping, gathering, Slices(outbox))
    door, gate = Door(bus, memory, Slots(SlotStore(store), runs, payloads)), Gate(bus, runs)
    RUNS_WAITING.set_function(gate.__len__)
    facts = Facts(runs, node_runs, executors, door, gate, Repeats(events))
    alarms = AlertFiring(store, public_url=public_url)
    finished_runs, counting = FinishedRuns(store, alarms), Counting(memory, RunFacts(store))
    finishing = Finishing([counting.see, finished_runs.see, *trigger_hooks(store, bus, quotas)])
    parts = (runs, memory, facts, results, outbox, keeping, offspring, door, gate, finishing)
    planner = Planner(planner_id, *parts)
    chores = [
        Chore(planner.tidy, every_s=1),
        Chore(gate.look, every_s=1),
        Chore(door.sweep, every_s=10),
        Chore(Looking(store, alarms, finished_runs, leads).look, every_s=1),
        Chore(Posting(store, bus, leads).post, every_s=1),
        Chore(Completing(store, Firing(bus, store, quotas)).look, every_s=10),
        Chore(Watcher(store, round_s=stuck_round_s, leads=leads).look, every_s=LOOK_EVERY_S),
    ]
    return planner, Clock(bus, runs, node_runs, executors, chores, leads)


def trigger_hooks(store: Store, bus: Bus, quotas: Quotas | None) -> list[Hook]:
    """The triggers that wait for the end of a run."""
    triggers, firing = Triggers(store), Firing(bus, store, quotas)
    return [Following(triggers, firing).see, Continuing(triggers, Runs(store), firing).see]


def timetable(store: Store, bus: Bus, quotas: Quotas | None, leads: Callable[[int], bool]) -> Timetable:
    """The clock of triggers."""
    triggers, firing = Triggers(store), Firing(bus, store, quotas)
    return Timetable(triggers, firing, Continuing(triggers, Runs(store), firing), leads)
