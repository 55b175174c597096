"""Whoever mends the words may ask a test bot why a sentence is understood so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.kit.house import Running, house
from tests.web.visitor import Visitor, visitor

if TYPE_CHECKING:
    from pathlib import Path


async def test_the_reasons_are_told_where_that_is_switched_on(tmp_path: Path) -> None:
    """A line for each, as plain text; nothing of the sentence is kept."""
    async with house(tmp_path, debug=True) as bot, visitor(bot.url) as person:
        async with person.session.get("/why", params={"text": "quen mk vneid <b>"}) as response:
            text = await response.text()
        assert response.status == 200
        assert response.content_type == "text/plain"
        assert text.startswith("plain   quen mật khẩu vneid bạn\n")
        assert "open:eid-forgot-password" in text
        async with person.session.get("/why") as response:
            assert response.status == 200


async def test_elsewhere_there_is_no_such_page(bot: Running, person: Visitor) -> None:
    """People who need help need no scores."""
    del bot
    async with person.session.get("/why", params={"text": "quen mk"}) as response:
        assert response.status == 404
