"""Two people at one browser with script: the page is of who has the phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.kit.browser import Phone

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_nothing_of_the_one_before_stays_on_the_page(person: Phone) -> None:
    """The messages go when somebody joins, and come back, without hers, when the first person is back."""
    await person.open()
    await person.tap("Bác")
    await person.open("/g/eid-activate")
    await person.tap("Bắt đầu")
    log = person.page.locator("#log")
    await expect(log).to_contain_text("Mở VNeID")
    await person.say("đổi người")
    await person.tap("Thêm người")
    await expect(log).to_contain_text("lượt của người mới")
    await expect(log).not_to_contain_text("VNeID")
    await person.shoot("people-1-newcomer")
    await person.tap("Cô")
    await person.tap("Đổi người")
    await person.shoot("people-2-list")
    await person.tap("Bác · người 1")
    await expect(log).to_contain_text("Mở VNeID")
    await expect(log).not_to_contain_text("lượt của người mới")
    await person.shoot("people-3-back")
