"""A running bot and a visitor for every test of the web chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from tests.kit.house import Running, house
from tests.web.visitor import Visitor, visitor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest_asyncio.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Running]:
    """The bot with the guides of this checkout."""
    async with house(tmp_path) as running:
        yield running


@pytest_asyncio.fixture
async def person(bot: Running) -> AsyncIterator[Visitor]:
    """Somebody without script, who has not come yet."""
    async with visitor(bot.url) as someone:
        yield someone
