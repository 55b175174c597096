"""Campaigns: targets of places and teams, and how far they are."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from bot.channel.base import Message
from bot.engine.event import local_day
from bot.people.campaign import Measure, read_campaigns
from bot.people.check import check_people
from bot.people.find import Finder
from bot.people.place_file import read_places
from bot.people.role import Role
from bot.service.campaign import Progress
from tests.kit.process import called
from tests.kit.shell import a_bot, make_root
from tests.kit.teams import COMMUNE, joins, make_team
from tests.service.test_digest import lines_of

REPOSITORY = Path(__file__).parents[2]

SPRING = """
name = "Mùa trà"
from = 2040-05-01
to = 2040-06-30

[[source]]
title = "Số liệu dân số"
url = "https://thanhhoa.gov.vn"
checked = 2026-11-23

[measures.tea]
name = "Biết pha trà"
guides = ["tea"]
[measures.tea.places]
"thanh-hoa/ngoc-lac" = 300
[measures.tea.teams]
doan-xa = 50
[measures.tea.of]
"thanh-hoa/ngoc-lac" = 5000

[measures.rice]
name = "Biết nấu cơm"
guides = ["rice"]
[measures.rice.places]
"thanh-hoa/ngoc-lac" = 20
"""


@pytest.fixture
def root(tmp_path):
    """A house with one campaign."""
    made = make_root(tmp_path)
    shutil.copytree(REPOSITORY / "places", made / "places")
    (made / "campaigns").mkdir()
    (made / "campaigns" / "spring.toml").write_text(SPRING, encoding="utf-8")
    return made


def said(bot, chat):
    """The newest message, as one text."""
    return [f"{each.head}\n{each.body}" for each in bot.channel.to(chat) if isinstance(each, Message)][-1]


async def asks(bot, chat="2"):
    """Somebody of the team asks for the targets."""
    await bot.says(chat, "/team")
    await bot.taps(chat, "☰ Việc khác của đội")
    await bot.taps(chat, "🎯 Chỉ tiêu")
    await bot.app.clock.chores(bot.now)
    await bot.look(1)


@pytest.mark.usefixtures("both_databases")
async def test_the_team_sees_how_far_it_is(root):
    """What the team did, and what the commune did; a small number of the commune is not shown."""
    async with a_bot(root) as bot:
        await make_team(bot)
        await joins(bot, "2")
        await bot.says("2", "12 người pha trà xong")
        await bot.says("2", "5 người pha trà chưa xong")
        for number in range(20, 26):
            await lines_of(bot, number, ("tea", "ready", "ended", "done"), at=bot.now)
        await lines_of(bot, 30, ("tea", "ready", "ended", "done"), place="thanh-hoa/kien-tho", at=bot.now)
        for number in (40, 41):
            await lines_of(bot, number, ("rice", "ready", "ended", "done"), at=bot.now)
        await asks(bot)
        assert said(bot, "2").splitlines()[1:5] == [
            "Mùa trà, đến 30/06/2040:",
            "Biết pha trà (xã Ngọc Lặc): ít nhất 15 trên 300. Cả nơi có 5000 người cần làm.",
            "Biết pha trà: 12 trên 50",
            "Biết nấu cơm (xã Ngọc Lặc): dưới 5 trên 20",
        ]


@pytest.mark.usefixtures("both_databases")
async def test_who_looks_after_a_place_sees_its_last_month(root):
    """The totals of the report, with what it hides; of the month that is over, never of this one."""
    async with a_bot(root) as bot:
        await make_team(bot)
        await joins(bot, "2")
        await joins(bot, "3", Role.COMMUNE_ADMIN, place=COMMUNE)
        await bot.says("2", "12 người pha trà xong")
        await bot.says("2", "7 người pha trà chưa xong")
        await bot.says("2", "3 người nấu cơm xong")

        async def looks():
            await bot.says("3", "/team")
            await bot.taps("3", "☰ Việc khác của đội")
            await bot.taps("3", "📊 Số của cả nơi")
            await bot.app.clock.chores(bot.now)
            await bot.look(1)
            return said(bot, "3").splitlines()

        assert await looks() == ["Tháng 04/2040 của xã Ngọc Lặc", "Tháng ấy chưa đếm được ai."]
        bot.later(86_400 * 30)
        assert await looks() == [
            "Tháng 05/2040 của xã Ngọc Lặc",
            "Tất cả: giúp 22 (xong 15).",
            "",
            "🍵 Pha trà: giúp • (xong •).",
            "🍚 Nấu cơm: giúp • (xong •).",
            "",
            "Dấu • là số không hiện, vì ít người quá.",
        ]


async def test_without_a_campaign_today_there_is_nothing_to_reach(root):
    """One that is over, and one of another place."""
    async with a_bot(root) as bot:
        await make_team(bot, place="thanh-hoa/kien-tho", code="kien-tho-01")
        await joins(bot, "2", team="kien-tho-01")
        await asks(bot)
        assert "chưa có chỉ tiêu" in said(bot, "2")
        bot.later(86_400 * 90)
        await asks(bot)
        assert "chưa có chỉ tiêu" in said(bot, "2")


async def test_who_is_in_no_team_sees_no_numbers(root):
    """Nor with a button of a time before."""
    async with a_bot(root) as bot:
        await make_team(bot)
        await joins(bot, "2")
        await bot.says("2", "/team")
        await bot.taps("2", "☰ Việc khác của đội")
        tap = bot.tap("2", "🎯 Chỉ tiêu")
        await bot.taps("2", "Rời đội")
        await bot.taps("2", "Vâng, rời đội")
        await bot.takes(tap)
        assert said(bot, "2").startswith("Việc này bạn chưa được giao.")


def test_of_a_place_fives_are_shown():
    """Whoever knows the number of a team, or of a commune, cannot take it from that of the place to find a few people."""
    measure = Measure("tea", "Trà", ("tea",), ("done",), {}, {}, {})
    place = {n: Progress(measure, COMMUNE, is_team=False, number=n, target=9).shown for n in (0, 1, 4, 5, 9, 14, 300)}
    assert place == {0: 0, 1: None, 4: None, 5: 5, 9: 5, 14: 10, 300: 300}
    assert Progress(measure, "doan-xa", is_team=True, number=3, target=9).shown == 3


async def test_a_campaign_for_women_is_the_example_with_numbers_put_in(tmp_path):
    """docs/examples/moi-phu-nu.toml is without faults beside the real guides; its targets are edited, and reached."""
    example = (REPOSITORY / "docs" / "examples" / "moi-phu-nu.toml").read_text(encoding="utf-8")
    finder = Finder(read_places(REPOSITORY)[0])
    copy = tmp_path / "copy"
    (copy / "campaigns").mkdir(parents=True)
    (copy / "flows").symlink_to(REPOSITORY / "flows")
    (copy / "campaigns" / "moi-phu-nu.toml").write_text(example, encoding="utf-8")
    [campaign], problems = read_campaigns(copy, finder)
    assert problems == []
    assert campaign.name == "Mỗi phụ nữ – một danh tính số"
    assert {number for each in campaign.measures for number in (*each.places.values(), *each.teams.values())} == {1}
    assert not any(each.of for each in campaign.measures)

    edited = example.replace("2026-12-01", "2040-05-01").replace("2027-03-08", "2040-06-30")
    edited = edited.replace("phu-nu-kien-tho = 1", "phu-nu-kien-tho = 40")
    edited = edited.replace('["eid-register", "eid-activate"]', '["tea"]').partition("[measures.safety]")[0]
    root = make_root(tmp_path / "house")
    shutil.copytree(REPOSITORY / "places", root / "places")
    (root / "campaigns").mkdir()
    (root / "campaigns" / "moi-phu-nu.toml").write_text(edited, encoding="utf-8")
    async with a_bot(root) as bot:
        await make_team(bot, "phu-nu-kien-tho", "Hội phụ nữ xã Kiên Thọ", "thanh-hoa/kien-tho")
        await joins(bot, "2", team="phu-nu-kien-tho")
        await bot.says("2", "15 chị pha trà xong")
        await asks(bot)
        assert said(bot, "2").splitlines()[1:4] == [
            "Mỗi phụ nữ – một danh tính số, đến 30/06/2040:",
            "Có tài khoản định danh (mức 1, mức 2) (xã Kiên Thọ): ít nhất 15 trên 1",
            "Có tài khoản định danh (mức 1, mức 2): 15 trên 40",
        ]


def test_what_a_file_says(root):
    """Name, days, measures in order; its faults are told by line."""
    finder = Finder(read_places(root)[0])
    [campaign], problems = read_campaigns(root, finder)
    assert problems == []
    assert (campaign.key, campaign.name, campaign.first) == ("spring", "Mùa trà", date(2040, 5, 1))
    tea, rice = campaign.measures
    assert (tea.guides, tea.ends, dict(tea.places), dict(tea.teams)) == (
        ("tea",),
        ("done",),
        {COMMUNE: 300},
        {"doan-xa": 50},
    )
    assert rice.of == {}
    (root / "campaigns" / "Broken.toml").write_text(
        'name = 1\nform = "x"\n[measures.a]\nname = "A"\nguides = []\n[measures.a.places]\nnowhere = 5\n"thanh-hoa" = "x"\n'
        '[measures.a.teams]\n"A B" = 3\n[measures.a.of]\n"thanh-hoa" = 9\n[measures.B]\n',
        encoding="utf-8",
    )
    found = sorted((problem.line, problem.code) for problem in check_people(root))
    assert found == [
        *((1, "E005"), (1, "E006"), (1, "E006"), (1, "E006"), (1, "E008")),
        *((2, "E004"), (5, "E005"), (7, "E402"), (8, "E005"), (10, "E008"), (13, "E008")),
    ]


def test_on_the_command_line(root, tmp_path):
    """How far each target is, as text and as JSON."""
    text = SPRING.replace("2040-05-01", "2026-01-01")
    (root / "campaigns" / "spring.toml").write_text(text, encoding="utf-8")
    url = {"CAM_TAY_DATABASE": f"sqlite+aiosqlite:///{tmp_path / 'data' / 'bot.db'}"}
    told = called(root, "campaign", **url)
    assert told.returncode == 0, told.stderr
    assert "spring: Mùa trà, 2026-01-01 to 2040-06-30" in told.stdout
    assert "0 / 300 (of 5000 people)" in told.stdout
    [found] = json.loads(called(root, "campaign", "spring", "--json", **url).stdout)
    assert [target["number"] for target in found["targets"]] == [0, 0, 0]
    assert called(root, "campaign", "winter", **url).returncode == 2


def test_the_day_of_the_tests_is_in_the_campaign():
    """Else the tests above would count nothing."""
    from tests.kit.shell import MORNING

    assert date(2040, 5, 1) <= local_day(MORNING) <= date(2040, 6, 30)
