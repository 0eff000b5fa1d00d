"""Read, write and reckon with dates and times."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field, StrictFloat, StrictInt, StringConstraints

from services.runner.nodes._times import Unit, added, between, formatted, parsed, started, zone_of
from shared.nodes import Context, NodeConfig, NodeFailed, node

Written = Annotated[str, StringConstraints(max_length=200)]
Moment = Written | StrictInt | StrictFloat


class Config(NodeConfig):
    """What to do with which time."""

    operation: Literal["now", "parse", "format", "add", "diff", "start_of", "convert"] = Field(
        "parse",
        description="now; parse: any time to ISO 8601; format: to other text; add: move by amount units; "
        "diff: from value until other in units; start_of: the start of the unit; convert: to another zone.",
    )
    value: Moment | None = Field(
        None,
        description="A time: ISO 8601, the format of mail and HTTP, or seconds (or milliseconds) since 1970.",
    )
    zone: Written | None = Field(
        None,
        description="A time zone such as Europe/Paris: times without one are read in it (otherwise UTC), and "
        "all are reckoned and written in it (otherwise in the value's own).",
    )
    format: Written | None = Field(
        None, description="For parse and format, codes such as %d.%m.%Y %H:%M; left out, ISO 8601."
    )
    amount: int | float = Field(0, description="For add, how many units, negative to go back.")
    unit: Unit = Field(
        "day", description="For add, diff and start_of. Days and longer keep the time on the clock."
    )
    other: Moment | None = Field(None, description="For diff, the later time; negative results are fine.")


@node("datetime", title="Date and time", category="data", icon="calendar-clock")
async def date_and_time(config: Config, context: Context) -> str | int | float:
    """Read, write, move, compare and convert dates and times."""
    zone = zone_of(config.zone) if config.zone else None
    if config.operation == "now":
        return datetime.now(zone or UTC).isoformat()
    if config.operation == "convert" and zone is None:
        raise NodeFailed("invalid_config", "To convert a time, set zone, such as Europe/Paris.")
    moment = parsed(
        _given(config.value, "value"), zone, config.format if config.operation == "parse" else None
    )
    if config.operation == "diff":
        return between(moment, parsed(_given(config.other, "other"), zone, None), config.unit)
    if config.operation == "format":
        return formatted(moment, config.format)
    if config.operation == "add":
        moment = added(moment, config.amount, config.unit)
    if config.operation == "start_of":
        moment = started(moment, config.unit)
    return moment.isoformat()


def _given(value: Moment | None, name: str) -> Moment:
    if value is None:
        raise NodeFailed("invalid_input", f"There is no time in {name}.")
    return value
