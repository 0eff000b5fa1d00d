"""What can be wrong with a definition, and how it is found field by field."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.asl.machine import State, joined

INVALID = "asl_invalid"
JSONATA = "asl_jsonata"
UNKNOWN = "asl_unknown_field"
UNREACHABLE = "asl_unreachable"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where: `States.Fetch.Next`."""

    path: str
    code: str
    message: str


@dataclass
class Findings:
    """What was found so far; warnings do not keep a definition from being imported."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def wrong(self, path: str, message: str, code: str = INVALID) -> None:
        """Something that must be mended."""
        self.faults.append(Fault(path, code, message))

    def odd(self, path: str, code: str, message: str) -> None:
        """Something that is worth knowing."""
        self.warnings.append(Fault(path, code, message))

    def has(self, state: State, name: str, path: str, kind: type | tuple[type, ...], told: str) -> bool:
        """Whether a field is there and of a kind; a wrong kind is noted."""
        if name not in state:
            return False
        value = state[name]
        if isinstance(value, kind) and not (isinstance(value, bool) and bool not in _kinds(kind)):
            return True
        self.wrong(joined(path, name), f"`{name}` must be {told}")
        return False

    def number(
        self,
        state: State,
        name: str,
        path: str,
        *,
        least: float = 0,
        most: float = 2**53,
        whole: bool = True,
    ) -> None:
        """A field that must be a number within bounds, if it is there."""
        told = f"{'a whole number' if whole else 'a number'} from {least:g} to {most:g}"
        kind = int if whole else (int, float)
        if self.has(state, name, path, kind, told) and not least <= state[name] <= most:
            self.wrong(joined(path, name), f"`{name}` must be {told}")

    def spelling(
        self,
        state: State,
        name: str,
        path: str,
        check: Callable[[Any], str | None],
        *,
        null: bool = False,
    ) -> None:
        """A field that must hold a path of some kind, if it is there."""
        if name not in state or (null and state[name] is None):
            return
        value = state[name]
        wrong = check(value) if isinstance(value, str) else "a string is wanted"
        if wrong:
            self.wrong(joined(path, name), f"`{name}` is not what it must be: {wrong}")

    def target(self, name: Any, states: dict[str, Any], path: str) -> None:
        """The name of a state that must be there."""
        if not isinstance(name, str) or name not in states:
            said = str(name)
            self.wrong(path, f"there is no state `{said[:80]}`{_near(said, states)}")

    def one_of(self, state: State, names: tuple[str, ...], path: str, *, required: bool) -> None:
        """Fields of which there may be only one."""
        found = [name for name in names if name in state]
        if len(found) > 1:
            self.wrong(path, f"{' and '.join(f'`{name}`' for name in found)} exclude each other")
        elif required and not found:
            self.wrong(path, f"one of {', '.join(f'`{name}`' for name in names)} is needed")


def _near(name: str, states: dict[str, Any]) -> str:
    found = next((each for each in states if each.lower().strip() == name.lower().strip()), None)
    return f"; did you mean `{found[:80]}`?" if found else ""


def _kinds(kind: type | tuple[type, ...]) -> tuple[type, ...]:
    return kind if isinstance(kind, tuple) else (kind,)
