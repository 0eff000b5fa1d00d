"""Configs resolved on the real sandbox."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.expressions import ExpressionError, resolve
from shared.sandbox import Sandbox

BINDINGS: dict[str, Any] = {
    "trigger": {"n": 2, "name": "Ada", "none": None, "rows": [{"p": 1}, {"p": 0}], "größe": 1.5, "ok": True},
    "nodes": {"fetch": {"body": {"x": 1}}, "a-b": 3, "skipped": None},
    "run": {"id": "run_1"},
    "vars": {"key": "k"},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("{{ trigger.rows }}", [{"p": 1}, {"p": 0}]),
        ("{{ trigger.none }}", None),
        ("{{ trigger.n + 1 }}", 3),
        ("{{ nodes['a-b'] * 2 }}", 6),
        ("{{ trigger.name.upper() }}", "ADA"),
        ("{{ trigger.größe * 2 }}", 3.0),
        ("{{ nodes.skipped or 'nothing' }}", "nothing"),
        ("{{ trigger.rows[::-1] }}", [{"p": 0}, {"p": 1}]),
        ("{{ sorted(trigger.rows, key=lambda row: row.p)[0].p }}", 0),
        ("{{ sum(row.p for row in trigger.rows) }}", 1),
        ("{{ {**trigger.rows[0], 'q': {'r': 1}} }}", {"p": 1, "q": {"r": 1}}),
        ("{{ (1, {2}) }}", [1, [2]]),
        ("{{ [name for name in nodes] }}", ["fetch", "a-b", "skipped"]),
        ("{{ nodes[trigger.name] if trigger.name in nodes else 'none' }}", "none"),
        ("{{ f'{trigger.name!r:>7}|{trigger.n:03d}' }}", "  'Ada'|002"),
        ("{{ [\n  1,\n  trigger.n,\n] }}", [1, 2]),
        ("{{ '{{' }} and {{ '}}' }}", "{{ and }}"),
        ("{{ trigger.name }}, {{ trigger.n }}, {{ trigger.größe }}", "Ada, 2, 1.5"),
        ("<{{ trigger.none }}>{{ trigger.ok }}", "<>true"),
        ("{{ trigger.rows }} ", '[{"p":1},{"p":0}] '),
        ("{{ 'Zoë' }}: {{ {'ä': 'ö'} }}", 'Zoë: {"ä":"ö"}'),
    ],
)
async def test_a_string_comes_to_its_value(sandbox: Sandbox, text: str, value: Any) -> None:
    assert await resolve(sandbox, {"x": text}, BINDINGS) == {"x": value}


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("{{ trigger.nam }}", "expression_missing", "`trigger` has no key 'nam'; it has n, name"),
        ("{{ trigger.nam + 1 }}", "expression_missing", "`trigger` has no key 'nam'; it has n, name"),
        ("{{ trigger.rows[7].p }}", "expression_missing", "2 elements"),
        ("{{ trigger.rows[7].p + 1 }}", "expression_missing", "2 elements"),
        ("{{ trigger.none.x + 1 }}", "expression_error", "`trigger.none` is null"),
        ("{{ nodes.gone.x + 1 }}", "expression_missing", "node 'gone' has no output"),
        ("{{ [row.q for row in trigger.rows] }}", "expression_missing", "'q'"),
        ("{{ item + 1 }}", "expression_missing", "`item` is not available here"),
        ("{{ 1 / 0 }}", "expression_error", "division by zero"),
        ("{{ trigger.name + 1 }}", "expression_error", "TypeError"),
        ("{{ [0] * 10 ** 9 }}", "expression_memory", "memory"),
        ("{{ 9 ** 9 ** 9 }}", "expression_memory", "memory"),
        ("{{ [0 for _ in range(10 ** 9)] }}", "expression_memory", "memory"),
        ("{{ max(max(range(9999)) for _ in range(99999)) }}", "expression_timeout", "too long"),
        ("{{ (lambda f: f(f))(lambda f: f(f)) }}", "expression_error", "RecursionError"),
        ("{{ b'bytes' }}", "expression_error", "bytes"),
        ("{{ 2 ** 64 }}", "expression_error", "64-bit"),
        ("{{ '{0.__class__}'.format(1) }}", "expression_error", "AttributeError"),
        ("{{ zz }}", "expression_error", "unknown name"),
        ("{{ trigger", "expression_error", "never closed"),
    ],
)
async def test_what_fails_says_where_and_why(sandbox: Sandbox, text: str, code: str, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        await resolve(sandbox, {"fine": "{{ trigger.n }}", "deep": [{"x y": text}]}, BINDINGS)
    assert (caught.value.code, caught.value.path) == (code, 'deep[0]["x y"]')
    assert str(caught.value).startswith('deep[0]["x y"]: ')
    assert said in str(caught.value)


async def test_of_several_expressions_the_failing_one_is_named(sandbox: Sandbox) -> None:
    config = {"a": "{{ 1 }}", "b": "{{ '''\n\n''' + 'x' }}", "c": "v={{ [1,\n2][5] }}", "d": "{{ 1 - 1 }}"}
    with pytest.raises(ExpressionError) as caught:
        await resolve(sandbox, config, BINDINGS)
    assert caught.value.path == "c"


async def test_what_a_branch_does_not_reach_is_not_missed(sandbox: Sandbox) -> None:
    config = {"x": "{{ trigger.absent if trigger.n > 5 else trigger.name.missing_method() }}"}
    with pytest.raises(ExpressionError) as caught:
        await resolve(sandbox, config, BINDINGS)
    assert "absent" not in str(caught.value).split("}}:")[1]


async def test_marked_fields_and_keys_stay_as_they_are(sandbox: Sandbox) -> None:
    config = {
        "where": "{{ item.p }}",
        "rules": [{"when": "{{ bad", "then": "{{ 1 + 1 }}"}],
        "measures": {"m": {"value": "{{ item"}},
        "code": "{{ }}",
        "{{ 1 + 1 }}": 5,
    }
    resolved = await resolve(
        sandbox, config, BINDINGS, per_item=["where", "rules[].when", "measures{}.value"], code=["code"]
    )
    assert resolved == {**config, "rules": [{"when": "{{ bad", "then": 2}]}
    assert config["rules"] == [{"when": "{{ bad", "then": "{{ 1 + 1 }}"}]


class Closed:
    """A sandbox that must not be needed."""

    async def evaluate(self, code: str, inputs: object) -> object:
        raise AssertionError(f"evaluated {code}")


async def test_paths_need_no_sandbox() -> None:
    closed: Any = Closed()
    config = {"a": "{{ nodes.fetch.body.x }}", "b": "x{{ trigger.rows[-1].p }}y", "c": 1}
    assert await resolve(closed, config, BINDINGS) == {"a": 1, "b": "x0y", "c": 1}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text("abü\"'\\\n{}", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
keys = st.lists(st.sampled_from(["a", "b", "c", 0, 1, -1]), max_size=3)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(value=json_values, path=keys)
async def test_a_path_comes_to_what_the_sandbox_says(
    sandbox: Sandbox, value: Any, path: list[str | int]
) -> None:
    source = "trigger" + "".join(f"[{key!r}]" for key in path)
    answers: list[Any] = []
    for text in (f"{{{{ {source} }}}}", f"{{{{ ({source}, 0)[0] }}}}"):
        try:
            answers.append((await resolve(sandbox, {"x": text}, {"trigger": value}))["x"])
        except ExpressionError as error:
            answers.append((error.code, str(error).split("}}: ")[1]))
    assert answers[0] == answers[1]
