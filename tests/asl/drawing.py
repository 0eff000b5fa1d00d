"""Random machines, bounded: every kind of state, nested, leading anywhere, with answers for their Tasks."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.asl.interpreter import Answers
from tests.asl.trial import Trial, failing
from tests.unit.shared.asl.machines import LAMBDA, State

WORDS = ["Fetch", "Décide", "two words", "nodes", "out", "item", "a.b", "x" * 70, "1st", "→"]
DEEPEST = 2
KINDS = ["Pass"] * 4 + ["Task"] * 4 + ["Choice"] * 4 + ["Parallel", "Map", "Wait", "Succeed", "Fail"]
ERRORS = ["ErrA", "ErrB", "States.Timeout", "States.TaskFailed"]
PATHS = ["$", "$", "$", "$.o", "$.list", "$.n", "$.o.in", "$.list[0]", "$.no"]
PLACES = ["$.o.r", "$.r", "$.n", "$.s", "$.o", "$", "$.list[0]"]
INPUT = {"n": 0, "s": "a", "list": [1, 2], "o": {"in": True, "k": None}}
KEEPING = {"n.$": "States.MathAdd($.n, 1)", "s.$": "$.s", "list.$": "$.list", "o.$": "$.o"}
RULES: list[State] = [
    {"Variable": "$.n", "NumericLessThan": 2},
    {"Variable": "$.n", "NumericGreaterThanEquals": 3},
    {"Variable": "$.s", "StringEquals": "a"},
    {"Variable": "$.r", "IsPresent": True},
    {"Not": {"Variable": "$.n", "IsNumeric": True}},
    {"Variable": "$.o.in", "BooleanEquals": True},
    {"And": [{"Variable": "$.r", "IsPresent": True}, {"Variable": "$.r", "IsString": True}]},
    {"Variable": "$.s", "StringMatches": "*b*"},
    {"Or": [{"Variable": "$.n", "NumericEqualsPath": "$.o.n"}, {"Variable": "$.n", "IsNull": True}]},
    {"And": [{"Variable": "$.n", "IsPresent": True}, {"Variable": "$.n", "NumericLessThan": 4}]},
]
TEMPLATES: list[Any] = [
    KEEPING,
    KEEPING,
    {**KEEPING, "s": "b"},
    {"n.$": "$.n", "s.$": "$.s"},
    {"all.$": "$"},
    {"n": 1, "s": "ab", "list": [], "o": {}},
    {"name.$": "$$.State.Name", "n.$": "$.n"},
    {"f.$": "States.Format('{}-{}', $.n, $.s)"},
    {"p.$": "States.ArrayPartition($.list, 2)"},
]
RESULTS: list[Any] = ["b", 5, None, {"n": 1, "s": "b"}, [3, 4], INPUT]
"""What a Pass results in, and a Task answers."""


@dataclass
class Drawing:
    """One machine in the making."""

    chance: Random
    answers: Answers = field(default_factory=dict[str, list[Any]])
    named: int = 0

    def machine(self, depth: int = 0, *, repeated: bool = False) -> State:
        """A machine; `repeated` when several of its kind run side by side, which all get the same answers."""
        names = [self.name() for _ in range(self.chance.randint(1, 4 if depth else 7))]
        return {
            "StartAt": names[0],
            "States": {each: self.state(each, names, depth, repeated) for each in names},
        }

    def name(self) -> str:
        self.named += 1
        return f"{self.chance.choice(WORDS)} {self.named}" if self.chance.random() < 0.5 else f"S{self.named}"

    def state(self, name: str, names: list[str], depth: int, repeated: bool) -> State:
        kind = self.chance.choice(KINDS)
        if kind in ("Parallel", "Map") and depth == DEEPEST:
            kind = "Pass"
        state: State = {"Type": kind, "Comment": "drawn"}
        if kind not in ("Choice", "Succeed", "Fail"):
            state |= (
                {"End": True}
                if self.chance.random() < (0.6 if name == names[-1] else 0.1)
                else {"Next": self.after(name, names)}
            )
        getattr(self, f"_{kind.lower()}")(state, name, names, depth, repeated)
        return state

    def after(self, name: str, names: list[str]) -> str:
        """The next one, mostly; or any, which may lead back."""
        at = names.index(name) + 1
        return names[at] if at < len(names) and self.chance.random() < 0.7 else self.chance.choice(names)

    def _pass(self, state: State, *_: Any) -> None:
        self._some(
            state,
            {"InputPath": [*PATHS, None], "OutputPath": ["$", "$.o", None], "ResultPath": [*PLACES, None]},
        )
        state |= {"Parameters": self.chance.choice(TEMPLATES)} if self.chance.random() < 0.6 else {}
        state |= {"Result": self.chance.choice(RESULTS)} if self.chance.random() < 0.3 else {}

    def _task(self, state: State, name: str, names: list[str], depth: int, repeated: bool) -> None:
        state |= {"Resource": LAMBDA, "TimeoutSeconds": 30}
        self._some(
            state,
            {
                "InputPath": PATHS,
                "Parameters": TEMPLATES,
                "ResultPath": [*PLACES, None],
                "ResultSelector": [{"v.$": "$"}],
            },
        )
        if "ResultPath" not in state and self.chance.random() < 0.7:
            state["ResultPath"] = "$.r"
        self._handlers(state, names)
        count = 1 if repeated else self.chance.randint(1, 4)
        self.answers[name] = [
            failing(self.chance.choice(ERRORS)) if self.chance.random() < 0.4 else self.chance.choice(RESULTS)
            for _ in range(count)
        ]

    def _choice(self, state: State, name: str, names: list[str], *_: Any) -> None:
        rules = self.chance.sample(RULES, self.chance.randint(1, 3))
        state["Choices"] = [{**each, "Next": self.chance.choice(names)} for each in rules]
        state |= {"Default": self.chance.choice(names)} if self.chance.random() < 0.8 else {}

    def _parallel(self, state: State, name: str, names: list[str], depth: int, repeated: bool) -> None:
        state["Branches"] = [
            self.machine(depth + 1, repeated=repeated) for _ in range(self.chance.randint(1, 3))
        ]
        self._some(
            state,
            {"ResultPath": PLACES, "ResultSelector": [{"n": 9, "first.$": "$[0]"}], "Parameters": TEMPLATES},
        )
        self._handlers(state, names)

    def _map(self, state: State, name: str, names: list[str], depth: int, repeated: bool) -> None:
        state[self.chance.choice(["ItemProcessor", "Iterator"])] = self.machine(depth + 1, repeated=True)
        selector = {"n.$": "$$.Map.Item.Index", "s.$": "$.s", "list": [], "o": {"v.$": "$$.Map.Item.Value"}}
        self._some(state, {"ResultPath": PLACES, "ItemSelector": [selector], "MaxConcurrency": [1, 5]})
        state["ItemsPath"] = self.chance.choice(["$.list", "$.list", "$.list[0:1]", "$.o"])
        self._handlers(state, names)

    def _wait(self, state: State, *_: Any) -> None:
        state |= self.chance.choice(
            [{"Seconds": 30}, {"SecondsPath": "$.n"}, {"Timestamp": "2999-01-01T00:00:00Z"}]
        )

    def _succeed(self, state: State, *_: Any) -> None:
        self._some(state, {"InputPath": PATHS, "OutputPath": ["$", None]})

    def _fail(self, state: State, *_: Any) -> None:
        state |= self.chance.choice(
            [{"Error": "ErrA", "Cause": "c"}, {"Error": "ErrB"}, {"ErrorPath": "$.s", "Cause": "d"}, {}]
        )

    def _handlers(self, state: State, names: list[str]) -> None:
        pools = [["ErrA"], ["ErrB", "States.Timeout"], ["States.TaskFailed"], ["States.ALL"]]
        for which, more in (
            ("Retry", {"MaxAttempts": [0, 1, 2]}),
            ("Catch", {"ResultPath": [*PLACES, None]}),
        ):
            if self.chance.random() < 0.5:
                chosen = sorted(self.chance.sample(range(4), self.chance.randint(1, 2)))
                state[which] = [{"ErrorEquals": pools[each]} for each in chosen]
                for handler in state[which]:
                    self._some(handler, more)
                    handler |= (
                        {"Next": self.chance.choice(names)} if which == "Catch" else {"IntervalSeconds": 30}
                    )

    def _some(self, state: State, values: dict[str, list[Any]]) -> None:
        state.update(
            {each: self.chance.choice(all_) for each, all_ in values.items() if self.chance.random() < 0.25}
        )


def drawn(seed: int) -> Trial:
    """The machine of a seed."""
    drawing = Drawing(Random(seed))
    machine = drawing.machine()
    return Trial(machine, INPUT, drawing.answers)
