"""What is let in, what is kept out, and what is said when something is wrong."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from aiohttp import ClientTimeout

from bot.channel.base import Button, Message, Picture, VoiceNote
from bot.channel.web import MOST_OF_ONE_CHAT
from bot.engine.chat import Chat
from bot.web.pages import Pages, View
from bot.web.shown import Shown
from tests.kit.house import ROOT, Running, guides, house
from tests.web.visitor import HERE, Visitor, visitor

if TYPE_CHECKING:
    from pathlib import Path

    import aiohttp


async def spoil(bot: Running, table: str) -> None:
    """Break the database under the running bot, beside its loop: it may just be writing."""

    def drop() -> None:
        with closing(sqlite3.connect(bot.database)) as database:
            database.execute(f"DROP TABLE {table}")

    await asyncio.to_thread(drop)


async def event(stream: aiohttp.ClientResponse) -> tuple[str, str]:
    """The id and the data of the next event that has any."""
    row, data = "", []
    async for line in stream.content:
        text = line.decode().rstrip("\n")
        if text.startswith("id: "):
            row = text[4:]
        elif text.startswith("data: "):
            data.append(text[6:])
        elif not text and data:
            return row, "\n".join(data)
    raise AssertionError("the stream ended")


async def test_other_sites_cannot_post(bot: Running) -> None:
    """Only our own pages may speak for a person."""
    for headers, status in (
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": bot.url}, 200),
        ({}, 403),
    ):
        async with visitor(bot.url) as person:
            page = await person.get("/g/eid-activate")
            answer = await person.post(page.press("Bắt đầu"), headers)
            assert answer.status == status, headers
            assert ("Bước 1/" in (await person.get()).text) is (status == 200), headers


async def test_too_long(person: Visitor) -> None:
    """A body over the limit is refused kindly, with a way back; the place is kept."""
    await person.get("/g/eid-activate")
    await person.tap("Bắt đầu")
    page = await person.say("a" * 70_000)
    assert page.status == 413
    assert "Tin dài quá" in page.newest
    assert "/" in page.links
    assert "Bước 1/" in (await person.get()).text


async def test_long_but_allowed(person: Visitor) -> None:
    """A long text below the limit gets an answer of the bot."""
    await person.get("/g/eid-activate")
    page = await person.say("ê " * 4_000)
    assert page.status == 200
    assert page.heads


async def test_no_form(person: Visitor) -> None:
    """Bytes that are no form are refused by a page that says so, and not that cookies are missing."""
    await person.get()
    for data in (b"\xff\xfe&&&=%%%", b"text=%ff%fe"):
        async with person.session.post("/", data=data, headers=HERE) as response:
            html = await response.text()
        assert response.status == 400
        assert "Máy không đọc được tin này" in html
        assert "cookie" not in html


async def test_post_without_cookie(bot: Running) -> None:
    """Where cookies are blocked, the person is told what is needed."""
    async with visitor(bot.url) as person:
        page = await person.post({"text": "xin chào"})
        assert page.status == 400
        assert "cookie" in page.text


async def test_not_stored(bot: Running, person: Visitor) -> None:
    """While the database refuses, the person hears that nothing is lost; nothing is told as done."""
    page = await person.get("/g/eid-activate")
    await spoil(bot, "inbox")
    page = await person.post(page.press("Bắt đầu"))
    assert page.status == 503
    assert "Không mất gì cả" in page.text
    assert "/" in page.links


async def test_unreadable(bot: Running, person: Visitor) -> None:
    """The page itself says so kindly when the database cannot be read."""
    await person.get()
    await spoil(bot, "outbox")
    page = await person.get()
    assert page.status == 503
    assert "Không mất gì cả" in page.text


async def test_unknown_address(person: Visitor) -> None:
    """An unknown address gets a kind page in the person's language with a way home."""
    page = await person.get("/no/such/page")
    assert page.status == 404
    assert page.newest == "Không có trang này"
    assert "/" in page.links
    assert (await person.get("/no", **{"Accept-Language": "en"})).newest == "There is no such page"


async def test_fault_of_ours(tmp_path: Path) -> None:
    """A fault in our own words never shows its inside."""
    root = tmp_path / "broken"
    shutil.copytree(ROOT / "content", root / "content")
    shutil.copytree(ROOT / "flows", root / "flows")
    for language in ("vi", "en"):
        buttons = root / "content" / language / "_bot" / "buttons.j2"
        buttons.write_text(buttons.read_text().replace("block home ", "block nobody "))
    async with house(tmp_path, root=root) as bot, visitor(bot.url) as person:
        page = await person.get()
        assert page.status == 500
        assert page.newest == "Lỗi này do máy, không phải do bạn"
        assert "Error" not in page.html
        assert "Traceback" not in page.html


async def test_headers_everywhere(person: Visitor) -> None:
    """Every answer carries the strict content rules."""
    for path in ("/", "/nowhere", "/health", "/metrics", "/static/chat.css", "/media/eid-activate/open-app.svg"):
        async with person.session.get(path) as response:
            policy = response.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self'" in policy or path.endswith(".svg")
            assert response.headers["x-content-type-options"] == "nosniff"
            assert response.headers["referrer-policy"] == "same-origin"


async def test_media(person: Visitor) -> None:
    """Drawings are served, and nothing else that lies on the disk."""
    async with person.session.get("/media/eid-activate/open-app.svg") as response:
        assert response.status == 200
        assert response.content_type == "image/svg+xml"
        assert "sandbox" in response.headers["content-security-policy"]
        assert "max-age" in response.headers["cache-control"]
    hidden = [
        "",
        "eid-activate",
        "eid-activate/",
        "../../bot.toml",
        "%2e%2e/%2e%2e/bot.toml",
        "..%2f..%2fflows/eid-activate.toml",
    ]
    for path in [*(f"/media/{name}" for name in hidden), "/static/", "/static/fonts/", "/static/fonts/OFL.txt"]:
        async with person.session.get(path) as response:
            assert response.status == 404, path


