"""The story of a team, from the invitation of its lead to the news on Monday morning, as its people live it.

A lead joins and invites; a volunteer learns, and passes a guide on by a poster; somebody scans it, is stuck, is helped
by the volunteer from another channel, finishes, and is counted once.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from bot.engine.event import local_day
from tests.kit.printed import codes, pages, words
from tests.kit.story import OnTelegram, Reading, world
from tests.kit.telegram import TelegramDouble
from tests.web.visitor import visitor

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit.story import Somebody, World

TEAM, NAME = "kien-tho-01", "Đội thanh niên xã Kiên Thọ"
TEAMS = f"code,name,kind,place\n{TEAM},{NAME},youth,Xã Kiên Thọ\n"
GUIDE, STEP, HEAD = "eid-activate", "type_code", "Nhập mã 6 số trong tin nhắn"
LESSON = "volunteer-first-day"


async def test_the_story_of_a_team(tmp_path: Path, database_url: str) -> None:
    """Lead and volunteer on Telegram, the person in an old browser."""
    async with (
        TelegramDouble() as double,
        world(double, tmp_path, database_url) as there,
        visitor(there.bot.url) as browser,
    ):
        lead, volunteer = OnTelegram(double.person(1)), OnTelegram(double.person(2))
        await live(there, tmp_path, lead, volunteer, Reading(browser))
        assert double.violations == []


async def live(there: World, folder: Path, lead: Somebody, volunteer: Somebody, person: Somebody) -> None:
    """All of it, from start to end."""
    await they_join(there, folder, lead, volunteer)
    await the_volunteer_learns(there, volunteer)
    poster = await a_poster_is_made(there, folder)
    await volunteer.opens(poster)  # whoever tries their own poster is not counted
    await volunteer.hears(HEAD)
    await person.opens(poster)
    assert await there.walks(person, GUIDE, until=STEP) == []
    await the_person_is_helped(there, person, volunteer)
    assert (await there.walks(person, GUIDE))[0] == STEP
    await person.says("làm lại từ đầu")  # once more on the same day
    assert STEP in await there.walks(person, GUIDE)
    await it_is_counted_once(there, folder, lead)


async def they_join(there: World, folder: Path, lead: Somebody, volunteer: Somebody) -> None:
    """By links: the lead's from the machine, the volunteer's from the lead."""
    (folder / "teams.csv").write_text(TEAMS, encoding="utf-8")
    assert "1 new" in await there.runs("team", "import", str(folder / "teams.csv"))
    await lead.opens(link_in(await there.runs("admin", "invite", "--role", "lead", "--team", TEAM)))
    assert f"Tên đội: {NAME}." in await lead.hears("đã là trưởng đội")
    await lead.taps("Đội tình nguyện")
    await lead.taps("Việc khác của đội")
    await lead.taps("Mời tình nguyện viên")
    await volunteer.opens(link_in(await lead.hears("mời một tình nguyện viên")))
    assert f"Tên đội: {NAME}." in await volunteer.hears("đã vào đội")


async def the_volunteer_learns(there: World, volunteer: Somebody) -> None:
    """Nobody is on duty who has not passed the quiz of the first day; four right of five will do."""
    await volunteer.taps("Đội tình nguyện")
    await volunteer.taps("Trực")
    await volunteer.hears("Trước hết bạn xem bài bên dưới")
    await volunteer.taps("buổi đầu")
    assert "when_missing" in await there.walks(volunteer, LESSON, when_missing="tap")
    await volunteer.hears("Bạn nhận ca giúp được rồi")
    await volunteer.taps("Trực")
    await volunteer.hears("Bạn đang trực")


async def a_poster_is_made(there: World, folder: Path) -> str:
    """With the team's link and name on it; what a phone reads from the sheet."""
    link = (await there.runs("team", "link", TEAM, f"{GUIDE}__{STEP}")).strip()
    file = folder / "poster.pdf"
    await there.runs("handout", GUIDE, "--size", "a4", "--link", link, "--team", NAME, "--out", str(file))
    sheet = file.read_bytes()
    [said] = words(sheet)
    assert NAME in said
    assert "/go/" not in said  # nobody could type what is signed
    [scanned] = [found for page in pages(sheet) for found in codes(page)]
    assert scanned == link
    return scanned


async def the_person_is_helped(there: World, person: Somebody, volunteer: Somebody) -> None:
    """Stuck, they ask for somebody; both talk, a code is kept from the helper, and the very step is there again."""
    await person.taps("bị vướng")
    await person.taps("Báo mã sai hoặc hết hạn")
    await person.hears("Xin mã mới rồi nhập lại")
    await person.taps("Gặp người giúp")
    await person.hears("Có đội tình nguyện giúp bạn")
    await person.taps("Nhờ người giúp")
    await person.hears("Bạn ở xã, phường nào?")
    await person.says("kien tho")
    await person.hears(f"đã báo cho {NAME}")
    card = await volunteer.hears("Có người cần giúp")
    for line in ("Kích hoạt VNeID", f"Bước 3/6: {HEAD}", "Đã thử: Báo mã sai hoặc hết hạn.", "Ở: xã Kiên Thọ."):
        assert line in card
    await volunteer.taps("Nhận giúp")
    await person.hears("Người thật đã vào giúp bạn")
    await volunteer.taps("có người giúp đây rồi")
    await person.hears("Chào nhé, có người giúp đây rồi.")
    await person.says("mã của tôi là 482913")
    await person.hears("Bên kia không thấy tin ấy")
    await person.says("Máy báo mã hết hạn cháu ạ")
    await person.hears("Đã gửi sang bên kia")
    said = await volunteer.hears("Máy báo mã hết hạn cháu ạ")
    assert said.startswith("Người cần giúp")
    await volunteer.says("Bác bấm gửi lại mã, rồi nhập mã mới nhất ạ")
    await person.hears("Bác bấm gửi lại mã")
    await volunteer.taps("Giúp xong")
    await volunteer.hears("Cuộc giúp đã kết thúc")
    await volunteer.hears(HEAD)  # their own place in the guide
    await person.hears("Người thật đã rời đi")
    assert f"Bước 3/6 {HEAD}" in " ".join((await person.hears(HEAD)).split())
    assert await there.walks(person, GUIDE, until=STEP) == []


async def it_is_counted_once(there: World, folder: Path, lead: Somebody) -> None:
    """In the news of the week, and in the report of the month."""
    month = f"{local_day(there.bot.app.clock.now()):%Y-%m}"
    file = folder / "month.json"
    await there.runs(
        "report", "--team", TEAM, "--month", month, "--columns", "calls,came,came_finished", "--out", str(file)
    )
    [table] = json.loads(file.read_bytes())["tables"]
    assert table["rows"] == [["Kích hoạt VNeID", 1, 1, 1]]
    await there.it_is_monday()
    news = await lead.hears(f"Tuần qua của {NAME}")
    assert "Ca nhờ giúp đã xong: 1." in news
    assert "Mở bài nhờ đội gửi: 1 người, làm xong: 1." in news


def link_in(text: str) -> str:
    """The first address of ours in it."""
    found = re.search(r"http\S+/go/[A-Za-z0-9_-]+", text)
    assert found, text
    return found[0]
