"""Histories: what once happened to a run, and what was decided, as JSON files in `tests/histories`.

Play a `Play`, and `write(play, "name", about="…")` adds one. A history is never rewritten to please today's
code: a run that was started before a deployment must go on after it."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from services.planner.children import ChildBegun, ChildFinished, Ungatherable
from services.planner.decide import Admission, Fact, Woken
from shared.contracts.events import MESSAGES, Message
from shared.contracts.run import Run
from shared.contracts.value import from_json
from shared.contracts.version import Version
from tests.unit.services.planner.play import Play

FOLDER = Path(__file__).parents[3] / "histories"
FOUND: dict[str, tuple[type, TypeAdapter[Any]]] = {
    "woken": (Woken, TypeAdapter(Woken)),
    "admission": (Admission, TypeAdapter(Admission)),
    "child_finished": (ChildFinished, TypeAdapter(ChildFinished)),
    "child_begun": (ChildBegun, TypeAdapter(ChildBegun)),
    "ungatherable": (Ungatherable, TypeAdapter(Ungatherable)),
}
MODELS = {model.event: model for model in MESSAGES}


def load(name: str) -> dict[str, Any]:
    """One history by name."""
    return from_json((FOLDER / f"{name}.json").read_text())


def replay(history: dict[str, Any]) -> Play:
    """A play of the same version, through the same facts at the same times."""
    play = Play(Version.model_validate(history["version"]), start=False)
    play.run = play.first = Run.model_validate(history["run"])
    for batch in history["batches"]:
        play.tell(*map(_fact, batch["facts"]), after_ms=batch["at"] - play.now)
    return play


def outcome(play: Play) -> dict[str, Any]:
    """What is compared: every event, every message sent, and the run as it was left."""
    begins = [[[each.node, each.field, each.keys] for each in made.spawns] for made in play.decisions]
    tells = [[list(each) for each in made.tells] for made in play.decisions]
    return {
        **({"spawns": begins} if any(begins) else {}),
        **({"tells": tells} if any(tells) else {}),
        "events": {seq: _plain(event) for seq, event in play.run.outbox.items()},
        "sends": [decision.sends for decision in play.decisions],
        "run": _plain(play.run.model_copy(update={"outbox": {}})),
    }


def write(play: Play, name: str, *, about: str) -> None:
    """Record a play; refuses to replace a history."""
    history = {
        "about": about,
        "version": _plain(play.version),
        "run": _plain(play.first),
        "batches": [{"at": at, "facts": [_told(fact) for fact in facts]} for at, facts in play.batches],
        "expected": outcome(play),
    }
    with (FOLDER / f"{name}.json").open("x") as file:
        file.write(to_text(history))


def to_text(history: dict[str, Any]) -> str:
    """JSON that reads well in a diff."""
    return json.dumps(history, indent=1, ensure_ascii=False) + "\n"


def _plain(model: Any) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _told(fact: Fact) -> dict[str, Any]:
    if isinstance(fact, Message):
        return {"event": fact.event, **_plain(fact)}
    kind = next(name for name, (found, _) in FOUND.items() if isinstance(fact, found))
    return {"event": kind, **FOUND[kind][1].dump_python(fact, mode="json", exclude_defaults=True)}


def _fact(told: dict[str, Any]) -> Fact:
    event, said = told["event"], {key: value for key, value in told.items() if key != "event"}
    if event in FOUND:
        return FOUND[event][1].validate_python(said)
    return MODELS[event].model_validate(said)  # type: ignore[return-value]
