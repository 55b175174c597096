"""Teams in the chat: joining by a link, what one sees there, inviting, leaving."""

from __future__ import annotations

import re

import pytest

from bot.channel.base import Message
from bot.people.role import Role
from bot.store import audit
from tests.kit.shell import a_bot, make_root
from tests.kit.teams import invited, joins, make_team

VOLUNTEER, LEAD = "➕ Mời tình nguyện viên", "➕ Mời trưởng đội"
MORE = "☰ Việc khác của đội"
TEAM = "Đoàn xã Ngọc Lặc"


def labels(bot, chat):
    """The newest buttons."""
    return [button.label for button in bot.channel.buttons(chat)]


def token(bot, chat):
    """What the link carries that the person was just given."""
    return re.search(r"/go/(\S+)", body(bot, chat))[1]


def body(bot, chat):
    """The newest message without its headline."""
    return [each for each in bot.channel.to(chat) if isinstance(each, Message)][-1].body


@pytest.mark.usefixtures("both_databases")
async def test_a_lead_joins_and_invites_a_volunteer(tmp_path):
    """By links, each used once; everybody sees what they may do, and the audit log knows who did what."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await joins(bot, "1", Role.LEAD)
        assert bot.last("1") == "Bạn đã là trưởng đội."
        assert "Tên đội: Đoàn xã Ngọc Lặc." in body(bot, "1")
        await bot.says("1", "xem đội")
        assert bot.last("1") == TEAM
        await bot.taps("1", MORE)
        assert VOLUNTEER in labels(bot, "1")
        assert LEAD not in labels(bot, "1")
        await bot.taps("1", VOLUNTEER)
        link = token(bot, "1")
        await bot.says("2", f"/start {link}")
        assert bot.last("2") == "Bạn đã vào đội. Cảm ơn bạn!"
        assert "Tên đội: Đoàn xã Ngọc Lặc." in body(bot, "2")
        await bot.says("3", f"/start {link}")
        assert bot.last("3") == "Đường dẫn này có người dùng rồi."
        await bot.says("2", f"/start {link}")
        assert "đã ở trong đội rồi" in bot.last("2")
        await bot.says("2", "/team")
        await bot.taps("2", MORE)
        assert VOLUNTEER not in labels(bot, "2")
        async with bot.app.database.read() as connection:
            done = [(each.who, each.right, each.allowed) for each in reversed(await audit.listed(connection))]
        assert done[1:] == [
            ("paper:1/1", "accept", True),
            ("paper:1/1", "invite_volunteer", True),
            ("paper:2/1", "accept", True),
            ("paper:3/1", "accept", False),
        ]


@pytest.mark.usefixtures("both_databases")
async def test_a_button_of_a_team_works_after_a_restart(tmp_path):
    """What it means was written down when it was shown."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await make_team(bot)
        await joins(bot, "1", Role.LEAD)
        await bot.says("1", "/team")
        await bot.taps("1", MORE)
        shown = bot.tap("1", VOLUNTEER)
    async with a_bot(root) as bot:
        await bot.takes(shown)
        assert "/go/" in bot.channel.to("1")[-1].body


async def test_an_old_button_gives_no_right(tmp_path):
    """Who has left the team cannot invite with a button from before."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await joins(bot, "1", Role.LEAD)
        await bot.says("1", "/team")
        await bot.taps("1", MORE)
        old = bot.tap("1", VOLUNTEER)
        await bot.taps("1", "Rời đội")
        assert labels(bot, "1") == ["Vâng, rời đội", "🧡 Đội tình nguyện"]
        await bot.taps("1", "Vâng, rời đội")
        assert "đã rời đội" in bot.last("1")
        await bot.takes(old)
        assert "chưa được giao" in bot.last("1")
        await bot.says("1", "đội của tôi")
        assert "chưa ở đội nào" in bot.last("1")


@pytest.mark.parametrize("payload", ["iAAAAAAAAAAAABBBBBBBBvdoan-xa", "i" + "A" * 60])
async def test_a_forged_link_opens_nothing(tmp_path, payload):
    """Said kindly; nothing of the person changes but that they were greeted."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await bot.says("1", f"/start {payload}")
        await bot.says("1", "/team")
        assert "chưa ở đội nào" in bot.last("1")


