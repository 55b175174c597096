"""Several people at one browser: each finds only their own messages on the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.web.visitor import Visitor


async def test_the_page_is_only_of_who_has_the_phone(person: Visitor) -> None:
    """Who joins finds nothing of the one before; who comes back finds all of theirs and stands where they stood."""
    await person.get()
    await person.tap("Bác")
    await person.get("/g/eid-activate")
    page = await person.tap("Bắt đầu")
    first = page.heads
    await person.say("cho mẹ tôi dùng")
    page = await person.tap("Thêm người")
    assert page.heads[0] == "Bây giờ là lượt của người mới"
    assert not set(page.heads) & set(first[2:])
    page = await person.tap("Chị")
    assert page.newest == "Chị muốn làm việc gì?"
    assert first[-1] not in page.text
    await person.tap("Đổi người")
    page = await person.tap("Bác · người 1")
    assert page.heads[: len(first)] == first
    assert page.newest == first[-1]
    assert not any("người mới" in head for head in page.heads)


async def test_a_page_that_is_open_is_told_to_begin_anew(person: Visitor) -> None:
    """What the page's script gets says who has the phone: another person than on the page means another page."""
    page = await person.get()
    assert re.findall(r'data-person="(\d)"', page.html) == ["1"]
    await person.tap("Bác")
    await person.say("/people")
    part = await person.post(person.page.press("Thêm người"), {"Sec-Fetch-Site": "same-origin", "X-After": "1"})
    assert re.findall(r'data-person="(\d)"', part.html) == ["2"]
