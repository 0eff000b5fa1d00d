"""States, one after another."""

from dataclasses import dataclass, field
from typing import Any

from tests.asl import choices, functions, paths
from tests.asl.faults import Failed

State = dict[str, Any]
Answers = dict[str, list[Any]]
MOST_STATES = 2_000


class Endless(Exception):
    """A machine has gone on for too long."""


class Ambiguous(Exception):
    """What a machine comes to depends on which of its branches is faster."""


@dataclass
class Interpreter:
    """Runs a machine. Tasks answer with what `answers` holds by their name: one after another, the last for
    ever; `{"failure": {"code", "message"}}` makes them fail. `strict` takes a failure beside Tasks for
    ambiguous: they may have been called, or not."""

    answers: Answers = field(default_factory=dict[str, list[Any]])
    calls: dict[str, int] = field(default_factory=dict[str, int])
    strict: bool = False
    most: int = MOST_STATES
    entered: int = 0

    def run(self, machine: State, data: Any) -> Any:
        """Its output. Raises Failed."""
        return self.machine(
            machine,
            data,
            {"Execution": {"Input": data, "Id": "run", "Name": "run"}, "Task": {"Token": "token"}},
        )

    def machine(self, machine: State, data: Any, context: State) -> Any:
        """The output of a machine, a branch or an iteration."""
        name = machine["StartAt"]
        while name is not None:
            self.entered += 1
            if self.entered > self.most:
                raise Endless
            name, data = self.state(name, machine["States"][name], data, context)
        return data

    def state(self, name: str, state: State, data: Any, context: State) -> tuple[str | None, Any]:
        """The state that comes next, and its input."""
        retries = [0] * len(state.get("Retry", []))
        while True:
            here = context | {"State": {"Name": name, "RetryCount": sum(retries)}}
            try:
                return Entered(self, name, state, data, here).left()
            except Failed as failed:
                at = _first(state.get("Retry", []), failed)
                if (
                    at is not None
                    and not failed.late
                    and retries[at] < state["Retry"][at].get("MaxAttempts", 3)
                ):
                    retries[at] += 1
                    continue
                at = _first(state.get("Catch", []), failed)
                if at is None:
                    raise
                catcher = state["Catch"][at]
                said = {"Error": failed.error, "Cause": failed.cause}
                return catcher["Next"], _placed(catcher.get("ResultPath", "$"), data, said)

    def answer(self, name: str) -> Any:
        """What a Task comes to."""
        at = self.calls.get(name, 0)
        self.calls[name] = at + 1
        entries = self.answers[name]
        entry = entries[min(at, len(entries) - 1)]
        if isinstance(entry, dict) and entry.keys() == {"failure"}:
            raise Failed(entry["failure"]["code"], entry["failure"].get("message", ""))
        return entry


