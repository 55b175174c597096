"""The story of a team in a real browser: the lead and the person have small phones, the volunteer Telegram."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.kit.browser import phone
from tests.kit.story import PATIENCE, OnTelegram, world
from tests.kit.telegram import TelegramDouble
from tests.test_whole_story import live

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.async_api import Browser

    from tests.kit.browser import Phone

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass
class InBrowser:
    """Somebody with a real browser; what they see is kept under their name, where pictures are asked for."""

    name: str
    phone: Phone
    known: int = 0  # messages on the page when they last did something
    _pictures: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def opens(self, address: str) -> None:
        """Where the page offers several ways they stay in the browser."""
        self.known = 0
        await self.phone.page.goto(address)
        await self._look()
        await self.phone.page.locator('form[action^="/go/"] button').click()
        await expect(self.phone.page.locator("#log")).to_be_visible()

    async def taps(self, label: str) -> None:
        """See Somebody."""
        await self._look()
        await self.phone.tap(label)

    async def says(self, text: str) -> None:
        """See Somebody."""
        await self._look()
        await self.phone.say(text)

    async def hears(self, words: str) -> str:
        """See Somebody."""
        found = self.phone.page.locator(f"#log > article:nth-child(n + {self.known + 1})", has_text=words).last
        await expect(found).to_be_visible(timeout=PATIENCE * 1000)
        await self._keep()
        return await found.inner_text()

    async def offered(self, means: Callable[[str], bool]) -> dict[str, str]:
        """See Somebody."""
        buttons = await self.phone.page.locator("article:last-child .answers button").all()
        labels = {await each.get_attribute("value") or "": await each.inner_text() for each in buttons}
        assert any(map(means, labels)), labels
        return labels

    async def _look(self) -> None:
        """Before they do something: what is on the screen, and that nothing sticks out of it."""
        self.known = await self.phone.page.locator("#log > article").count()
        assert await self.phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await self._keep()

    async def _keep(self) -> None:
        await self.phone.shoot(f"story-{self.name}-{next(self._pictures):02}")


async def test_the_story_of_a_team(browser: Browser, tmp_path: Path) -> None:
    """From the invitation to Monday, as in tests/test_whole_story.py; the browser has nothing to complain of."""
    async with (
        TelegramDouble() as double,
        world(double, tmp_path) as there,
        phone(browser, there.bot.url) as leads,
        phone(browser, there.bot.url) as asks,
    ):
        await live(there, tmp_path, InBrowser("lead", leads), OnTelegram(double.person(1)), InBrowser("person", asks))
        assert leads.complaints == asks.complaints == double.violations == []
