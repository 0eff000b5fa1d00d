"""Intrinsic functions."""

from typing import Any

from tests.asl.trial import Trial, passing
from tests.unit.shared.asl.machines import machine

DATA: dict[str, Any] = {
    "name": "Zoë",
    "n": 3,
    "f": 2.5,
    "neg": -1.5,
    "list": [1, 2, 3, 3, 2.0, "a", "a", None, True],
    "o": {"a": 1, "b": {"c": [1]}},
    "p": {"b": 2, "z": None},
    "text": "a,b;c,,d",
    "json": '{"k": [1, 2.5, null, "ü"]}',
    "empty": [],
    "no text": "",
    "template": "{} and {}",
    "quote": "it's",
    "nested": [[1], [2]],
    "b64": "SGVsbG8=",
    "null": None,
    "yes": True,
    "items": [{"id": 1}, {"id": 2}],
}
CALLS = r"""
States.Format('Hello {}', $.name)
States.Format('{}{}', 1, 'x')
States.Format('no holes')
States.Format('{} {} {} {}', $.n, $.f, $.null, $.yes)
States.Format('{}', $.o)
States.Format('{}', $.list)
States.Format('\{\} {}', $.n)
States.Format('it\'s {}', $.n)
States.Format('back\\slash {}', $.n)
States.Format('{}')
States.Format('{}', 1, 2)
States.Format('{} {}', 1)
States.Format($.template, 'a', 'b')
States.Format('{}', $.quote)
States.Format('{}', States.Format('<{}>', $.n))
States.Format('a, b) {}', $.n)
States.Format('{}', $['no text'])
States.Format('{"k": "{}"}', $.n)
States.Format('{}', 'ünï')
States.Format('${}', $.n)
States.Format($.n, 1)
States.Array()
States.Array(1, 'a', null, true, false, 1.5, -2, $.o)
States.Array($.n)
States.Array(States.Array(), States.Array(1))
States.ArrayPartition($.list, 4)
States.ArrayPartition($.list, 100)
States.ArrayPartition($.empty, 2)
States.ArrayPartition($.list, 0)
States.ArrayPartition($.n, 2)
States.ArrayPartition($.list, $.n)
States.ArrayContains($.list, 3)
States.ArrayContains($.list, 2)
States.ArrayContains($.list, '3')
States.ArrayContains($.list, null)
States.ArrayContains($.list, false)
States.ArrayContains($.nested, $.nested[0])
States.ArrayContains($.empty, 1)
States.ArrayContains($.n, 1)
States.ArrayRange(1, 9, 2)
States.ArrayRange(0, 10, 3)
States.ArrayRange(5, 1, -2)
States.ArrayRange(5, 1, 2)
States.ArrayRange(1, 1, 1)
States.ArrayRange(0, 1000, 1)
States.ArrayRange(0, 999, 1)
States.ArrayRange(0, 5, 0)
States.ArrayGetItem($.list, 0)
States.ArrayGetItem($.list, 5)
States.ArrayGetItem($.list, 99)
States.ArrayGetItem($.list, -1)
States.ArrayGetItem($.list, $.n)
States.ArrayGetItem($.o, 0)
States.ArrayGetItem($.list, States.MathAdd(States.ArrayLength(States.StringSplit($.text, ',;')), -1))
States.ArrayLength($.list)
States.ArrayLength($.empty)
States.ArrayLength($.o)
States.ArrayLength($.items[*].id)
States.ArrayUnique($.list)
States.ArrayUnique($.empty)
States.ArrayUnique($.nested)
States.Base64Encode('Hello')
States.Base64Encode($.name)
States.Base64Encode('')
States.Base64Decode($.b64)
States.Base64Decode(States.Base64Encode($.json))
States.Base64Decode('%%%')
States.Base64Encode($.n)
States.Hash('text', 'MD5')
States.Hash('text', 'SHA-1')
States.Hash($.name, 'SHA-256')
States.Hash('', 'SHA-384')
States.Hash('x', 'SHA-512')
States.Hash('x', 'CRC')
States.JsonMerge($.o, $.p, false)
States.JsonMerge($.o, $.p, true)
States.JsonMerge($.o, $.n, false)
States.JsonMerge(States.StringToJson('{"x": "y"}'), $.p, false)
States.JsonMerge(States.StringToJson(States.Format('\{"x": "{}"\}', $.name)), $.p, false)
States.StringToJson($.json)
States.StringToJson('12')
States.StringToJson('[1, "a"]')
States.StringToJson('nonsense')
States.StringToJson('{"a": 1')
States.StringToJson($.n)
States.StringToJson('"text"')
States.JsonToString($.o)
States.JsonToString($.list)
States.JsonToString($.name)
States.JsonToString($.null)
States.JsonToString($.f)
States.JsonToString($)
States.StringToJson(States.JsonToString($.o))
States.MathAdd(1, 2)
States.MathAdd($.n, -1)
States.MathAdd($.f, 0)
States.MathAdd($.neg, 0)
States.MathAdd(1.49, 1.5)
States.MathAdd(-0.5, 0)
States.MathAdd(-2.5, 0)
States.MathAdd('1', 2)
States.MathAdd($.null, 2)
States.MathAdd($.yes, 2)
States.StringSplit('1,2,3', ',')
States.StringSplit($.text, ',;')
States.StringSplit('This.is+a,test=string', '.+,=')
States.StringSplit('', ',')
States.StringSplit('abc', ',')
States.StringSplit(' , ', ',')
States.StringSplit('a-b]c^d', ']^-')
States.StringSplit($.n, ',')
States.ArrayLength(States.StringSplit($.text, ','))
States.Format('{}-{}', $$.State.Name, States.ArrayGetItem($.list, 0))
States.Format('{}', $.items[0]['id'])
States.Format('{}', $['name'])
States.Array($.items[?(@.id == 1)], $.items[*].id)
States.Array( $.n ,  'a' )
States.Array($.n,'a,b',$.list[0:2])
States.Format('{}', $.no)
States.Array($.items[0,1])
States.Array($$.Execution.Input.n)
States.StringSplit('a\'b', '\'')
States.Array('\\', '\'', '{}', 'a\nb')
States.Format('{}:{}', States.JsonToString($.o), States.Hash('a', 'MD5'))
"""


def trials() -> dict[str, Trial]:
    """All, by name."""
    calls = [line for line in CALLS.splitlines() if line]
    found = {call: passing(DATA, Parameters={"x.$": call}) for call in calls}
    found["in a Result it is text"] = passing(DATA, Result={"x.$": "States.UUID()"})
    found["in an array"] = passing(DATA, Parameters={"x": [{"y.$": "States.MathAdd($.n, 1)"}]})
    fail = {"Type": "Fail", "ErrorPath": "States.Format('E{}', $.n)", "CausePath": "$.name"}
    found["in a Fail state"] = Trial(machine("F", F=fail), DATA)
    found["a path in a Fail state"] = Trial(machine("F", F={**fail, "ErrorPath": "$.name"}), DATA)
    found["no text in a Fail state"] = Trial(machine("F", F={**fail, "ErrorPath": "$.n"}), DATA)
    return found
