"""One expression: its translation, what it names, what it may not say."""

import pytest

from shared.expressions import Expression, parse


def read(source: str) -> Expression:
    """The expression in a string that is nothing else."""
    template = parse("{{ " + source + " }}")
    assert template.single, template.problems
    return template.single


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("trigger.a.b", "trigger['a']['b']"),
        ("trigger.items", "trigger['items']"),
        ("trigger.items()", "trigger.items()"),
        ("trigger.name.upper().lower()", "trigger['name'].upper().lower()"),
        ("nodes.a[0].b[1:]", "nodes['a'][0]['b'][1:]"),
        ("[x.name for x in nodes.a.rows if x.ok]", "[x['name'] for x in nodes['a']['rows'] if x['ok']]"),
        ("{k: v.n for k, v in trigger.items()}", "{k: v['n'] for k, v in trigger.items()}"),
        ("sorted(item, key=lambda x: x.n)", "sorted(item, key=lambda x: x['n'])"),
        ("f'{trigger.a!r:>{trigger.w}}'", "f\"{trigger['a']!r:>{trigger['w']}}\""),
        ("trigger.__typename", "trigger['__typename']"),
    ],
)
def test_a_dot_is_a_key_unless_it_is_called(source: str, code: str) -> None:
    assert read(source).code == code


@pytest.mark.parametrize(
    ("source", "references", "roots"),
    [
        ("1 + 1", [], []),
        ("nodes.a.x + nodes['b-c'][0]", ["a", "b-c"], ["nodes"]),
        ("nodes[trigger.which].x", None, ["nodes", "trigger"]),
        ("nodes", None, ["nodes"]),
        ("nodes[0]", None, ["nodes"]),
        ("len(nodes) + nodes.a", None, ["nodes"]),
        ("nodes.get('a')", None, ["nodes"]),
        ("'a' in nodes", None, ["nodes"]),
        ("f'{nodes.a} {run.id}'", ["a"], ["nodes", "run"]),
        ("[nodes.b for item in nodes.a]", ["a", "b"], ["nodes"]),
        ("[item.x for item in item.rows]", [], ["item"]),
        ("[nodes.a for nodes in trigger.rows]", [], ["trigger"]),
        ("(lambda nodes: nodes.a)(vars.x)", [], ["vars"]),
        ("(lambda x=nodes.a: x)()", ["a"], ["nodes"]),
        ("[y for x in nodes.a for y in x.z if y > index]", ["a"], ["index", "nodes"]),
    ],
)
def test_what_an_expression_names(source: str, references: list[str] | None, roots: list[str]) -> None:
    expression = read(source)
    assert expression.references == (None if references is None else frozenset(references))
    assert sorted(expression.roots) == roots


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("trigger", "trigger"),
        ("nodes.a.b[0]['x y']", 'nodes.a.b[0]["x y"]'),
        ("nodes['a-b'][-1]", 'nodes["a-b"][-1]'),
        ("trigger.a + 1", None),
        ("trigger.a()", None),
        ("trigger[item]", None),
        ("trigger[True]", None),
        ("trigger[1.5]", None),
        ("trigger[0:1]", None),
        ("trigger[-'a']", None),
        ("'text'", None),
        ("len", None),
    ],
)
def test_which_expressions_are_paths(source: str, path: str | None) -> None:
    found = read(source).path
    assert (str(found) if found else None) == path


@pytest.mark.parametrize(
    ("source", "code", "offset"),
    [
        ("(x := 1)", "expression_forbidden", 1),
        ("[y := 1, y]", "expression_forbidden", 1),
        ("await trigger", "expression_forbidden", 0),
        ("(yield 1)", "expression_forbidden", 1),
        ("lambda: 1", "expression_forbidden", 0),
        ("[x async for x in trigger]", "expression_forbidden", 13),
        ("trigger.__class__", "expression_forbidden", 0),
        ("trigger.a.__dict__.b", "expression_forbidden", 0),
        ("''.__class__.__mro__", "expression_forbidden", 0),
        ("trigger.__len__()", "expression_forbidden", 0),
        ("[0 for trigger.a in [1]]", "expression_forbidden", 7),
        ("[0 for trigger['a'] in [1]]", "expression_forbidden", 7),
        ("(lambda __x: 1)(2)", "expression_forbidden", 8),
        ("__import__('os')", "expression_name", 0),
        ("open('/etc/passwd')", "expression_name", 0),
        ("eval('1')", "expression_name", 0),
        ("exec('x = 1')", "expression_name", 0),
        ("locals()", "expression_name", 0),
        ("getattr(trigger, 'a')", "expression_name", 0),
        ("setattr(trigger, 'a', 1)", "expression_name", 0),
        ("print('x')", "expression_name", 0),
        ("_items", "expression_name", 0),
        ("'ünï' + ünknown", "expression_name", 8),
        ("[x for x in [1]] + x", "expression_name", 19),
        ("[x for x in x]", "expression_name", 12),
    ],
)
def test_what_an_expression_may_not_say(source: str, code: str, offset: int) -> None:
    template = parse("{{ " + source + " }}")
    assert not template.expressions
    assert [(problem.code, problem.offset) for problem in template.problems] == [(code, 3 + offset)]


@pytest.mark.parametrize(
    ("wrote", "meant"), [("true", "True"), ("null", "None"), ("triger", "trigger"), ("lenn", "len")]
)
def test_a_wrong_name_comes_with_a_better_one(wrote: str, meant: str) -> None:
    assert f"did you mean {meant}?" in parse("{{ " + wrote + " }}").problems[0].message


@pytest.mark.parametrize("source", ["nodes.try.x", "trigger.a. from", "[x for x in trigger.class]"])
def test_a_key_that_is_a_word_of_the_language_goes_into_brackets(source: str) -> None:
    problem = parse("{{ " + source + " }}").problems[0]
    assert problem.code == "expression_syntax"
    assert 'write ["' in problem.message
