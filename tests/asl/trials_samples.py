"""Machines such as public collections hold them, with their integrations, comments and limits."""

from typing import Any

from tests.asl.trial import Trial, failing
from tests.asl.trials_tasks import LAMBDA_ERRORS, catcher, retrier
from tests.unit.shared.asl.machines import State, choice, machine, map_, parallel, pass_, rule

RETRY = [retrier(*LAMBDA_ERRORS, IntervalSeconds=2, MaxAttempts=6, BackoffRate=2)]
ORDER = {
    "id": "o-1",
    "total": 120.5,
    "lines": [{"sku": "a", "qty": 2}, {"sku": "b", "qty": 1}],
    "email": "z@x.test",
}


def call(resource: str, **fields: Any) -> State:
    """A Task that calls a service; the end, unless something comes next."""
    end = {} if "Next" in fields else {"End": True}
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", **fields, **end}


def invoke(payload: Any, **fields: Any) -> State:
    """A Task that invokes a function, as the console writes it."""
    parameters = {"FunctionName": "${FunctionArn}", **payload}
    return call("lambda:invoke", Parameters=parameters, Retry=RETRY, **{"OutputPath": "$.Payload", **fields})


def trials() -> dict[str, Trial]:
    """All, by name."""
    return _orders() | _locks() | _lists() | _people() | _long()


TELL = call(
    "sns:publish",
    Parameters={"Message.$": "States.Format('Order {} of {}', $.id, $.total)"},
    ResultPath=None,
    Next="Ende ✓",
)


MANNERS = {"Comment": "Orders", "Version": "1.0", "TimeoutSeconds": 3600}
ORDERED = machine(
    "Prüfen",
    **{
        "Prüfen": invoke(
            {"Payload.$": "$"},
            ResultPath="$.check",
            OutputPath="$",
            Next="Valid?",
            ResultSelector={"valid.$": "$.Payload.valid", "score.$": "$.Payload.score"},
            Catch=[catcher("Failed", ResultPath="$.error")],
        ),
        "Valid?": choice(
            "Reject",
            {
                "And": [
                    {"Variable": "$.check.valid", "BooleanEquals": True},
                    {"Variable": "$.check.score", "NumericGreaterThanEquals": 0.5},
                ],
                "Next": "Both",
            },
        ),
        "Both": parallel(
            machine(
                "Pay",
                Pay=invoke(
                    {"Payload": {"amount.$": "$.total", "key.$": "$$.Execution.Input.id"}},
                    Catch=[catcher("Refused", "Refused", ResultPath="$.error")],
                ),
                Refused=pass_(Result={"ok": False}, ResultPath="$.paid", OutputPath="$.paid"),
            ),
            machine(
                "Ship",
                Ship=map_(
                    machine(
                        "Pick",
                        Pick=call(
                            "dynamodb:updateItem",
                            Parameters={"Key": {"sku": {"S.$": "$.sku"}}},
                            ResultPath=None,
                        ),
                    ),
                    ItemsPath="$.lines",
                ),
            ),
            ResultPath="$.done",
            ResultSelector={
                "paid.$": "$[0].ok",
                "picked.$": "$[1][*].sku",
                "count.$": "States.ArrayLength($[1])",
            },
            Next="Tell",
        ),
        "Tell": TELL,
        "Ende ✓": {"Type": "Succeed"},
        "Reject": {"Type": "Fail", "Error": "OrderRejected", "Cause": "Not valid"},
        "Failed": {
            "Type": "Fail",
            "ErrorPath": "$.error.Error",
            "CausePath": "States.Format('Check: {}', $.error.Cause)",
        },
    },
)


def _orders() -> dict[str, Trial]:
    """Checked, paid, shipped, told."""
    done = {"Payload": {"ok": True, "at": "2024-01-01T00:00:00Z"}, "StatusCode": 200}
    fine = {
        "Prüfen": [{"Payload": {"valid": True, "score": 0.9}}],
        "Pay": [done],
        "Pick": [{"Attributes": {}}],
        "Tell": [{"MessageId": "1"}],
    }
    changed: dict[str, dict[str, list[Any]]] = {
        "fine": {},
        "invalid": {"Prüfen": [{"Payload": {"valid": False, "score": 1}}]},
        "low": {"Prüfen": [{"Payload": {"valid": True, "score": 0.1}}]},
        "throttled": {"Prüfen": [failing(LAMBDA_ERRORS[3]), failing(LAMBDA_ERRORS[0]), *fine["Prüfen"]]},
        "down": {"Prüfen": [failing("Down", "for good")]},
        "refused": {"Pay": [failing("Refused")]},
        "odd answer": {"Prüfen": [{"Payload": {}}]},
        "not told": {"Tell": [failing("SNS.Exception")]},
    }
    return {
        f"order {name}": Trial({**ORDERED, **MANNERS}, ORDER, fine | each) for name, each in changed.items()
    }