async def test_first_page_is_light(person: Visitor) -> None:
    """The first page with letters, style and script weighs less than 100 KB."""
    page = await person.get()
    total = len(page.html.encode())
    parts = {link for link in page.links if link.startswith("/static/")}
    async with person.session.get(next(part for part in parts if ".css" in part)) as response:
        fonts = re.findall(r'url\("(fonts/[^"]+)"\)', await response.text())
    for part in parts | {f"/static/{font}" for font in fonts}:
        async with person.session.get(part) as response:
            assert response.status == 200, part
            total += len(await response.read())
    assert len(fonts) == 4
    assert 60_000 < total < 100_000
    async with person.session.get(next(part for part in parts if ".js" in part)) as response:
        assert len(await response.read()) < 8_000


async def test_health(bot: Running, person: Visitor) -> None:
    """Health tells the truth about the database."""
    async with person.session.get("/health") as response:
        assert response.status == 200
        state = await response.json()
    assert state == {"ok": True, "database": True, "channels": {"web": "ok"}, "backlog": {"web": 0}}
    await spoil(bot, "chat")
    async with person.session.get("/health") as response:
        assert response.status == 503
        assert (await response.json())["database"] is False


async def test_metrics(person: Visitor) -> None:
    """The numbers are there and name nobody."""
    await person.get()
    async with person.session.get("/metrics") as response:
        text = await response.text()
    assert re.search(r"^camtay_turns_total [1-9]", text, re.MULTILINE)
    assert 'camtay_outbox_waiting{channel="web"}' in text


async def test_head_starts_no_chat(bot: Running, person: Visitor) -> None:
    """A machine that only asks for headers does not become a person."""
    for path in ("/", "/g/eid-activate"):
        async with person.session.head(path) as response:
            assert response.status == 200
            assert "set-cookie" not in response.headers
    database = sqlite3.connect(bot.database)
    assert database.execute("SELECT count(*) FROM chat").fetchone() == (0,)
    database.close()


async def test_second_tab_is_told(person: Visitor) -> None:
    """What one tab does appears in the other; after a broken connection exactly what was missed comes."""
    page = await person.get("/g/eid-activate")
    latest = re.search(r'data-latest="(\d+)"', page.html)[1]  # type: ignore[index]
    async with person.session.get("/events", params={"after": latest}, timeout=ClientTimeout(10)) as stream:
        assert stream.content_type == "text/event-stream"
        await person.tap("Bắt đầu")
        row, data = await event(stream)
    assert "Bước 1/" in data
    assert "👉 Bắt đầu ·" in data  # the answered message comes again, with its record
    await person.tap("Xong rồi")
    async with person.session.get("/events", headers={"Last-Event-ID": row}, timeout=ClientTimeout(10)) as stream:
        later, data = await event(stream)
    assert int(later) > int(row)
    assert "Bước 2/" in data
    assert "Chào bạn" not in data


async def test_many_tabs(person: Visitor) -> None:
    """Too many open pages of one person: the next one is let go at once and told to come back later."""
    await person.get()
    open_streams = [await person.session.get("/events") for _ in range(MOST_OF_ONE_CHAT)]
    for stream in open_streams:
        await stream.content.readline()
    async with person.session.get("/events", timeout=ClientTimeout(5)) as stream:
        assert (await stream.read()).decode().strip() == "retry: 30000"
    for stream in open_streams:
        stream.close()


async def test_stopping(bot: Running, person: Visitor) -> None:
    """When the bot stops, open pages are let go, and who posts is asked to try again."""
    page = await person.get("/g/eid-activate")
    async with person.session.get("/events", timeout=ClientTimeout(5)) as stream:
        await stream.content.readline()
        await bot.web.stop_listening()
        async with asyncio.timeout(2):
            await stream.read()
    page = await person.post(page.press("Bắt đầu"))
    assert page.status == 503


def test_words_are_never_markup() -> None:
    """Whatever a message or a label holds is shown as text."""
    evil = '<script>alert("1")</script>'
    message = Message(evil, evil, evil, Picture("none.svg", evil), (Button("a", evil),))
    view = View(guides().speaker(Chat("web:x", "web", "x", "vi", 0, 0)), shown=[Shown(1, 1, message)])
    html = Pages(ROOT / "content").part(view, 0)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 5


def test_recorded_voice() -> None:
    """A recorded voice is a player of the page."""
    shown = [Shown(1, 1, VoiceNote("vi/eid/one.ogg"))]
    html = Pages(ROOT / "content").part(View(guides().speaker(Chat("web:x", "web", "x", "vi", 0, 0)), shown=shown), 0)
    assert "<audio controls" in html


def test_draft_voice() -> None:
    """A voice to be spoken is a player too; it also holds the words, for a browser that speaks better."""
    shown = [Shown(7, 7, VoiceNote("", 'Bấm "Xong".', "vi")), Shown(8, 8, VoiceNote("vi/none.ogg", "Bấm.", "vi"))]
    html = Pages(ROOT / "content").part(View(guides().speaker(Chat("web:x", "web", "x", "vi", 0, 0)), shown=shown), 0)
    assert 'src="/voice/7.mp3" data-words="Bấm &#34;Xong&#34;."' in html
    assert 'src="/voice/8.mp3"' in html  # its recording is missing
