"""A helper sits beside somebody: paired by a code, each step is told, and only the person answers."""

from __future__ import annotations

import asyncio

import pytest

from bot.channel.base import Message, What
from bot.people.role import Role
from bot.store import roles, tables
from tests.kit.shell import a_bot, make_root, write_words
from tests.kit.teams import joins, make_team

ALL = "☰ Việc khác của đội"
BESIDE, CODE = "🪑 Ngồi cùng một người", "ngồi cùng"
NEXT, AGAIN, END = "➡️ Hỏi xong bước này chưa", "🔁 Hiện lại bước này", "Thôi ngồi cùng"


def labels(bot, chat):
    """The newest buttons."""
    return [button.label for button in bot.channel.buttons(chat)]


def said(bot, chat):
    """The newest message, as one text."""
    message = [each for each in bot.channel.to(chat) if isinstance(each, Message)][-1]
    return f"{message.head}\n{message.body}".strip()


async def settled(bot):
    """Until notices have come in at the other side."""
    for _ in range(4):
        await asyncio.sleep(0.01)
        await bot.look(1)


async def code_of(bot, chat="1"):
    """The code on somebody's screen."""
    await bot.says(chat, CODE)
    shown = bot.last(chat)
    assert shown.startswith("Mã ngồi cùng: ")
    return "".join(letter for letter in shown if letter.isdecimal())


async def together(bot):
    """Helper 2 sits beside person 1, who is at the second step of tea."""
    await make_team(bot)
    await joins(bot, "2")
    await bot.says("1", "/start tea")
    await bot.taps("1", "Trà xanh")
    code = await code_of(bot)
    await bot.says("2", "/team")
    await bot.taps("2", ALL)
    await bot.taps("2", BESIDE)
    await bot.says("2", code)
    await settled(bot)


@pytest.mark.usefixtures("both_databases")
async def test_from_the_code_to_the_end(tmp_path):
    """Both hear who is there; each step is told with its notes, and nothing that was typed; the person ends it."""
    root = make_root(tmp_path)
    write_words(root, "vi/tea/boil", {"text": "Đun nước", "helper": "Nhắc cắm điện trước."})
    async with a_bot(root) as bot:
        await together(bot)
        assert "Có người của Đoàn xã Ngọc Lặc đang ngồi cùng bạn." in bot.heads("1")
        assert bot.last("1") == "Đun nước"
        assert END in [button.label for button in bot.channel.to("1")[-2].buttons]
        card = said(bot, "2")
        assert "Bước 1/3: Đun nước" in card
        assert "Gợi ý: Nhắc cắm điện trước." in card
        await bot.says("1", "xong rồi")
        await settled(bot)
        assert "Bước 2/3: Mấy chén?" in said(bot, "2")
        assert END in labels(bot, "1")
        await bot.says("1", "4")
        await bot.says("1", "Cụ Mơ")
        await settled(bot)
        assert "đã đến cuối bài" in bot.last("2")
        assert NEXT not in labels(bot, "2")
        assert not any("Mơ" in str(outgoing) for outgoing in bot.channel.to("2"))
        await bot.says("1", "kết thúc ngồi cùng")
        await settled(bot)
        assert bot.last("2").startswith("Cuộc ngồi cùng đã kết thúc.")
        [row] = await bot.rows(tables.pair)
        assert row["ended_at"] > row["joined_at"] > 0
        chat, _ = await bot.load("1")
        assert chat.beside == 0


async def test_the_helper_pushes_and_only_the_person_answers(tmp_path):
    """Whether the step is done is asked on the person's screen; it is shown again, and read where nobody can speak."""
    async with a_bot(make_root(tmp_path)) as bot:
        await together(bot)
        await bot.taps("2", NEXT)
        await settled(bot)
        assert bot.last("1") == "Người ngồi cùng hỏi: xong bước này chưa?"
        assert await bot.step("1") == "tea/boil"
        await bot.taps("1", "✅ Xong rồi")
        await settled(bot)
        assert await bot.step("1") == "tea/cups"
        tap = bot.tap("2", AGAIN)
        await bot.takes(tap)
        await settled(bot)
        assert bot.last("1") == "Mấy chén?"
        assert await bot.step("1") == "tea/cups"


