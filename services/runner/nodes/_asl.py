"""What the node types of imported Amazon States Language share.

States hand tokens on: `{"data": a state's output, "next": the id of the state that comes next}`, where `next`
is null at the end of the machine. Exactly one token is on its way: of all that could lead to a node, the one
that names it has."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, get_args

from pydantic import Field

from shared.asl.context import context_object
from shared.asl.errors import StatesError
from shared.context import Context
from shared.nodes import Code, NodeConfig, NodeFailed

Token = dict[str, Any]
Fields = Annotated[dict[str, Any], *get_args(Code)[1:]]
"""A state's fields as its definition has them: `{{ }}` means nothing in them."""


class Way(NodeConfig):
    """A state that may come next, and the port that leads to it."""

    state: str = Field(description="The name of the state.")
    port: str = Field(description="The port, which is the id of the state's first node.")


class Extra(NodeConfig):
    """What the Context Object has beyond what every run knows."""

    input: Any = Field(None, description="The input of the run, for $$.Execution.Input.")
    token: str | None = Field(None, description="What names the attempt, for $$.Task.Token.")
    map: Any = Field(None, description="What the iteration works on, for $$.Map.")


class Arriving(NodeConfig):
    """A node that takes the token which was sent to it."""

    tokens: list[Any] = Field(alias="from", description="The tokens that may have been sent here.")
    at: str | None = Field(None, description="The id that the token names as its next.")


class StateConfig(Arriving):
    """A node that stands for a state."""

    name: str = Field(description="The name of the state.")
    state: Fields = Field({}, description="The state's fields, as its definition has them.")
    extra: Extra = Field(
        default_factory=lambda: Extra.model_validate({}),
        description="What $$ reads beyond what every run knows.",
    )

    def context_object(self, context: Context) -> dict[str, Any]:
        """What `$$` reads here."""
        extra = self.extra.model_dump()
        return context_object(context.run_id, _workflow(context), self.name, extra, attempt=context.attempt)


def arrived(tokens: list[Any], *at: str | None) -> Any:
    """The data of the token sent here; those of other ways name another node as their next."""
    return arrived_token(tokens, *at)["data"]


def arrived_token(tokens: list[Any], *at: str | None) -> Token:
    """The token sent here."""
    for token in tokens:
        if isinstance(token, dict) and "next" in token and token["next"] in at:
            return token
    raise NodeFailed("asl_no_token", f"no state before has handed on to {' or '.join(map(str, at))}")


@contextmanager
def failing_as_told() -> Iterator[None]:
    """A StatesError as the node's failure, its Error Name as the code."""
    try:
        yield
    except StatesError as error:
        raise NodeFailed(error.name, str(error)) from error


def _workflow(context: Context) -> str | None:
    return context.bindings.get("run", {}).get("workflow_id")