async def test_who_looks_after_a_place_chooses_a_team(tmp_path):
    """A commune admin sees the teams of the commune and invites their leads; those of other communes are not there."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await make_team(bot, "phu-nu", "Hội phụ nữ xã Ngọc Lặc")
        await make_team(bot, "xa-khac", "Đoàn xã Kiên Thọ", "thanh-hoa/kien-tho")
        await joins(bot, "1", Role.COMMUNE_ADMIN, place="thanh-hoa/ngoc-lac")
        await bot.says("1", "/team")
        assert labels(bot, "1")[:2] == ["Đoàn xã Ngọc Lặc", "Hội phụ nữ xã Ngọc Lặc"]
        await bot.taps("1", "Hội phụ nữ xã Ngọc Lặc")
        await bot.taps("1", MORE)
        assert LEAD in labels(bot, "1")
        await bot.taps("1", LEAD)
        await bot.says("2", f"/start {token(bot, '1')}")
        assert "Tên đội: Hội phụ nữ xã Ngọc Lặc." in body(bot, "2")


@pytest.mark.usefixtures("both_databases")
async def test_a_lead_sends_a_volunteer_away(tmp_path):
    """From the list of the team, after a question; at once, and they hear so. Leads are for who looks after the place."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await joins(bot, "1", Role.LEAD)
        await joins(bot, "4", Role.LEAD)
        await joins(bot, "2")
        await bot.says("2", "/address")
        await bot.taps("2", "Bác")
        await bot.says("1", "/team")
        await bot.taps("1", MORE)
        await bot.taps("1", "👥 Người trong đội")
        assert labels(bot, "1") == ["Tình nguyện viên · Bác · 07/05/2040", "🧡 Đội tình nguyện"]
        await bot.taps("1", "Tình nguyện viên · Bác · 07/05/2040")
        sure = bot.tap("1", "Vâng, cho ra khỏi đội")
        await bot.takes(sure)
        assert bot.last("1") == "Người ấy không còn trong đội nữa."
        await bot.look(1)
        assert bot.last("2") == "Bác không còn giữ việc ở đội Đoàn xã Ngọc Lặc nữa."
        await bot.takes(bot.incoming("1", sure.what, tap=sure.tap))
        assert bot.last("1") == "Người ấy đã ra khỏi đội từ trước."
        await bot.says("2", "/team")
        assert "chưa ở đội nào" in bot.last("2")
        await joins(bot, "3", Role.COMMUNE_ADMIN, place="thanh-hoa/ngoc-lac")
        await bot.says("3", "/team")
        await bot.taps("3", MORE)
        await bot.taps("3", "👥 Người trong đội")
        assert sum(label.startswith("Trưởng đội · ") for label in labels(bot, "3")) == 2


async def test_one_team_for_each(tmp_path):
    """Somebody of another team is told to leave that first; the link stays good."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await make_team(bot, "phu-nu", "Hội phụ nữ")
        await joins(bot, "1")
        link = await invited(bot, Role.VOLUNTEER, "phu-nu")
        await bot.says("1", f"/start {link}")
        assert "đang ở một đội khác" in bot.last("1")
        await bot.says("2", f"/start {link}")
        assert "Tên đội: Hội phụ nữ." in body(bot, "2")


async def test_many_teams_are_listed_piece_by_piece(tmp_path):
    """Who looks after a province reaches every team."""
    async with a_bot(make_root(tmp_path)) as bot:
        for number in range(20):
            await make_team(bot, f"doi-{number:02}", f"Đội {number:02}")
        await joins(bot, "1", Role.COMMUNE_ADMIN, place="thanh-hoa")
        await bot.says("1", "/team")
        seen = []
        while True:
            seen += [label for label in labels(bot, "1") if label.startswith("Đội")]
            if "Xem thêm đội" not in labels(bot, "1"):
                break
            await bot.taps("1", "Xem thêm đội")
        assert seen == [f"Đội {number:02}" for number in range(20)]
