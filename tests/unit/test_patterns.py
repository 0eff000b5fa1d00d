"""No text holds up who matches it: every pattern of ours, as the code uses it, on texts made to be slow."""

import importlib
import pkgutil
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import services
import shared
from shared.asl.calls import parse_call
from shared.asl.paths import check_path, check_reference
from shared.conditions import unmet
from shared.contracts.trigger import Condition
from shared.contracts.value import to_json
from shared.cron import check_cron, check_zone
from shared.expressions.templates import bare, parse
from shared.http.address import AllowList
from shared.http.message import HttpFailed
from shared.http.target import target
from shared.json_schema import faults
from shared.mail_address import name_and_address
from shared.mapping import path_of

ROOT = Path(__file__).parents[2]
CHARS = 20_000
"""Whatever is quadratic takes seconds for as many."""
MOST_S = 0.25
BEGINNINGS = ("", "[", "['", "'", '"', "'''", "{{ ", "{{ '''", "States.A(", "$[?(@.a=='", "a@", "<")
MIDDLES = (
    " ", "a", "0", "[", "'", '"', "\\", "\\a", ".", "-", "_", "/", "{", "(", "=", "@", ":", ",", "\n",
    "a,", "[ ", "'a',", "<a ", "1.", "e1", "a.", "..", "{}", "\\'", "'\\", '"\\', "*",
)  # fmt: skip
HOSTILE = [first + middle * (CHARS // len(middle)) + "!" for first in BEGINNINGS for middle in MIDDLES]
USED = re.compile(r"\b([A-Z_]+)\.(search|match|fullmatch|sub|split|findall|finditer)\(")
GUARDED = {"QUOTED.sub", "QUOTED.findall", "QUOTED.match", "_STRING.sub", "_TOKEN.finditer"}
"""They see what has been read before, each quote of it closed, or stop at the first that is not."""


class TooSlow(Exception):
    """It has taken all the time there is."""


@contextmanager
def soon() -> Iterator[None]:
    """Interrupts what takes too long of the processor's time."""

    def interrupt(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def modules() -> Iterator[ModuleType]:
    for top in (services, shared):
        for each in pkgutil.walk_packages(top.__path__, f"{top.__name__}."):
            if not each.name.endswith("__main__"):
                yield importlib.import_module(each.name)


def uses() -> dict[str, tuple[re.Pattern[Any], str]]:
    """Every use of a pattern that has a name, such as `TOKEN.fullmatch`."""
    found: dict[str, tuple[re.Pattern[Any], str]] = {}
    for module in modules():
        for name, way in USED.findall(Path(module.__file__ or "").read_text()):
            pattern = getattr(module, name, None)
            if isinstance(pattern, re.Pattern) and f"{name}.{way}" not in GUARDED:
                found[f"{module.__name__}: {name}.{way}"] = pattern, way
    return found


def used(pattern: re.Pattern[Any], way: str, text: str) -> None:
    binary = isinstance(pattern.pattern, bytes)
    given = text.encode() if binary else text
    found = getattr(pattern, way)(*([given[:0]] if way == "sub" else []), given)
    if way == "finditer":
        list(found)


def test_every_pattern_is_done_with_hostile_texts_soon() -> None:
    found = uses()
    assert len(found) > 30
    slow: list[str] = []
    for name, (pattern, way) in found.items():
        try:
            for text in HOSTILE:
                with soon():
                    used(pattern, way, text)
        except TooSlow:
            slow.append(name)
    assert not slow


READERS: dict[str, Callable[[str], Any]] = {
    "expressions": parse,
    "bare expressions": bare,
    "paths of events": path_of,
    "addresses of mails": name_and_address,
    "cron": check_cron,
    "time zones": check_zone,
    "ASL's paths": check_path,
    "ASL's places": check_reference,
    "ASL's calls": parse_call,
    "web addresses": lambda text: target(text, (), AllowList()),
    "conditions": lambda text: unmet(
        {"text": text}, [Condition(path="text", operator="contains", value=to_json(text[1:]))]
    ),
}


@pytest.mark.parametrize("reader", READERS)
def test_everything_that_is_read_is_read_soon_or_refused(reader: str) -> None:
    for text in HOSTILE:
        with soon(), suppress(ValueError, HttpFailed):
            READERS[reader](text)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(a*)*b$", "^(.*?,){25}x"])
def test_backtracking_patterns_of_users_end_soon(pattern: str) -> None:
    with soon():
        assert faults("a" * 50_000 + "!", {"type": "string", "pattern": pattern}, at_most=1)
    assert not faults("aab,", {"type": "string", "pattern": "(a+)+b,$"}, at_most=1)