@dataclass
class Entered:
    """A state with its input, once."""

    interpreter: Interpreter
    name: str
    state: State
    data: Any
    context: State

    def left(self) -> tuple[str | None, Any]:
        """Through the fields, in their order."""
        state, work = self.state, getattr(self, f"do_{self.state['Type'].lower()}")
        effective = self.at_path("InputPath", self.data)
        if "Parameters" in state and state["Type"] != "Map":
            effective = self.template(state["Parameters"], effective)
        follower = state.get("Next")
        if state["Type"] == "Choice":
            follower, result = work(effective), effective
        else:
            result = work(effective)
        if state["Type"] in ("Pass", "Task", "Parallel", "Map"):
            result = self.combined(result)
        return follower, self.at_path("OutputPath", result)

    def combined(self, result: Any) -> Any:
        """The raw input with the result in it."""
        try:
            if "ResultSelector" in self.state:
                result = self.template(self.state["ResultSelector"], result)
            return _placed(self.state.get("ResultPath", "$"), self.data, result)
        except Failed as failed:
            failed.late = True
            raise

    def do_pass(self, data: Any) -> Any:
        return self.state.get("Result", data)

    def do_task(self, data: Any) -> Any:
        return self.interpreter.answer(self.name)

    def do_succeed(self, data: Any) -> Any:
        return data

    def do_wait(self, data: Any) -> Any:
        for name in ("SecondsPath", "TimestampPath"):
            if name in self.state:
                self.read(self.state[name], data)
        return data

    def do_choice(self, data: Any) -> str:
        for rule in self.state["Choices"]:
            if choices.holds(rule, lambda path: self.found(path, data)):
                return rule["Next"]
        if "Default" in self.state:
            return self.state["Default"]
        raise Failed("States.NoChoiceMatched", self.name)

    def do_fail(self, data: Any) -> Any:
        def given(name: str) -> str | None:
            path = self.state.get(f"{name}Path")
            found = self.state.get(name) if path is None else self.reason(path, data)
            if found is not None and not isinstance(found, str):
                raise Failed("States.Runtime", f"{name} must be a string")
            return found

        raise Failed(given("Error"), given("Cause"))

    def do_parallel(self, data: Any) -> Any:
        return self.side_by_side([(branch, data, self.context) for branch in self.state["Branches"]])

    def do_map(self, data: Any) -> Any:
        items = self.read(self.state.get("ItemsPath", "$"), data)
        if not isinstance(items, list):
            raise Failed("States.Runtime", "no array")
        machine = self.state.get("ItemProcessor", self.state.get("Iterator"))
        selector = self.state.get("ItemSelector", self.state.get("Parameters"))
        work: list[Any] = []
        for index, value in enumerate(items):
            inner = self.context | {"Map": {"Item": {"Index": index, "Value": value}}}
            here = Entered(self.interpreter, self.name, self.state, self.data, inner)
            work.append((machine, value if selector is None else here.template(selector, data), inner))
        return self.side_by_side(work)

    def side_by_side(self, work: list[Any]) -> list[Any]:
        """The outputs in order, or the one failure. Raises Ambiguous where it depends on who is faster."""
        before = sum(self.interpreter.calls.values())
        outputs, failures = [], []
        for machine, data, context in work:
            try:
                outputs.append(self.interpreter.machine(machine, data, context))
            except Failed as failed:
                failures.append(failed)
        called = sum(self.interpreter.calls.values()) > before and self.interpreter.strict
        if len({failed.error for failed in failures}) > 1 or (failures and len(work) > 1 and called):
            raise Ambiguous
        if failures:
            raise failures[0]
        return outputs

    def at_path(self, name: str, data: Any) -> Any:
        path = self.state.get(name, "$")
        return {} if path is None else self.read(path, data)

    def found(self, path: str, data: Any) -> Any:
        """Raises LookupError."""
        return paths.read(path[1:], self.context) if path.startswith("$$") else paths.read(path, data)

    def read(self, path: str, data: Any, error: str = "States.Runtime") -> Any:
        try:
            return self.found(path, data)
        except LookupError as missing:
            raise Failed(error, path) from missing

    def value(self, text: str, data: Any) -> Any:
        """A path or a call."""
        if text.startswith("States."):
            return functions.call(text, lambda path: self.read(path, data, "States.IntrinsicFailure"))
        return self.read(text, data, "States.ParameterPathFailure")

    def reason(self, text: str, data: Any) -> Any:
        """What an ErrorPath or a CausePath leads to."""
        return self.value(text, data) if text.startswith("States.") else self.read(text, data)

    def template(self, template: Any, data: Any) -> Any:
        if isinstance(template, list):
            return [self.template(each, data) for each in template]
        if not isinstance(template, dict):
            return template
        return {
            key.removesuffix(".$"): self.value(value, data)
            if key.endswith(".$")
            else self.template(value, data)
            for key, value in template.items()
        }


def _placed(path: str | None, data: Any, result: Any) -> Any:
    return data if path is None else paths.write(path, data, result)


def _first(handlers: list[State], failed: Failed) -> int | None:
    """The first Retrier or Catcher that names a failure."""
    for at, handler in enumerate(handlers):
        if _named(handler["ErrorEquals"], failed.error):
            return at
    return None


def _named(names: list[str], error: str | None) -> bool:
    """Wildcards do not match what is wrong with the definition itself; a heartbeat that is missing is a
    timeout."""
    if error in names or (error == "States.HeartbeatTimeout" and "States.Timeout" in names):
        return True
    if error in ("States.Runtime", "States.DataLimitExceeded"):
        return False
    return "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")
