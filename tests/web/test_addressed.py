"""Pictures and voices by address: what platforms fetch, without a listing and without a way out of the folder."""

from __future__ import annotations

import aiohttp
import pytest
from starlette.applications import Starlette

from bot.channel.picture import Pictures
from bot.channel.zalo_bot_post import Addresses
from bot.voice.drafts import Drafts
from bot.voice.sound import AAC, MP3
from bot.web.addressed import Addressed
from bot.web.media import AN_HOUR, FOR_EVER
from tests.channel.conftest import KETTLE, listening

KEY = "a" * 64


@pytest.fixture
async def fetch(tmp_path):
    """Asks a real server; an address may be crooked."""
    media = tmp_path / "media"
    (media / "tea").mkdir(parents=True)
    (media / "tea" / "kettle.svg").write_text(KETTLE, encoding="utf-8")
    (media / "parts.svg").write_text("<svg/>")
    (tmp_path / "secret.svg").write_text(KETTLE)
    (tmp_path / "voice").mkdir()
    (tmp_path / "voice" / f"{KEY}.mp3").write_bytes(b"ID3")
    (tmp_path / "voice" / f"{KEY}.aac").write_bytes(b"\xff\xf1")
    pictures = Pictures(media, tmp_path / "cache")
    async with listening() as door, aiohttp.ClientSession() as client:
        door.app = Starlette(routes=Addressed(media, pictures, Drafts(lambda _: None, tmp_path / "voice")).routes)
        base = door.url.removesuffix("/hook")

        async def fetch(path, method="GET"):
            from yarl import URL

            async with client.request(method, URL(base + path, encoded=True)) as answer:
                return answer.status, answer.headers.get("cache-control"), await answer.read()

        fetch.pictures, fetch.media, fetch.base = pictures, media, base
        yield fetch


async def test_a_drawing_is_a_png_that_may_be_kept_for_ever(fetch):
    """Under the address that the channel gives; an old address shows the picture of today, and is not kept."""
    digest = await fetch.pictures.digest("tea/kettle.svg")
    address = Addresses(fetch.base).picture("tea/kettle.svg", digest).removeprefix(fetch.base)
    status, cache, png = await fetch(address)
    assert (status, cache, png[:4]) == (200, FOR_EVER, b"\x89PNG")
    assert (await fetch(address, "HEAD"))[:2] == (200, FOR_EVER)
    (fetch.media / "tea" / "kettle.svg").write_text(KETTLE.replace("Ấm nước", "Ấm trà"), encoding="utf-8")
    status, cache, newer = await fetch(address)
    assert (status, cache) == (200, AN_HOUR)
    assert newer != png


@pytest.mark.parametrize(
    "path",
    [
        *("/picture/", "/picture/0/", "/picture/0/tea", "/picture/0/tea/", "/picture/0/tea/none.png"),
        *("/picture/0/parts.png", "/picture/0/../secret.png", "/picture/0/%2e%2e/secret.png", "/picture/0//tea.png"),
        *("/picture/0/tea/%2e%2e/%2e%2e/secret.png", "/picture/0/tea/kettle.svg", "/picture/0/%00.png"),
        *("/spoken/", "/spoken/a.mp3", f"/spoken/{'b' * 64}.mp3", "/spoken/%2e%2e%2fsecret.mp3", f"/spoken/{KEY}.ogg"),
    ],
)
async def test_nothing_else_is_shown(fetch, path):
    """No folder, no parts, nothing outside, nothing that is not there."""
    assert (await fetch(path))[0] == 404


async def test_a_draft_voice_is_found_by_its_key(fetch):
    """As long as it is there."""
    for ending, data in ((MP3, b"ID3"), (AAC, b"\xff\xf1")):
        address = Addresses(fetch.base).draft(KEY, ending).removeprefix(fetch.base)
        assert await fetch(address) == (200, FOR_EVER, data)
