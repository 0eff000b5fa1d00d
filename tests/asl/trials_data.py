"""InputPath, Parameters, ResultSelector, ResultPath, OutputPath, and what paths select."""

from typing import Any

from tests.asl.trial import Trial, passing
from tests.unit.shared.asl.machines import machine, pass_, task

ORDER = {
    "id": 7,
    "customer": {"name": "Zoë", "tags": ["a", "b", "c"], "address": {"city": "Köln", "zip": None}},
    "lines": [
        {"sku": "p-1", "qty": 2, "price": 9.5, "gift": True},
        {"sku": "p-2", "qty": 1, "price": 20},
        {"sku": "p-3", "qty": 5, "price": 1.25, "gift": False},
    ],
    "odd key": {"a.b": 1, "c'd": 2, "": 3},
    "nothing": None,
    "empty": [],
    "none": {},
}
PATHS = [
    "$",
    "$.id",
    "$.customer.name",
    "$.customer.tags[0]",
    "$.customer.tags[-1]",
    "$.customer.tags[1:]",
    "$.customer.tags[:2]",
    "$.customer.tags[0,2]",
    "$.customer.tags[*]",
    "$.customer.address.zip",
    "$.lines[*].sku",
    "$.lines[1].price",
    "$.lines[?(@.qty > 1)].sku",
    "$.lines[?(@.gift == true)]",
    "$.lines[?(@.gift)].sku",
    "$.lines[?(@.sku == 'p-2')].price",
    "$.lines[?(@.price < 10 && @.qty > 1)].sku",
    "$.lines[?(@.price > 10 || @.qty > 4)].sku",
    "$.lines[?(@.sku == 'no')]",
    "$..sku",
    "$..city",
    "$.lines.length()",
    "$['id']",
    "$['customer']['name']",
    "$['odd key']['a.b']",
    "$.nothing",
    "$.empty",
    "$.none",
    "$.empty[*]",
    "$.customer['tags'][1]",
    "$.none.*",
    "$.lines[0]['sku','qty']",
    "$.lines.[*].['sku', 'price']",
    "$.lines[*]['sku','gift'].x",
    "$['customer','odd key']",
    "$.o['no','id']",
    "$.lines[-1:].sku",
    "$.lines[?(@.sku != 'p-2')].qty",
    "$['odd key'].*",
    "$.lines[::2].sku",
    "$.lines[9:]",
    "$.lines[*].gift",
    "$['lines'][0].price",
    '$["id"]',
    "$.customer.tags.length()",
    "$.lines[?(@.qty >= 2)]",
]
MISSING = [
    "$.no",
    "$.customer.no.further",
    "$.lines[9]",
    "$.id.x",
    "$.empty[0]",
    "$.nothing.x",
    "$.lines['sku']",
]
PLACES = [
    "$",
    None,
    "$.r",
    "$.customer.r",
    "$.customer.name",
    "$.new.deep.place",
    "$.lines[1]",
    "$.lines[0].r",
    "$['odd key'].r",
    "$.lines[9]",
    "$.id.x",
    "$.lines.x",
    "$['new key']",
    "$.none.a.b",
]
RESULTS: list[Any] = [
    {"a": 1},
    [1, 2],
    "text",
    0,
    None,
    False,
    {"x.$": "$.not.a.path"},
    "States.UUID()",
    "{{ nodes }}",
]
TEMPLATES: list[Any] = [
    {},
    {"fixed": 1},
    {"n.$": "$.id"},
    {"all.$": "$"},
    {"deep": {"er": {"city.$": "$.customer.address.city"}}},
    {"list": [1, {"sku.$": "$.lines[0].sku"}, [{"n.$": "$.id"}]]},
    {"skus.$": "$.lines[*].sku"},
    {"null": None},
    {"empty.$": "$.lines[?(@.qty > 99)]"},
    {"zip.$": "$.customer.address.zip"},
    {"no.$": "$.no"},
    {"$.plain": "$.id"},
    {"a.$": "$$.Execution.Input.id"},
    {"s.$": "$$.State.Name"},
    {"r.$": "$$.State.RetryCount"},
    {"no.$": "$$.Map.Item.Value"},
    {"looks.like": "$.id"},
    {"t": "{{ trigger }}"},
    {"f.$": "States.Format('{}', $.no)"},
    {"u": "States.UUID()"},
    {"x.$": "$['odd key']['c\\'d']"},
    {"n": {"a.$": "$.id", "b": "$.id", "c": ["$.id"]}},
]
FAULTY = {"no.$": "$.no"}


