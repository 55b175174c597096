"""Passing a guide on: what is sent, what happens to who opens it, and what is counted for the team."""

from __future__ import annotations

import re

import pytest

from bot.channel.base import Message, Photo
from bot.people.link import Kind, Link
from bot.people.role import Role
from bot.service import forward
from bot.service.forward import MOST_AN_HOUR
from bot.service.invitations import leave
from bot.store import audit, links, tables, teams
from tests.kit.shell import Recorder, a_bot, make_root
from tests.kit.teams import joins, make_team

DAY = 24 * 3600
TODAY = "2040-05-07"
RICE = ("Xong rồi", "Xong rồi")


def link_in(bot, chat):
    """The code in the newest message that has one."""
    said = [each for each in bot.channel.to(chat) if isinstance(each, Message) and "/go/" in each.body][-1]
    return re.search(r"/go/(\S+)", said.body)[1]


async def code_for(bot, guide="rice", step="", team="doan-xa", kind=Kind.CARD):
    """A link of a team, as the house makes it."""
    async with bot.app.database.batch() as batch:
        return await forward.code_of(batch, Link(guide, step, team, kind), bot.now)


async def counted(bot, team="doan-xa"):
    """What came of a team's links, by what was done."""
    async with bot.app.database.read() as connection:
        found = await links.of_team(connection, team, "2000-01-01", "2100-01-01")
    return {(each.day, each.guide, each.kind.value, each.what): each.count for each in found}


async def cooks(bot, chat):
    """Walk through `rice` to its end."""
    for label in RICE:
        await bot.taps(chat, f"✅ {label}")


@pytest.mark.usefixtures("both_databases")
async def test_a_volunteer_s_link_is_counted_once_a_day(tmp_path):
    """Opened, started, finished: each once for a person and a guide, whatever they tap; a second person is another."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await joins(bot, "1")
        await bot.says("1", "/start rice")
        await bot.says("1", "gửi cho con")
        assert bot.last("1") == "Bạn gửi tin ở trên cho người cần nhé."
        code = link_in(bot, "1")
        assert len(code) <= 64
        for _ in range(3):
            await bot.says("2", f"/start {code}")
            await cooks(bot, "2")
        await bot.says("3", f"/start {code}")
        opened, started, finished = ((TODAY, "rice", "send", what) for what in ("opened", "started", "finished"))
        assert await counted(bot) == {opened: 2, started: 1, finished: 1}


@pytest.mark.usefixtures("both_databases")
async def test_where_somebody_is_stuck_is_counted(tmp_path):
    """A cry for help or a problem of a step, once."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await bot.says("2", f"/start {await code_for(bot)}")
        await bot.taps("2", "🆘 Bạn bị vướng")
        await bot.says("2", "gặp người")
        assert (await counted(bot))[TODAY, "rice", "card", "stuck"] == 1


@pytest.mark.usefixtures("both_databases")
async def test_a_long_place_has_a_short_code(tmp_path):
    """It is written down once, and leads to the very step for the very team."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await make_team(bot, "doan-truong-16ky")
        long = Link("tea", "a" * 40, "doan-truong-16ky")
        async with bot.app.database.batch() as batch:
            codes = {await forward.code_of(batch, long, bot.now) for _ in range(2)}
        [code] = codes
        assert code.startswith("K")
        assert len(await bot.rows(tables.link)) == 1
    async with a_bot(root) as bot:
        async with bot.app.database.batch() as batch:
            assert await forward.look(batch, code) == long
        await bot.says("2", f"/start {code}")
        assert (await counted(bot, "doan-truong-16ky"))[TODAY, "tea", "send", "opened"] == 1


async def test_a_link_leads_to_the_step(tmp_path):
    """Where the sender was is where the other one begins."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start rice")
        await bot.taps("1", "✅ Xong rồi")
        await bot.says("1", "chuyển tiếp")
        assert link_in(bot, "1") == "rice__cook"
        await bot.says("2", f"/start {link_in(bot, '1')}")
        assert await bot.step("2") == "rice/cook"


async def test_a_person_of_no_team_passes_on_without_counting(tmp_path):
    """At the end of a guide stands a button; the message can be passed on as it is."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start rice")
        await cooks(bot, "1")
        await bot.taps("1", "📤 Gửi cho…")
        card = next(each for each in bot.channel.to("1") if isinstance(each, Message) and "/go/rice" in each.body)
        assert card.head == "🍚 Nấu cơm"
        assert not card.buttons
        await bot.says("2", "/start rice")
        assert await bot.rows(tables.link_count) == []


async def test_the_button_means_its_guide_for_ever(tmp_path):
    """Tapped after another guide was opened, it still passes on its own."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start rice")
        await cooks(bot, "1")
        old = bot.tap("1", "📤 Gửi cho…")
        await bot.says("1", "/start tea")
        await bot.takes(old)
        assert link_in(bot, "1") == "rice"


