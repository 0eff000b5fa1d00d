"""The house rules that no linter knows: sizes, words, and tests where their sources are."""

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("services", "shared", "bench")
MIRRORED = ("tests/unit", "tests/contract", "tests/integration")
TOPS = (".", "services", "shared")
MOST_LINES, MOST_FUNCTION_LINES, MEDIAN_LINES, P90_LINES = 400, 40, 80, 250
OTHER_WORDS = {
    "flow", "pipeline", "dag", "step", "task", "job", "block", "action", "execution", "instance", "registry",
    "manager", "coordinator", "util", "param", "payload", "helper",
}  # fmt: skip
ABOUT_ALL = {"gateway/attacks"}
"""Folders of tests that walk over all of a source folder, and have no other in it."""
KEPT_NAMES = {"shared/storage/payloads.py"}


def files(*folders: str) -> Iterator[Path]:
    """Every Python file with something in it."""
    for folder in folders:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if path.stat().st_size)


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def long_functions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            count = (node.end_lineno or node.lineno) - node.lineno + 1
            if count > MOST_FUNCTION_LINES:
                yield f"{name(path)}:{node.lineno} {node.name} has {count} lines"


def test_no_file_is_longer_than_400_lines() -> None:
    sizes = {name(path): lines(path) for path in files(*SOURCES, "tests")}
    found = {path: count for path, count in sizes.items() if count > MOST_LINES}
    assert not found, f"split by meaning: {found}"


def test_no_function_is_longer_than_40_lines() -> None:
    found = [each for path in files(*SOURCES, "tests") for each in long_functions(path)]
    assert not found, f"split by meaning: {found}"


def test_most_files_are_small(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = sorted(lines(path) for path in files(*SOURCES, "tests"))
    median, p90 = statistics.median(sizes), sizes[int(len(sizes) * 0.9)]
    told = f"{len(sizes)} files, {sum(sizes)} lines: median {median}, p90 {p90}, longest {sizes[-1]}"
    with capsys.disabled():
        sys.stdout.write(f"[{told}]")
    assert median <= MEDIAN_LINES, told
    assert p90 <= P90_LINES, told


def test_file_names_use_the_words_of_the_design() -> None:
    found = [
        name(path)
        for path in files(*SOURCES)
        if name(path) not in KEPT_NAMES
        and any(word.removesuffix("s") in OTHER_WORDS for word in path.stem.lower().split("_"))
    ]
    assert not found, f"DESIGN §2 has other words for these: {found}"


def test_tests_stand_where_their_sources_do() -> None:
    """`tests/unit/shared/contracts/` tests `shared/contracts/`; `services/` and `shared/` may be left out of
    the path, and files right under a kind of test are about the whole."""
    folders = {path.parent.relative_to(ROOT / kind) for kind in MIRRORED for path in files(kind)}
    lost = [str(each) for each in folders if not any((ROOT / top / each).is_dir() for top in TOPS)]
    assert not set(lost) - ABOUT_ALL, f"no source folder of that name: {lost}"
