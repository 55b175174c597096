"""Our own short links: the page that leads on, its card, and what is kept out."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from bot.people.link import Kind, Link
from bot.people.role import Grant, Role
from bot.people.team import Team
from bot.service.forward import code_of
from bot.service.invitations import Made, invite
from bot.store import links, tables, teams
from bot.store.audit import OPERATOR
from bot.web import go
from tests.kit.house import Running, house
from tests.kit.shell import Recorder
from tests.web.visitor import HERE, Page, visitor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.web.visitor import Visitor

PUBLIC = "https://bot.example"
ZALO = "https://zalo.me/123456789"
PREVIEW = {"User-Agent": "facebookexternalhit/1.1"}


def telegram() -> Recorder:
    """The channel, as far as the page needs it."""
    made = Recorder("telegram")
    made.username = "cam_tay_bot"  # type: ignore[attr-defined]
    return made


@pytest.fixture
async def three(tmp_path: Path) -> AsyncIterator[Running]:
    """A bot that people reach in the browser, on Telegram and in Zalo."""
    async with house(tmp_path, [telegram()], zalo_link=ZALO) as running:
        yield running


async def make_link(bot: Running, guide: str = "eid-activate", step: str = "", kind: Kind = Kind.PAPER) -> str:
    """The code of a team's link."""
    async with bot.app.database.batch() as batch:
        await teams.save(batch, [Team("doan-xa", "Đoàn xã", "youth", "thanh-hoa/ngoc-lac", 1)])
        return await code_of(batch, Link(guide, step, "doan-xa", kind), 1)


async def chats_of(bot: Running) -> int:
    """How many people have come."""
    async with bot.app.database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(tables.chat))).scalar() or 0


async def opened(bot: Running) -> list[links.Counted]:
    """What was counted for the team."""
    async with bot.app.database.read() as connection:
        return await links.of_team(connection, "doan-xa", "2000", "3000")


async def press(person: Visitor, code: str, headers: dict[str, str] = HERE) -> Page:
    """The button of the page that opens the chat in this browser."""
    async with person.session.post(f"/go/{code}", data={}, headers=headers) as response:
        person.page = Page(await response.text(), response.status)
    return person.page


async def test_every_way_is_offered(three: Running) -> None:
    """Browser, Telegram and Zalo, each at the very guide as far as it can; no cookie, no script, no chat."""
    code = await make_link(three)
    async with visitor(three.url) as person, person.session.get(f"/go/{code}") as response:
        html = await response.text()
        assert response.status == 200
        assert not response.cookies
        assert "script-src 'self'" in response.headers["content-security-policy"]
        assert response.headers["x-robots-tag"] == "noindex"
    page = Page(html)
    assert f"https://t.me/cam_tay_bot?start={code}" in page.links
    assert ZALO in page.links
    assert page.labels() == ["Mở ngay ở đây"]
    assert "VNeID" in page.text
    assert "<script" not in html
    assert await chats_of(three) == 0


async def test_the_card_of_a_link(tmp_path: Path) -> None:
    """Title, goal and a picture as PNG at an address everybody can reach, for who pastes it into a group."""
    async with house(tmp_path, public_url=PUBLIC) as bot, visitor(bot.url, **PREVIEW) as person:
        code = await make_link(bot)
        html = (await person.get(f"/go/{code}")).html
        tags = dict(re.findall(r'<meta property="(og:[a-z_]+)" content="([^"]*)">', html))
        assert "VNeID" in tags["og:title"]
        assert tags["og:description"]
        assert tags["og:url"] == f"{PUBLIC}/go/{code}"
        assert tags["og:image"].startswith(f"{PUBLIC}/picture/")
        assert tags["og:image"].endswith(".png")


async def test_the_drawing_of_the_step(three: Running) -> None:
    """A link to a step shows that step's drawing."""
    flow = three.app.conversation.house.flows["eid-activate"]
    step = [each for each in flow.steps.values() if each.picture][2]
    code = await make_link(three, step=step.name)
    async with visitor(three.url) as person:
        page = await person.get(f"/go/{code}")
    assert any(step.picture in urlsplit(each).path for each in page.links)


async def test_here_opens_the_very_step_and_is_counted(three: Running) -> None:
    """One tap later the person is in the chat at that step, without any script; the team has one more."""
    flow = three.app.conversation.house.flows["eid-activate"]
    step = next(name for name, each in list(flow.steps.items())[3:] if each.kind == "do")
    code = await make_link(three, step=step)
    async with visitor(three.url) as person:
        await person.get(f"/go/{code}")
        page = await press(person, code)
        assert page.status == 200
        assert "Bước" in page.text
    assert [(each.what, each.kind, each.count) for each in await opened(three)] == [("opened", Kind.PAPER, 1)]