ACQUIRE = machine(
    "Acquire",
    Acquire=call(
        "dynamodb:updateItem",
        Parameters={"TableName": "t", "ExpressionAttributeNames": {"#owner.$": "$$.Execution.Id"}},
        Retry=[retrier("Missing", MaxAttempts=0), retrier("States.ALL", MaxAttempts=2, BackoffRate=2)],
        Catch=[
            catcher("Make", "Missing", ResultPath="$.lock.error"),
            catcher("Look", "Held", ResultPath="$.lock.error"),
        ],
    ),
    Make=call(
        "dynamodb:putItem", Catch=[catcher("Acquire", ResultPath=None)], Next="Acquire", ResultPath=None
    ),
    Look=call(
        "dynamodb:getItem",
        ResultSelector={"text.$": "States.JsonToString($.Item)"},
        ResultPath="$.lock.now",
        Next="Mine?",
    ),
    **{
        "Mine?": choice(
            "Wait",
            {
                "And": [
                    {"Variable": "$.lock.now.text", "IsPresent": True},
                    {"Variable": "$.lock.now.text", "StringMatches": "*Z*"},
                ],
                "Next": "Yes",
            },
        )
    },
    Yes=pass_(),
    Wait={"Type": "Wait", "Seconds": 3, "Next": "Acquire"},
)


LOCKED = machine(
    "Lock",
    Lock=parallel(ACQUIRE, ResultPath=None, Next="Work"),
    Work=parallel(machine("Do", Do=invoke({"Payload": {"Input.$": "$"}})), Next="Release"),
    Release=call("dynamodb:updateItem", ResultPath=None, Retry=[retrier("States.ALL", MaxAttempts=1)]),
)


def _locks() -> dict[str, Trial]:
    """A lock that is made when it is missing, and waited for while it is held."""
    missing, held, other = failing("Missing"), failing("Held"), failing("Other")
    work: dict[str, list[Any]] = {
        "Do": [{"Payload": "worked"}],
        "Release": [{}],
        "Make": [{}],
        "Look": [{"Item": {"x": 1}}, {"Item": {"at": "10Z"}}],
    }
    ways = {
        "free": [{}],
        "missing": [missing, {}],
        "held once": [held, held, held, {}],
        "held, but mine": [held] * 9,
        "missing, then held": [missing, held, {}],
        "broken": [other] * 3,
    }
    found = {
        f"lock {name}": Trial(LOCKED, {"n": 1}, work | {"Acquire": answers}) for name, answers in ways.items()
    }
    found["lock made by another"] = Trial(
        LOCKED, {"n": 1}, work | {"Acquire": [missing, {}], "Make": [failing("Exists")]}
    )
    return found


MOVE = machine(
    "Make",
    Make=call(
        "aws-sdk:scheduler:createSchedule",
        Parameters={"Name.$": "$.Name"},
        ResultPath=None,
        Next="State?",
    ),
    **{
        "State?": choice(
            "Leave",
            rule("$.State", "StringEquals", "OFF", "Off"),
            rule("$.State", "StringEquals", "ON", "On"),
        )
    },
    Off=call("aws-sdk:eventbridge:disableRule", Parameters={"Name.$": "$.Name"}),
    On=call("aws-sdk:eventbridge:enableRule"),
    Leave=pass_(),
)


