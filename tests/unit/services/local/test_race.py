"""The first to end decides; the others are cancelled and waited for."""

import asyncio

import pytest

from services.local.race import first_of


async def forever(cleaned: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)
        cleaned.append("cleaned")


async def value(of: int) -> int:
    return of


async def broken() -> None:
    raise ValueError("broken")


async def test_the_first_value_wins_and_the_rest_clean_up() -> None:
    cleaned: list[str] = []
    assert await first_of(forever(cleaned), value(7)) == 7
    assert cleaned == ["cleaned"]


async def test_the_first_error_is_raised_and_the_rest_clean_up() -> None:
    cleaned: list[str] = []
    with pytest.raises(ValueError, match="broken"):
        await first_of(forever(cleaned), broken())
    assert cleaned == ["cleaned"]