async def test_the_person_ends_it_by_one_tap_at_any_step(tmp_path):
    """The button stands under every step while somebody is there, and under none afterwards."""
    async with a_bot(make_root(tmp_path)) as bot:
        await together(bot)
        await bot.says("1", "xong rồi")
        await bot.taps("1", END)
        await settled(bot)
        assert "Không còn ai ngồi cùng bạn." in bot.heads("1")
        assert await bot.step("1") == "tea/cups"
        assert END not in labels(bot, "1")
        assert bot.last("2").startswith("Cuộc ngồi cùng đã kết thúc.")


async def test_being_stuck_is_told_at_once(tmp_path):
    """The helper sees it in the headline."""
    async with a_bot(make_root(tmp_path)) as bot:
        await together(bot)
        await bot.says("1", "bị vướng")
        await settled(bot)
        assert bot.last("2") == "⚠️ Người ấy đang bị vướng."  # not "Bạn": that is how the bot calls the helper


async def test_after_five_wrong_codes_none_is_taken_for_an_hour(tmp_path):
    """Nor a right one: nobody finds a code by trying."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await joins(bot, "2")
        code = await code_of(bot)
        wrong = f"{(int(code) + 1) % 10_000:04}"
        await bot.says("2", "/team")
        await bot.taps("2", ALL)
        await bot.taps("2", BESIDE)
        for left in (4, 3, 2, 1):
            await bot.says("2", wrong)
            assert f"Còn {left} lần gõ" in said(bot, "2")
        await bot.says("2", wrong)
        assert bot.last("2") == "Bạn gõ sai nhiều lần rồi."
        await bot.says("2", "/team")
        await bot.taps("2", ALL)
        await bot.taps("2", BESIDE)
        await bot.says("2", code)
        assert bot.last("2") == "Bạn gõ sai nhiều lần rồi."
        bot.later(3_601)
        code = await code_of(bot)
        await bot.says("2", "/team")
        await bot.taps("2", ALL)
        await bot.taps("2", BESIDE)
        await bot.says("2", code)
        assert bot.last("2") == "Bạn đang ngồi cùng người ấy."


async def test_a_code_is_good_for_five_minutes_and_once(tmp_path):
    """An old one, a used one, one's own: none of them joins anybody."""
    async with a_bot(make_root(tmp_path)) as bot:
        await together(bot)
        await joins(bot, "3")
        code = await code_of(bot, "4")
        bot.later(301)
        await bot.says("3", "/team")
        await bot.taps("3", ALL)
        await bot.taps("3", BESIDE)
        await bot.says("3", code)
        assert bot.last("3").startswith("Mã này không đúng")
        own = await code_of(bot, "3")
        await bot.says("3", "/team")
        await bot.taps("3", ALL)
        await bot.taps("3", BESIDE)
        await bot.says("3", own)
        assert bot.last("3").startswith("Mã này không đúng")
        assert len([row for row in await bot.rows(tables.pair) if row["joined_at"]]) == 1


@pytest.mark.usefixtures("both_databases")
async def test_it_ends_by_itself_after_half_an_hour(tmp_path):
    """Both hear so, and steps are told no more."""
    async with a_bot(make_root(tmp_path)) as bot:
        await together(bot)
        bot.later(30 * 60)
        await bot.app.clock.chores(bot.now)
        await settled(bot)
        assert "Đã hết 30 phút. Không còn ai ngồi cùng bạn." in bot.heads("1")
        assert await bot.step("1") == "tea/boil"
        before = len(bot.channel.to("2"))
        await bot.says("1", "xong rồi")
        await settled(bot)
        assert len(bot.channel.to("2")) == before