async def test_at_home_one_chooses(tmp_path):
    """Nothing is open: the guides are offered by name."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/home")
        await bot.says("1", "chia sẻ")
        assert bot.last("1") == "Bạn muốn gửi bài nào?"
        await bot.taps("1", "🍚 Nấu cơm")
        assert link_in(bot, "1") == "rice"


async def test_the_team_has_a_button(tmp_path):
    """Who helps finds it under their team; a commune admin, who may not forward, does not."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await joins(bot, "1")
        await bot.says("1", "/team")
        await bot.taps("1", "📤 Gửi bài hướng dẫn")
        await bot.taps("1", "🍚 Nấu cơm")
        assert link_in(bot, "1").startswith("G")
        await joins(bot, "2", Role.COMMUNE_ADMIN, place="thanh-hoa/ngoc-lac")
        await bot.says("2", "/team")
        assert "📤 Gửi bài hướng dẫn" not in [button.label for button in bot.channel.buttons("2")]


async def test_who_left_the_team_sends_for_nobody(tmp_path):
    """The right is asked for anew each time, and every use is in the audit log."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await joins(bot, "1")
        await bot.says("1", "/start rice")
        await bot.says("1", "gửi cho con")
        await bot.says("1", "/team")
        await bot.taps("1", "☰ Việc khác của đội")
        await bot.taps("1", "Rời đội")
        await bot.taps("1", "Vâng, rời đội")
        await bot.says("1", "/start rice")
        await bot.says("1", "gửi cho con")
        assert link_in(bot, "1") == "rice"
        async with bot.app.database.read() as connection:
            used = [each for each in await audit.listed(connection) if each.right == "forward"]
        assert [(each.who, each.team, each.what, each.allowed) for each in used] == [
            ("paper:1/1", "doan-xa", "rice", True)
        ]


@pytest.mark.usefixtures("both_databases")
async def test_there_is_an_end_to_sending(tmp_path):
    """Within an hour only so many links of a team; then again."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await joins(bot, "1")
        await bot.says("1", "/start rice")
        async with bot.app.database.batch() as batch:
            done = [audit.Entry(bot.now, "paper:1/1", "forward", "doan-xa")] * MOST_AN_HOUR
            await audit.add(batch, done)
        await bot.says("1", "gửi cho con")
        assert bot.last("1") == "Bạn vừa gửi rất nhiều bài rồi."
        bot.later(3700)
        await bot.says("1", "gửi cho con")
        assert link_in(bot, "1").startswith("G")


async def test_a_forged_link_opens_the_guide_for_nobody(tmp_path):
    """A changed team, a cut off team, another house's signature: the guide opens, nobody is counted."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await make_team(bot, "phu-nu", "Hội phụ nữ")
        code = await code_for(bot)
        for chat, forged in enumerate((code.replace("doan-xa", "phu-nu"), code[:-2], f"G{'A' * 16}{code[17:]}"), 2):
            await bot.says(str(chat), f"/start {forged}")
            assert await bot.step(str(chat)) == "rice/wash"
        assert await bot.rows(tables.link_count) == []


@pytest.mark.parametrize("payload", ["G", "K" + "A" * 16, "G" + "A" * 16 + "sno-such__x__doan-xa", "G" + "A" * 80])
async def test_an_unknown_link_leads_home(tmp_path, payload):
    """Said kindly; the guides stand below."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", f"/start {payload}")
        assert bot.heads("1")[-2] == "Đường dẫn này bị thiếu chữ, mình không mở được."
        assert "🍚 Nấu cơm" in [button.label for button in bot.channel.buttons("1")]


async def test_own_people_and_ended_teams_are_not_counted(tmp_path):
    """A volunteer who tries their own link is nobody who was reached; the people of another team are people."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await make_team(bot, "phu-nu", "Hội phụ nữ")
        await joins(bot, "1")
        await joins(bot, "2", team="phu-nu")
        code = await code_for(bot)
        await bot.says("1", f"/start {code}")
        assert await bot.rows(tables.link_count) == []
        await bot.says("2", f"/start {code}")
        assert [row["count"] for row in await bot.rows(tables.link_count)] == [1]
        async with bot.app.database.batch() as batch:
            await teams.end(batch, "doan-xa", bot.now)
        await bot.says("3", f"/start {code}")
        assert await bot.step("3") == "rice/wash"
        assert [row["count"] for row in await bot.rows(tables.link_count)] == [1]


async def test_of_two_teams_on_one_day_the_first_is_counted(tmp_path):
    """On another day it is the one whose link is opened then."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await make_team(bot, "phu-nu", "Hội phụ nữ")
        await bot.says("1", f"/start {await code_for(bot)}")
        await bot.says("1", f"/start {await code_for(bot, team='phu-nu')}")
        assert await counted(bot, "phu-nu") == {}
        bot.later(DAY)
        await bot.says("1", f"/start {await code_for(bot, team='phu-nu')}")
        await bot.taps("1", "▶️ Làm tiếp") if "▶️ Làm tiếp" in [b.label for b in bot.channel.buttons("1")] else None
        await cooks(bot, "1")
        assert {key[3] for key in await counted(bot, "phu-nu")} == {"opened", "started", "finished"}
        assert {key[3] for key in await counted(bot)} == {"opened"}