@pytest.mark.parametrize(
    ("agent", "first"),
    [("Mozilla/5.0 (Android) Zalo/24", "zalo"), ("Mozilla Telegram-Android/11", "telegram"), ("Mozilla/5.0", "here")],
)
async def test_the_phone_chooses_what_is_first(three: Running, agent: str, first: str) -> None:
    """What the link was opened in stands first and stands out."""
    code = await make_link(three)
    async with visitor(three.url, **{"User-Agent": agent}) as person:
        html = (await person.get(f"/go/{code}")).html
    main = html[html.index('main"' if first == "here" else 'button main"') :]
    said = {"zalo": "Mở trong Zalo", "telegram": "Mở trong Telegram", "here": "Mở ngay ở đây"}[first]
    assert main[: main.index("</")].endswith(said)


async def test_the_only_way_is_gone_at_once(bot: Running) -> None:
    """Where there is the browser alone, the guide opens; who makes a card of the link, or looks ahead, opens no chat."""
    code = await make_link(bot)
    for headers in (PREVIEW, {"Sec-Purpose": "prefetch"}):
        async with visitor(bot.url, **headers) as program:
            assert "VNeID" in (await program.get(f"/go/{code}")).html
    assert await chats_of(bot) == 0
    async with visitor(bot.url) as person:
        async with person.session.head(f"/go/{code}") as response:
            assert response.status == 200
        assert await chats_of(bot) == 0
        page = await person.get(f"/go/{code}")
        assert "Bắt đầu" in " ".join(page.labels())
    assert await chats_of(bot) == 1


async def test_an_invitation_waits_for_a_tap(bot: Running) -> None:
    """Whoever only looks at it does not use it up; the button takes it."""
    async with bot.app.database.batch() as batch:
        await teams.save(batch, [Team("doan-xa", "Đoàn xã", "youth", "thanh-hoa/ngoc-lac", 1)])
        made = await invite(batch, OPERATOR, Grant(Role.VOLUNTEER, "doan-xa"), 4_000_000_000_000)
    assert isinstance(made, Made)
    async with visitor(bot.url) as person:
        page = await person.get(f"/go/{made.token}")
        assert "Lời mời vào đội tình nguyện" in page.text
        assert await chats_of(bot) == 0
        page = await press(person, made.token)
        assert "Tên đội: Đoàn xã." in page.text


async def test_a_guide_is_known_by_its_name_alone(three: Running) -> None:
    """Everybody can write such a link; a place that is too long for Telegram leads there to the guide."""
    async with visitor(three.url) as person:
        page = await person.get("/go/eid-activate")
        assert "https://t.me/cam_tay_bot?start=eid-activate" in page.links
        page = await person.get(f"/go/eid-activate__{'a-' * 30}b")
        assert "https://t.me/cam_tay_bot?start=eid-activate" in page.links


@pytest.mark.parametrize("code", ["no-such", "G" + "A" * 40, "K" + "A" * 16, "x" * 200])
async def test_an_unknown_link_leads_home(three: Running, code: str) -> None:
    """Said kindly, with a way on; no card is made of it."""
    async with visitor(three.url) as person:
        page = await person.get(f"/go/{code}")
        assert page.status == 404
        assert "Đường dẫn này bị thiếu chữ" in page.text
        assert "/" in page.links
        assert "og:title" not in page.html


async def test_a_forged_link_opens_the_guide_and_counts_for_nobody(three: Running) -> None:
    """Its card is the guide's, too."""
    code = (await make_link(three)).replace("doan-xa", "phu-nu")
    async with visitor(three.url) as person:
        assert "VNeID" in (await person.get(f"/go/{code}")).text
        assert (await press(person, code)).heads
        assert "Bắt đầu" in " ".join(person.page.labels())
    assert await opened(three) == []


@pytest.mark.parametrize("code", ["a%20b", "%C4%91", "x" * 300, "a;b"])
async def test_what_is_no_code_is_no_page(three: Running, code: str) -> None:
    """It never reaches the bot."""
    async with visitor(three.url) as person:
        assert (await person.get(f"/go/{code}")).status == 404


async def test_other_sites_cannot_open_it(three: Running) -> None:
    """A tap comes from our own page."""
    code = await make_link(three)
    async with visitor(three.url) as person:
        assert (await press(person, code, {"Sec-Fetch-Site": "cross-site"})).status == 403
    assert await chats_of(three) == 0


async def test_too_many_from_one_address(three: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many pages in a minute the next has to wait; behind our proxy each person is one of their own."""
    monkeypatch.setattr(go, "MOST_A_MINUTE", 3)
    async with visitor(three.url) as person:
        seen = [(await person.get("/go/eid-activate")).status for _ in range(4)]
        assert seen == [200, 200, 200, 429]
        assert "Nhiều người đang mở quá" in person.page.text
        assert (await person.get("/go/eid-activate", **{"X-Forwarded-For": "1.1.1.1, 203.0.113.7"})).status == 200


def test_a_stranger_cannot_say_where_they_come_from() -> None:
    """Only a proxy on a private address is believed."""
    request = SimpleNamespace(client=SimpleNamespace(host="8.8.8.8"), headers={"x-forwarded-for": "10.0.0.1"})
    assert go._address(request) == "8.8.8.8"  # type: ignore[arg-type]