def trials() -> dict[str, Trial]:
    """All, by name."""
    found = {f"InputPath {path}": passing(ORDER, InputPath=path) for path in [*PATHS, *MISSING]}
    found |= {f"OutputPath {path}": passing(ORDER, OutputPath=path) for path in [*PATHS[:12], *MISSING[:3]]}
    found |= {f"field {path}": passing(ORDER, Parameters={"x.$": path}) for path in [*PATHS, *MISSING]}
    found |= {f"ResultPath {path}": passing(ORDER, Result={"a": 1}, ResultPath=path) for path in PLACES}
    found |= {f"Result {result}": passing(ORDER, Result=result) for result in RESULTS}
    found |= {f"Result {result} put": passing(ORDER, Result=result, ResultPath="$.r") for result in RESULTS}
    found |= {f"Parameters {each}": passing(ORDER, Parameters=each) for each in TEMPLATES}
    found |= {f"input {each}": passing(each) for each in ([], {}, "", 0, 1.5, True, None, [[]], "ünï")}
    found |= {
        f"into {each}": passing(each, Result=1, ResultPath="$.r") for each in ({}, {"r": 0}, [], "x", 3)
    }
    return found | _tasks() | _several()


def _tasks() -> dict[str, Trial]:
    """Task states with all five fields."""
    answers = {"A": [{"Payload": {"ok": True, "items": [1, 2]}, "StatusCode": 200, "SdkHttpMetadata": {}}]}
    shapes: list[dict[str, Any]] = [
        {},
        {"ResultPath": None},
        {"ResultPath": "$.r"},
        {"OutputPath": "$.Payload"},
        {"ResultSelector": {"ok.$": "$.Payload.ok"}},
        {"ResultSelector": {"ok.$": "$.Payload.ok"}, "ResultPath": "$.r"},
        {
            "ResultSelector": {"Payload.$": "$.Payload"},
            "ResultPath": "$.customer.r",
            "OutputPath": "$.customer",
        },
        {"InputPath": "$.customer", "Parameters": {"n.$": "$.name"}, "ResultPath": "$.r"},
        {"InputPath": None},
        {"OutputPath": None},
        {"InputPath": None, "ResultPath": None},
        {"ResultPath": "$.r", "OutputPath": "$.r.Payload.items[*]"},
        {"ResultSelector": {"n.$": "States.ArrayLength($.Payload.items)"}},
        {"ResultSelector": {"no.$": "$.no"}},
        {"ResultSelector": {"fixed": "x", "in.$": "$$.Execution.Input.id"}},
        {"InputPath": "$.no"},
        {"OutputPath": "$.no"},
        {"Parameters": {"FunctionName": "f", "Payload.$": "$"}, "OutputPath": "$.Payload"},
        {"ResultSelector": {}},
        {"Parameters": FAULTY},
        {"ResultPath": "$.id.x"},
        {"ResultPath": "$.lines[0].state", "OutputPath": "$.lines[0]"},
    ]
    found = {f"Task {shape}": Trial(machine("A", A=task(**shape)), ORDER, answers) for shape in shapes}
    for result in (None, [], "", 0, False, {}, [[1]], "text"):
        at = machine("A", A=task(ResultPath="$.r"))
        found[f"a Task answers {result!r}"] = Trial(machine("A", A=task()), ORDER, {"A": [result]})
        found[f"a Task answers {result!r} into a place"] = Trial(at, {"x": 1}, {"A": [result]})
    return found


def _several() -> dict[str, Trial]:
    """States that hand on."""
    grow = machine(
        "One",
        One=pass_(Result={"n": 1}, ResultPath="$.one", Next="Two"),
        Two=pass_(Parameters={"was.$": "$.one", "id.$": "$.id"}, ResultPath="$.two.deep", Next="Three"),
        Three=pass_(InputPath="$.two.deep.was", ResultPath="$.three", Next="Four"),
        Four={"Type": "Succeed", "InputPath": "$.three", "OutputPath": "$.n"},
    )
    drop = machine(
        "A",
        A=pass_(InputPath="$.customer", ResultPath=None, Next="B"),
        B=pass_(OutputPath=None, Next="C"),
        C=pass_(Result=[], ResultPath="$.list", Next="D"),
        D={"Type": "Succeed", "Comment": "done"},
    )
    comments = {"Comment": "x", "Version": "1.0", "TimeoutSeconds": 300}
    named = {"  Ünïcode & spaces → ": pass_(Comment="c", Next="nodes"), "nodes": pass_(Next="failure")}
    return {
        "grows": Trial(grow, ORDER),
        "drops": Trial(drop, ORDER),
        "names": Trial(
            {
                **machine(
                    "  Ünïcode & spaces → ", **named, failure=pass_(Parameters={"n.$": "$$.State.Name"})
                ),
                **comments,
            },
            1,
        ),
        "succeed takes paths": Trial(
            machine("S", S={"Type": "Succeed", "InputPath": "$.customer", "OutputPath": "$.tags"}), ORDER
        ),
        "succeed with null paths": Trial(machine("S", S={"Type": "Succeed", "InputPath": None}), ORDER),
    }