WIDE = {**MOVE, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
RULES = machine(
    "List",
    List=invoke(
        {"Payload.$": "$"},
        OutputPath="$",
        ResultPath="$.page",
        ResultSelector={"of.$": "$.Payload"},
        Next="Each",
    ),
    Each=map_(
        WIDE,
        ItemsPath="$.page.of.rules",
        MaxConcurrency=50,
        Label="each",
        ResultPath=None,
        Next="More?",
        ItemSelector={"Name.$": "$$.Map.Item.Value.n", "State.$": "$$.Map.Item.Value.s"},
    ),
    **{"More?": choice("Done", rule("$.page.of.next", "IsPresent", True, "List"))},
    Done=pass_(),
)


QUOTE = machine(
    "Get",
    Get=invoke({"Payload": {"q.$": "$.quote"}}, Catch=[catcher("Oops")]),
    Oops=pass_(Parameters={"quote.$": "$"}),
)
GATHER = {
    "Type": "Map",
    "Iterator": QUOTE,
    "ItemsPath": "$.from",
    "Parameters": {"quote.$": "$$.Map.Item.Value", "for.$": "$.for"},
    "ResultSelector": {"quotes.$": "$"},
    "ResultPath": "$",
    "Next": "Save",
}


OBJECTS = machine(
    "M",
    M=map_(
        machine("H", H=call("aws-sdk:s3:headObject", ResultPath="$.head")),
        ItemsPath="$.objects",
        ResultSelector={"all.$": "$.[*].['bucket', 'key']"},
    ),
)


def _lists() -> dict[str, Trial]:
    """Pages of rules to move, quotes to gather, objects to restore."""
    pages = [
        {"Payload": {"rules": [{"n": "a", "s": "ON"}, {"n": "b", "s": "OFF"}], "next": "t"}},
        {"Payload": {"rules": [{"n": "c", "s": "?"}]}},
    ]
    save = call(
        "dynamodb:putItem",
        Parameters={"Item": {"quotes": {"S.$": "States.JsonToString($.quotes)"}}},
        ResultPath="$.saved",
    )
    objects = {"objects": [{"bucket": "b", "key": "1", "x": 0}, {"bucket": "b", "key": "2"}]}
    asked = {"from": ["p", "q", "r"], "for": "tea"}
    return {
        "rules moved": Trial(RULES, {}, {"List": pages, "Make": [{}], "Off": [{}], "On": [{"on": 1}]}),
        "quotes": Trial(
            machine("G", G=GATHER, Save=save),
            asked,
            {"Get": [{"Payload": 1}, failing("Late", "no"), {"Payload": {"p": 3}}], "Save": [{}]},
        ),
        "objects": Trial(OBJECTS, objects, {"H": [{"StorageClass": "GLACIER"}]}),
    }


ASK = machine(
    "Ask",
    Ask=call(
        "sqs:sendMessage.waitForTaskToken",
        Parameters={"MessageBody": {"Token.$": "$$.Task.Token", "Who.$": "$.who"}},
        HeartbeatSeconds=60,
        ResultPath="$.answer",
        TimeoutSeconds=600,
        Catch=[
            catcher("Remind", "States.Timeout", ResultPath="$.late"),
            catcher("Stop", ResultPath="$.error"),
        ],
        Next="Yes?",
    ),
    Remind=call("sns:publish", ResultPath=None, Next="Count"),
    Count=pass_(Parameters={"n.$": "States.MathAdd($.n, 1)", "who.$": "$.who"}, Next="Often?"),
    **{
        "Often?": choice("Ask", rule("$.n", "NumericGreaterThan", 2, "Stop")),
        "Yes?": choice("No", rule("$.answer.ok", "BooleanEquals", True, "Go")),
    },
    Go=call(
        "ecs:runTask.sync",
        Parameters={"LaunchType": "FARGATE"},
        ResultPath="$.ran",
        OutputPath="$.ran.Tasks[0]",
    ),
    No=pass_(Result="Rejected", ResultPath="$.state"),
    Stop={"Type": "Fail", "Error": "NobodyAnswered"},
)


def _people() -> dict[str, Trial]:
    """Somebody is asked, and reminded."""
    late, ok = failing("States.Timeout"), {"ok": True}
    answers = {
        "at once": [ok],
        "late": [late, failing("States.HeartbeatTimeout"), ok],
        "never": [late],
        "no": [{"ok": False}],
        "broken": [failing("Gone")],
    }
    more = {"Remind": [{}], "Go": [{"Tasks": [{"Arn": "t"}]}]}
    return {
        f"asked, {name}": Trial(ASK, {"who": "me", "n": 0}, more | {"Ask": each})
        for name, each in answers.items()
    }


def _long() -> dict[str, Trial]:
    """As many Tasks as nobody should have."""
    names = [f"Job {number}" for number in range(40)]
    kinds = [
        "glue:startJobRun.sync",
        "batch:submitJob.sync",
        "lambda:invoke",
        "states:startExecution.sync:2",
        "athena:startQueryExecution.sync",
    ]
    states: dict[str, State] = {}
    for at, name in enumerate(names):
        after = {"Next": names[at + 1]} if at + 1 < len(names) else {}
        states[name] = call(
            kinds[at % len(kinds)],
            Parameters={"Arguments": {"n.$": "$.n"}},
            ResultPath="$.last",
            Retry=RETRY,
            Catch=[catcher("Clean up", ResultPath="$.error")],
            TimeoutSeconds=900,
            **after,
        )
    states["Clean up"] = call("lambda:invoke", ResultPath="$.cleaned", Next="Stop")
    states["Stop"] = {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.cleaned"}
    of = {"StartAt": names[0], "States": states, "Comment": "ETL"}
    fine: dict[str, list[Any]] = {name: [at] for at, name in enumerate(names)} | {"Clean up": ["cleaned"]}
    return {
        "forty tasks": Trial(of, {"n": 1}, fine),
        "forty tasks fail": Trial(of, {"n": 1}, fine | {names[37]: [failing("Late")]}),
    }