async def test_who_may_not_help_sits_beside_nobody(tmp_path):
    """Neither somebody without a role, nor with the button of a team they have left."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await joins(bot, "2", Role.VOLUNTEER)
        code = await code_of(bot)
        await bot.says("2", "/team")
        await bot.taps("2", ALL)
        await bot.taps("2", BESIDE)
        await bot.says("2", "/team")
        await bot.taps("2", ALL)
        await bot.taps("2", "Rời đội")
        async with bot.app.database.batch() as batch:
            await roles.leave(batch, "paper:2/1", "doan-xa", bot.now)
        await bot.says("2", code)
        assert bot.last("2") == "Việc này bạn chưa được giao."
        assert not any(row["joined_at"] for row in await bot.rows(tables.pair))


async def test_the_person_blocks_the_bot_or_gives_the_phone_away(tmp_path):
    """The helper hears that it is over."""
    async with a_bot(make_root(tmp_path)) as bot:
        await together(bot)
        await bot.takes(bot.incoming("1", What.BLOCKED))
        await settled(bot)
        assert bot.last("2").startswith("Cuộc ngồi cùng đã kết thúc.")
        code = await code_of(bot)
        await bot.says("2", "/team")
        await bot.taps("2", ALL)
        await bot.taps("2", BESIDE)
        await bot.says("2", code)
        await settled(bot)
        await bot.says("1", "đổi người dùng")
        await bot.taps("1", "➕ Thêm người")
        await settled(bot)
        assert bot.last("2").startswith("Cuộc ngồi cùng đã kết thúc.")
        assert all(row["ended_at"] for row in await bot.rows(tables.pair))


async def test_who_lost_the_role_sees_no_further_step(tmp_path):
    """At the very next step, or at the helper's next tap: it ends at once for both."""
    async with a_bot(make_root(tmp_path)) as bot:
        await together(bot)
        async with bot.app.database.batch() as batch:
            await roles.leave(batch, "paper:2/1", "doan-xa", bot.now)
        await bot.says("1", "xong rồi")
        await settled(bot)
        assert not any("Mấy chén?" in f"{each.body}" for each in bot.channel.to("2") if isinstance(each, Message))
        assert bot.last("2").startswith("Cuộc ngồi cùng đã kết thúc.")
        assert "Không còn ai ngồi cùng bạn." in bot.heads("1")
        assert await bot.step("1") == "tea/cups"


async def test_a_tap_of_who_lost_the_role_does_nothing(tmp_path):
    """The person's screen shows nothing of it but that nobody is there any more."""
    async with a_bot(make_root(tmp_path)) as bot:
        await together(bot)
        tap = bot.tap("2", NEXT)
        async with bot.app.database.batch() as batch:
            await roles.leave(batch, "paper:2/1", "doan-xa", bot.now)
        await bot.takes(tap)
        await settled(bot)
        assert bot.last("2") == "Cuộc ngồi cùng này đã kết thúc."
        assert not any("xong bước này chưa" in head for head in bot.heads("1"))
        assert "Không còn ai ngồi cùng bạn." in bot.heads("1")


@pytest.mark.usefixtures("both_databases")
async def test_of_two_helpers_with_one_code_one_sits_down(tmp_path):
    """At the same moment: the other one is told that the code is not good."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        for chat in ("2", "3"):
            await joins(bot, chat)
            await bot.says(chat, "/team")
            await bot.taps(chat, ALL)
            await bot.taps(chat, BESIDE)
        code = await code_of(bot)
        await bot.takes(*(bot.incoming(chat, What.TEXT, text=code) for chat in ("2", "3")))
        await settled(bot)
        lasts = sorted(next(h for h in reversed(bot.heads(chat)) if "Mã này" in h or "đang ngồi" in h) for chat in "23")
        assert lasts == ["Bạn đang ngồi cùng người ấy.", "Mã này không đúng, hoặc đã quá 5 phút."]


async def test_the_person_deletes_their_data_and_the_helper_hears_that_it_is_over(tmp_path):
    """At once, not at the next tap."""
    async with a_bot(make_root(tmp_path)) as bot:
        await together(bot)
        await bot.says("1", "xóa dữ liệu")
        await bot.taps("1", "🗑 Xóa hết về bạn")
        await settled(bot)
        assert bot.last("2").startswith("Cuộc ngồi cùng đã kết thúc.")
        assert await bot.rows(tables.pair) == []


async def test_who_deletes_their_data_is_in_no_pair(tmp_path):
    """Nothing names them; the other side finds it over."""
    async with a_bot(make_root(tmp_path)) as bot:
        await together(bot)
        await bot.says("2", "xóa dữ liệu")
        await bot.taps("2", "🗑 Xóa hết về bạn")
        assert await bot.rows(tables.pair) == []
        await bot.says("1", "xong rồi")
        assert await bot.step("1") == "tea/cups"
        chat, _ = await bot.load("1")
        assert chat.beside == 0
