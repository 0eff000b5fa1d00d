"""`{{ }}` in strings: parsing and checking, references, paths, evaluation.

`{{ "{{" }}` stands for two literal braces. Nothing here needs the sandbox but what is handed one."""

from shared.expressions.errors import ExpressionError, Problem
from shared.expressions.evaluation import evaluate_each, evaluate_one, resolve
from shared.expressions.fields import problems, references, variables
from shared.expressions.paths import Path, lookup
from shared.expressions.syntax import BUILTINS, ROOTS, Expression
from shared.expressions.templates import Template, bare, parse, path

__all__ = [
    "BUILTINS",
    "ROOTS",
    "Expression",
    "ExpressionError",
    "Path",
    "Problem",
    "Template",
    "bare",
    "evaluate_each",
    "evaluate_one",
    "lookup",
    "parse",
    "path",
    "problems",
    "references",
    "resolve",
    "variables",
]
