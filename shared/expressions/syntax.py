"""One expression: what it may say, which names and nodes it uses, and the code the sandbox gets for it."""

import ast
import difflib
import re
import warnings
from dataclasses import dataclass
from keyword import iskeyword
from typing import NoReturn

from shared.expressions.paths import Path, path_in

ROOTS = frozenset({"trigger", "nodes", "item", "index", "run", "vars"})
BUILTINS = frozenset(
    {
        *("abs", "all", "any", "bin", "bool", "bytes", "chr", "dict", "divmod", "enumerate", "filter"),
        *("float", "format", "frozenset", "hex", "int", "isinstance", "iter", "len", "list", "map", "max"),
        *("min", "next", "oct", "ord", "pow", "range", "repr", "reversed", "round", "set", "slice"),
        *("sorted", "str", "sum", "tuple", "zip"),
    }
)
MAX_CHARS = 10_000
_ELSEWHERE = {"true": "True", "false": "False", "null": "None", "none": "None", "undefined": "None"}


class Refused(Exception):
    """An expression that may not be; `offset` counts characters from the start of its source."""

    def __init__(self, code: str, message: str, offset: int) -> None:
        super().__init__(message)
        self.code = code
        self.offset = offset


@dataclass(frozen=True)
class Expression:
    """A checked expression. `start` is where its source begins in the string it stands in.

    `references` are the nodes it names, `variables` the workspace's variables, None when it may name any;
    `path` is set when it is nothing but a path, `paths` are those within it, in the order of evaluation."""

    source: str
    start: int
    code: str
    references: frozenset[str] | None
    variables: frozenset[str] | None
    roots: frozenset[str]
    path: Path | None
    paths: tuple[Path, ...]


def read(source: str, start: int = 0) -> Expression:
    """Check and translate an expression; raises Refused."""
    if not source.strip():
        raise Refused("expression_syntax", "the expression is empty", 0)
    if len(source) > MAX_CHARS:
        raise Refused("expression_syntax", f"the expression is longer than {MAX_CHARS:,} characters", 0)
    source = source.rstrip()
    stripped = source.lstrip()
    margin = len(source) - len(stripped)
    try:
        tree = _parsed(stripped)
        if isinstance(tree, ast.Lambda):
            raise Refused("expression_forbidden", "a function is no value; call it", 0)
        path = path_in(tree)
        translator = _Translator(stripped)
        code = ast.unparse(translator.visit(tree))
    except Refused as refused:
        raise Refused(refused.code, str(refused), refused.offset + margin) from None
    except (RecursionError, MemoryError):
        raise Refused("expression_syntax", "the expression is nested too deeply", margin) from None
    except ValueError as error:
        raise Refused("expression_syntax", f"the expression cannot be read: {error}", margin) from None
    return Expression(
        source=stripped,
        start=start + margin,
        code=code,
        references=_named(translator, "nodes"),
        variables=_named(translator, "vars"),
        roots=frozenset(translator.roots),
        path=path if path and path.root in ROOTS else None,
        paths=tuple(translator.paths),
    )


def _parsed(source: str) -> ast.expr:
    """The tree of an expression; one of several lines needs no backslashes."""
    text = f"({source}\n)" if "\n" in source else source
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        if error.offset == 0:
            raise Refused("expression_syntax", "the expression ends too early", len(source)) from None
        offset = max(0, _offset(text, error.lineno or 1, (error.offset or 1) - 1) - (text is not source))
        said = _kept_word(source, offset) or f"not an expression: {error.msg}"
        raise Refused("expression_syntax", said, offset) from None
    if text is not source:
        for node in ast.walk(tree):
            if getattr(node, "lineno", 0) == 1:
                node.col_offset -= 1  # type: ignore[attr-defined]
    return tree


def _kept_word(source: str, offset: int) -> str | None:
    """What to write instead of `nodes.in`, if that is what is wrong."""
    word = re.match(r"\w*", source[offset:])
    if word and iskeyword(word.group()) and source[:offset].rstrip().endswith("."):
        return f'`.{word.group()}` cannot be read, for it is a word of the language: write ["{word.group()}"]'
    return None


def _offset(text: str, line: int, column: int) -> int:
    """Characters before a position; it may lie within an f-string, whose positions Python 3.11 gets wrong."""
    before = sum(len(each) + 1 for each in text.split("\n")[: line - 1])
    return min(before + max(0, column), len(text))