@pytest.mark.usefixtures("both_databases")
async def test_what_knows_a_person_is_dropped(tmp_path):
    """After some days what they do is nobody's, and the hashes go; who deletes their data leaves the numbers."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await bot.says("1", f"/start {await code_for(bot)}")
        await bot.says("1", "/delete")
        await bot.taps("1", "🗑 Xóa hết về bạn")
        assert len(await bot.rows(tables.link_seen)) == 1
        assert (await bot.load("1"))[0] is None
        await bot.says("2", f"/start {await code_for(bot)}")
        bot.later(7 * DAY)
        await cooks(bot, "2")
        await bot.app.clock.sweep(bot.now + 2 * DAY * 1000)
        assert await bot.rows(tables.link_seen) == []
        assert await counted(bot) == {(TODAY, "rice", "card", "opened"): 2}


async def prints(bot, chat, label, guide="rice"):
    """A volunteer takes a handout of a guide, from its forwarding; what they are told."""
    await bot.says(chat, f"/start {guide}")
    await bot.says(chat, "gửi cho con")
    await bot.taps(chat, "🖨 Bản in, ảnh")
    await bot.taps(chat, label)
    return [each for each in bot.channel.to(chat) if isinstance(each, Message)][-1]


@pytest.mark.parametrize(
    ("label", "file", "kind"),
    [
        ("Tờ A4 treo tường", "pdf?size=a4", "p"),
        ("Tờ rơi A5", "pdf?size=a5", "p"),
        ("Thẻ nhỏ A6", "pdf?size=a6", "p"),
        ("In cả bài", "pdf?size=guide", "p"),
        ("🖼 Ảnh dọc gửi nhóm", "png?size=card", "i"),
        ("🖼 Ảnh vuông gửi nhóm", "png?size=square", "i"),
    ],
)
async def test_a_handout_from_the_chat(tmp_path, label, file, kind):
    """Its address carries the team's code; whoever scans it is counted for paper or picture. A picture comes by itself."""
    async with a_bot(make_root(tmp_path), Recorder("telegram"), public_url="https://bot.example") as bot:
        await make_team(bot)
        await joins(bot, "1")
        said = await prints(bot, "1", label)
        address = next(word for word in said.body.split() if "/h/" in word)
        code = re.fullmatch(r"https://bot\.example/h/(G[A-Za-z0-9_-]+)\." + re.escape(file), address)[1]
        assert f"{kind}rice__" in code
        await bot.says("2", f"/start {code}")
        named = {"p": "paper", "i": "picture"}[kind]
        assert await counted(bot) == {(TODAY, "rice", named, "opened"): 1}
        shown = [each for each in bot.channel.to("1") if isinstance(each, Photo)]
        assert shown == ([Photo(address, "🍚 Nấu cơm")] if kind == "i" else [])


async def test_a_handout_without_a_door_or_a_team(tmp_path):
    """Without a public address a kind sentence; a person of no team is offered none; who left makes a plain one."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await make_team(bot)
        await joins(bot, "1")
        assert (await prints(bot, "1", "Tờ rơi A5")).head == "Bản in chưa lấy được từ đây."
        await bot.says("2", "/start rice")
        await bot.says("2", "gửi cho con")
        assert "🖨 Bản in, ảnh" not in [button.label for button in bot.channel.buttons("2")]
    async with a_bot(root, public_url="https://bot.example") as bot:
        async with bot.app.database.batch() as batch:
            await leave(batch, "paper:1/1", "doan-xa", bot.now)
        assert "https://bot.example/h/rice.pdf?size=a5" in (await prints(bot, "1", "Tờ rơi A5")).body
        await bot.says("1", "english")
        await bot.says("1", "/start rice")
        await bot.says("1", "send this")
        await bot.taps("1", "🖨 Print it, or a picture")
        await bot.taps("1", "Flyer, A5")
        assert "/h/rice.pdf?size=a5&lang=en" in str(bot.channel.to("1")[-1])


async def test_handouts_count_among_what_is_passed_on_in_an_hour(tmp_path):
    """Whoever has made too many links gets no handout either."""
    async with a_bot(make_root(tmp_path), public_url="https://bot.example") as bot:
        await make_team(bot)
        await joins(bot, "1")
        await bot.says("1", "/start rice")
        await bot.says("1", "gửi cho con")
        await bot.taps("1", "🖨 Bản in, ảnh")
        again = bot.tap("1", "Tờ rơi A5")
        async with bot.app.database.batch() as batch:
            lines = [audit.Entry(bot.now, "paper:1/1", "forward", "doan-xa") for _ in range(MOST_AN_HOUR)]
            await audit.add(batch, lines)
        await bot.says("1", "/start rice")
        await bot.takes(again)
        assert bot.last("1") == "Bạn vừa gửi rất nhiều bài rồi."
