"""The draft voice on the web: an MP3 for the person it was made for."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest_asyncio
import soundfile

from bot.service.aloud import drafts
from bot.voice.drafts import Drafts
from tests.kit.house import Running, house
from tests.web.test_talk import at_step
from tests.web.visitor import Visitor, visitor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest_asyncio.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Running]:
    """The bot with the guides of this checkout, and espeak-ng."""
    async with house(tmp_path) as running:
        talking = running.app.conversation
        await talking.move_in(replace(talking.house, speaks=frozenset({"vi", "en"})))
        running.app.drafts = drafts(replace(running.app.config, root=tmp_path))
        yield running


async def heard(person: Visitor) -> str:
    """The address of what is read to somebody at their first step."""
    await at_step(person)
    page = await person.tap("Đọc to")
    found = re.findall(r'<audio controls preload="none" src="(/voice/\d+\.mp3)" data-words="[^"]{20,}">', page.html)
    assert found, page.html[-2000:]
    return found[-1]


async def test_a_step_is_spoken(bot: Running, person: Visitor, tmp_path: Path) -> None:
    """An MP3 for ever, also in parts as Safari asks for it; made only when it is asked for."""
    address = await heard(person)
    assert not (tmp_path / "data").exists()
    async with person.session.get(bot.url + address) as answer:
        assert (answer.status, answer.content_type) == (200, "audio/mpeg")
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        data = await answer.read()
    assert 2 < soundfile.info(io.BytesIO(data)).duration < 60
    async with person.session.get(bot.url + address, headers={"Range": "bytes=0-1"}) as answer:
        assert (answer.status, await answer.read()) == (206, data[:2])


async def test_it_is_theirs_alone(bot: Running, person: Visitor) -> None:
    """Nobody else hears it, and no other row is a voice."""
    address = await heard(person)
    async with visitor(bot.url) as other:
        await other.get()
        for path in (address, "/voice/1.mp3", f"/voice/{2**63}.mp3"):
            async with other.session.get(bot.url + path) as answer:
                assert answer.status == 404
    document = address.replace("/voice/", "/document/").removesuffix(".mp3")
    async with person.session.get(bot.url + document) as answer:
        assert answer.status == 404


async def test_who_cannot_speak_says_so(bot: Running, person: Visitor, tmp_path: Path) -> None:
    """404, so that the page reads with the browser's own voice."""
    address = await heard(person)
    bot.app.drafts = Drafts(lambda _: None, tmp_path)
    async with person.session.get(bot.url + address) as answer:
        assert answer.status == 404
