"""What can be said of a graph before it runs: all that is wrong with it, and what a version freezes."""

from shared.check.checking import Checked, check
from shared.check.freezing import freeze
from shared.check.scope import count_nodes
from shared.expressions.errors import Problem

__all__ = ["Checked", "Problem", "check", "count_nodes", "freeze"]
