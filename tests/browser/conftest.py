"""One browser and one bot for all browser tests of a worker; every test is a new person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.kit.browser import NoBrowser, Phone, chromium, find_browser, phone
from tests.kit.house import Running, house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A real browser; without one the tests fail and say what is missing."""
    try:
        find_browser()
    except NoBrowser as missing:
        pytest.fail(str(missing), pytrace=False)
    async with chromium() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """The bot with the guides of this checkout."""
    async with house(tmp_path_factory.mktemp("bot")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def person(browser: Browser, bot: Running) -> AsyncIterator[Phone]:
    """Somebody with a phone of 360 × 740, who has not come yet. Afterwards the browser has nothing to complain of."""
    async with phone(browser, bot.url) as someone:
        yield someone
    assert someone.complaints == []
