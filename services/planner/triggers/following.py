"""Triggers that follow another workflow: a run of theirs for each of its runs that ends as they want."""

from collections.abc import Sequence

from shared.contracts.failure import Failure, failure
from shared.contracts.run import Run
from shared.contracts.trigger import FollowConfig, Trigger, everything
from shared.firing import Firing, Occasion, Outcome, held_if_gone, kept
from shared.occasions import followed
from shared.starting import fired_id
from shared.storage.triggers import Triggers

MOST_HOPS = 5
ENDS = {"success": ("succeeded",), "failure": ("failed",), "any": ("succeeded", "failed", "cancelled")}


class Following:
    """Hears of every run that has finished."""

    def __init__(self, triggers: Triggers, firing: Firing) -> None:
        self._triggers = triggers
        self._firing = firing

    async def see(self, runs: Sequence[Run]) -> None:
        """A finishing hook. A run that is seen again starts nothing again: the run for it has an id that
        follows from the two."""
        ended = [run for run in runs if run.level == "top" and not run.dry and run.workflow_id]
        if not ended:
            return
        watched = {name for run in ended for name in (run.workflow_id or "", everything(run.workspace_id))}
        triggers = await self._triggers.following(watched)
        pairs = [(each, run) for run in ended for each in triggers if follows(each, run)]
        if not pairs:
            return
        outcomes: dict[str, Outcome] = {}
        occasions: list[Occasion] = []
        for trigger, run in pairs:
            if run.trigger.hops >= MOST_HOPS:
                outcomes[_id(trigger, run)] = _circle(run)
            else:
                output = await self._firing.output_of(run)
                event = followed(trigger, run, output)
                occasions.append(Occasion(trigger, _id(trigger, run), event, run.trigger.hops + 1))
        await self._note(pairs, outcomes | await self._firing.start(occasions))

    async def _note(self, pairs: Sequence[tuple[Trigger, Run]], outcomes: dict[str, Outcome]) -> None:
        """What each trigger shows of it: one that is saved by somebody else just now does without."""
        found: dict[str, list[tuple[str, Run]]] = {}
        triggers = {trigger.id: trigger for trigger, _ in pairs}
        for trigger, run in pairs:
            found.setdefault(trigger.id, []).append((_id(trigger, run), run))
        changed: list[tuple[Trigger, Trigger]] = []
        for trigger_id, seen in found.items():
            trigger = triggers[trigger_id]
            changes: dict[str, object] = {
                "failure": kept(trigger.failure, [outcomes[run_id] for run_id, _ in seen])
            }
            if begun := [each for each in seen if outcomes[each[0]] == "started"]:
                changes |= {"last_run_id": begun[-1][0], "last_at": begun[-1][1].finished_at}
            after = held_if_gone(trigger.model_copy(update=changes), [outcomes[each] for each, _ in seen])
            if after != trigger:
                changed.append((after, trigger))
        await self._triggers.save_many(changed)


def follows(trigger: Trigger, run: Run) -> bool:
    """Whether the trigger is to start a run after this one."""
    config, ended_at = trigger.config, run.finished_at or run.created_at
    return (
        isinstance(config, FollowConfig)
        and trigger.workspace_id == run.workspace_id
        and config.workflow_id in (None, run.workflow_id)
        and trigger.workflow_id != run.workflow_id
        and run.status in ENDS[config.on]
        and trigger.created_at <= ended_at
    )


def _id(trigger: Trigger, run: Run) -> str:
    return fired_id(trigger.id, run.id, run.finished_at or run.created_at)


def _circle(run: Run) -> Failure:
    told = (
        f"Run {run.id!r} is the {MOST_HOPS + 1}th in a row of workflows that triggers have started after one "
        "another: they seem to go in a circle, so no further run was started"
    )
    return failure("circle", told, run_id=run.id)