class _Translator(ast.NodeTransformer):
    """Turns `a.b` into `a["b"]`, and notes or refuses the names it meets."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._bound: list[set[str]] = []
        self.named: dict[str, set[str]] = {"nodes": set(), "vars": set()}
        self.any: set[str] = set()
        self.roots: set[str] = set()
        self.paths: list[Path] = []

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self._check_attribute(node)
        if self._is_path(node):
            return _subscripts(node)
        return _subscript(self.visit(node.value), node.attr)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if self._is_path(node):
            return _subscripts(node)
        return ast.Subscript(self.visit(node.value), self.visit(node.slice), ast.Load())

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Attribute):
            self._check_attribute(node.func)
            function = ast.Attribute(self.visit(node.func.value), node.func.attr, ast.Load())
        else:
            function = self.visit(node.func)
        arguments = [self.visit(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        return ast.Call(function, arguments, node.keywords)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        name = node.id
        if any(name in bound for bound in self._bound):
            return node
        if name in ROOTS:
            self.roots.add(name)
            self.any.add(name)
            self.paths.append(Path(name))
        elif name not in BUILTINS:
            self._refuse(node, "expression_name", _unknown(name))
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        every = node.args
        every.defaults = [self.visit(default) for default in every.defaults]
        every.kw_defaults = [default and self.visit(default) for default in every.kw_defaults]
        named = [*every.posonlyargs, *every.args, *every.kwonlyargs, every.vararg, every.kwarg]
        self._bound.append({self._bindable(argument, argument.arg) for argument in named if argument})
        node.body = self.visit(node.body)
        self._bound.pop()
        return node

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> ast.expr:
        self._enter(node.generators)
        node.elt = self.visit(node.elt)
        self._bound.pop()
        return node

    visit_SetComp = visit_GeneratorExp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> ast.expr:
        self._enter(node.generators)
        node.key, node.value = self.visit(node.key), self.visit(node.value)
        self._bound.pop()
        return node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> NoReturn:
        self._refuse(node, "expression_forbidden", "an expression cannot assign with :=")

    def visit_Await(self, node: ast.Await | ast.Yield | ast.YieldFrom) -> NoReturn:
        self._refuse(node, "expression_forbidden", "an expression cannot await or yield")

    visit_Yield = visit_YieldFrom = visit_Await

    def _enter(self, generators: list[ast.comprehension]) -> None:
        """Visit the `for`s of a comprehension and open its scope; the first list is outside of it."""
        bound: set[str] = set()
        for position, generator in enumerate(generators):
            if generator.is_async:
                self._refuse(generator.target, "expression_forbidden", "an expression cannot await")
            generator.iter = self.visit(generator.iter)
            if position == 0:
                self._bound.append(bound)
            bound |= self._targets(generator.target)
            generator.ifs = [self.visit(condition) for condition in generator.ifs]

    def _targets(self, target: ast.expr) -> set[str]:
        if isinstance(target, ast.Name):
            return {self._bindable(target, target.id)}
        if isinstance(target, ast.Starred):
            return self._targets(target.value)
        if isinstance(target, ast.Tuple | ast.List):
            return {name for element in target.elts for name in self._targets(element)}
        self._refuse(target, "expression_forbidden", "`for` needs a plain name here")

    def _bindable(self, node: ast.expr | ast.arg, name: str) -> str:
        if name.startswith("__"):
            self._refuse(node, "expression_forbidden", f"{name!r} is not a name that may be used")
        return name

    def _check_attribute(self, node: ast.Attribute) -> None:
        if node.attr.startswith("__") and node.attr.endswith("__"):
            self._refuse(node, "expression_forbidden", f"{node.attr!r} may not be used")

    def _is_path(self, node: ast.Attribute | ast.Subscript) -> bool:
        """Whether this is a path from a root; if so it is noted."""
        path = path_in(node)
        if path is None or path.root not in ROOTS or any(path.root in bound for bound in self._bound):
            return False
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute | ast.Subscript):
            if isinstance(inner, ast.Attribute):
                self._check_attribute(inner)
            inner = inner.value
        self.paths.append(path)
        self.roots.add(path.root)
        if path.root in self.named:
            if isinstance(path.keys[0], str):
                self.named[path.root].add(path.keys[0])
            else:
                self.any.add(path.root)
        return True

    def _refuse(self, node: ast.expr | ast.arg, code: str, message: str) -> NoReturn:
        line = self._source.split("\n")[node.lineno - 1 : node.lineno]
        column = len("".join(line).encode()[: node.col_offset].decode(errors="ignore"))
        raise Refused(code, message, _offset(self._source, node.lineno, column))


def _named(translator: _Translator, root: str) -> frozenset[str] | None:
    return None if root in translator.any else frozenset(translator.named[root])


def _subscript(value: ast.expr, key: str) -> ast.Subscript:
    return ast.Subscript(value, ast.Constant(key), ast.Load())


def _subscripts(tree: ast.expr) -> ast.expr:
    """A path with every attribute turned into a subscript."""
    if isinstance(tree, ast.Attribute):
        return _subscript(_subscripts(tree.value), tree.attr)
    if isinstance(tree, ast.Subscript):
        return ast.Subscript(_subscripts(tree.value), tree.slice, ast.Load())
    return tree


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, [*ROOTS, *BUILTINS, *_ELSEWHERE.values()], n=1)
    hint = _ELSEWHERE.get(name) or (near[0] if near else None)
    if hint:
        return f"unknown name {name!r}; did you mean {hint}?"
    return f"unknown name {name!r}; there are {', '.join(sorted(ROOTS))} and functions such as len"
