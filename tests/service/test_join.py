"""One person's chats: joined by a code, the open guide carried over, left in one tap, erased one by one."""

from __future__ import annotations

import asyncio
import re

import pytest

from bot.channel.base import Document, Message
from bot.service.join import GOOD, MOST, MOST_TRIES
from bot.store import chats, counts, joined
from bot.store.tables import chat as chat_table
from bot.store.tables import join_code, join_try
from bot.store.tables import joined as table
from tests.kit.shell import a_bot, make_root

JOIN, HAVE, CARRY, LEAVE = "nối máy khác", "Có mã rồi", "▶️ Làm tiếp ở đây", "Thôi nối"
JOINED = "Đã nối hai bên với nhau."
WRONG = "Mã này không đúng hoặc đã hết hạn."
FULL = "Đã nối đủ số bên rồi."
HOUR = 3_600


def labels(bot, chat):
    """The newest buttons."""
    return [button.label for button in bot.channel.buttons(chat)]


def body(bot, chat):
    """What the newest message says below its headline."""
    return [each for each in bot.channel.to(chat) if isinstance(each, Message)][-1].body


async def settled(bot):
    """Until notices have come in at the other side, by the conversation itself or by the clock."""
    for _ in range(4):
        await asyncio.sleep(0.01)
        await bot.look(1)


async def code_for(bot, chat):
    """The code that is shown to somebody who asks for one."""
    await bot.says(chat, JOIN)
    return re.fullmatch(r"Mã nối: ([A-Z]{3} [A-Z]{3})", bot.last(chat))[1]


async def joins(bot, one, other):
    """The person of two chats joins them: the code of `one` is typed in `other`."""
    code = await code_for(bot, one)
    await bot.says(other, JOIN)
    await bot.taps(other, HAVE)
    await bot.says(other, code.lower())
    await settled(bot)


async def groups(bot):
    """Who is joined, as sets of persons."""
    found = {}
    for row in await bot.rows(table):
        found.setdefault(row["group"], set()).add(row["person"])
    return sorted(map(sorted, found.values()))


@pytest.mark.usefixtures("both_databases")
async def test_two_chats_are_joined_and_both_hear_what_it_means(tmp_path):
    """By a code that is good once; either may leave in one tap, and the other hears so."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start")
        code = await code_for(bot, "1")
        assert "10 phút" in body(bot, "1")
        await bot.says("2", JOIN)
        await bot.taps("2", HAVE)
        assert bot.last("2") == "Bạn gõ mã ở đây nhé"
        await bot.says("2", code.replace(" ", "-").lower())
        await settled(bot)
        assert bot.last("1") == bot.last("2") == JOINED
        assert labels(bot, "1") == labels(bot, "2") == [LEAVE, "🏠 Về đầu"]
        assert await groups(bot) == [["paper:1/1", "paper:2/1"]]
        assert await bot.rows(join_code) == []  # that of chat 2 too: its person needs it no more
        await bot.says("3", JOIN)
        await bot.taps("3", HAVE)
        await bot.says("3", code)
        assert bot.last("3") == WRONG
        await bot.taps("1", LEAVE)
        await settled(bot)
        assert bot.last("1") == "Đã thôi nối."
        assert bot.last("2") == "Bên kia đã thôi nối với bên này."
        assert await groups(bot) == []
        assert [(await bot.load(chat))[0].joined for chat in "12"] == [False, False]


@pytest.mark.usefixtures("both_databases")
async def test_the_open_guide_is_carried_over(tmp_path):
    """With its answers and its place; the other chat keeps its own, and reminds no more."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start tea")
        await bot.taps("1", "Trà xanh")
        await bot.taps("1", "✅ Xong rồi")
        assert bot.last("1") == "Mấy chén?"
        await bot.says("2", "/start rice")
        await joins(bot, "1", "2")
        assert "Bên kia đang dở bài “🍵 Pha trà”." in body(bot, "2")
        assert CARRY in labels(bot, "2")
        assert "Bên kia đang dở" not in body(bot, "1")  # of a guide without an answer nothing is lost
        await bot.taps("2", CARRY)
        await settled(bot)
        assert bot.last("2") == "Mấy chén?"
        assert await bot.step("2") == await bot.step("1") == "tea/cups"
        assert bot.last("1") == "Bạn đang làm tiếp bài “🍵 Pha trà” ở bên kia."
        (_, there), (_, here) = await bot.load("1"), await bot.load("2")
        assert here["tea"].visits == there["tea"].visits
        sent = len(bot.channel.to("1"))
        await bot.look(48 * HOUR)
        assert len(bot.channel.to("1")) == sent
        await bot.says("2", "3")
        await bot.says("2", "Hoa")
        assert bot.last("2") == "Xong 3 chén mời Hoa"
        assert await bot.step("1") == "tea/cups"


async def test_the_guide_can_be_carried_over_later_and_to_either_side(tmp_path):
    """It is offered wherever there is one; when it is finished there, it is said that there is none."""
    async with a_bot(make_root(tmp_path)) as bot:
        await joins(bot, "1", "2")
        assert CARRY not in labels(bot, "1") + labels(bot, "2")
        await bot.says("2", "/start rice")
        await bot.taps("2", "✅ Xong rồi")
        await bot.says("1", JOIN)
        assert "Số bên đã nối: 1." in body(bot, "1")
        offered = bot.tap("1", CARRY)
        await bot.takes(offered)
        assert await bot.step("1") == "rice/cook"
        await settled(bot)
        await bot.says("2", "/start rice")
        await bot.taps("2", "▶️ Làm tiếp")
        await bot.taps("2", "✅ Xong rồi")
        assert await bot.step("2") == "rice/ready"
        await bot.takes(bot.incoming("1", offered.what, tap=offered.tap, message=offered.message))
        assert bot.last("1") == "Bên kia không có bài nào đang dở."


async def test_a_code_is_good_for_ten_minutes_and_until_the_next_one(tmp_path):
    """Then it is as wrong as any other."""
    async with a_bot(make_root(tmp_path)) as bot:
        first = await code_for(bot, "1")
        second = await code_for(bot, "1")
        await bot.says("2", JOIN)
        await bot.taps("2", HAVE)
        await bot.says("2", first)
        assert bot.last("2") == WRONG
        bot.later(GOOD / 1000)
        await bot.says("2", JOIN)
        await bot.taps("2", HAVE)
        await bot.says("2", second)
        assert bot.last("2") == WRONG
        assert await groups(bot) == []


@pytest.mark.usefixtures("both_databases")
async def test_wrong_codes_are_few(tmp_path):
    """After the last of them not even the right one is looked at, for an hour."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("2", JOIN)
        await bot.taps("2", HAVE)
        for left in range(MOST_TRIES - 1, 0, -1):
            await bot.says("2", "AEIOUA")
            assert f"Còn gõ được {left} lần." in body(bot, "2")
        await bot.says("2", "BBB BBB")
        assert bot.last("2") == "Bạn gõ sai mã nhiều lần rồi."
        assert (await bot.load("2"))[0].mode == ""
        await joins(bot, "1", "2")
        assert bot.last("2") == "Bạn gõ sai mã nhiều lần rồi."
        bot.later(HOUR + 1)
        await joins(bot, "1", "2")
        assert bot.last("2") == JOINED


async def test_other_words_are_no_code(tmp_path):
    """They mean what they always mean, and cost no try; a photo changes nothing."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("2", "/start")
        await bot.says("2", JOIN)
        await bot.taps("2", HAVE)
        await bot.says("2", "trời hôm nay đẹp quá")
        assert bot.last("2") != WRONG
        assert (await bot.load("2"))[0].mode == ""
        await bot.says("2", JOIN)
        await bot.taps("2", HAVE)
        bot.later(GOOD / 1000)
        await bot.says("2", "HoaMai")
        assert (await bot.load("2"))[0].mode == ""
        assert await bot.rows(join_try) == []


async def test_who_cannot_be_joined(tmp_path):
    """This very phone, chats that are joined already, two that are joined with others, one too many."""
    async with a_bot(make_root(tmp_path)) as bot:
        code = await code_for(bot, "1")
        await bot.taps("1", HAVE)
        await bot.says("1", code)
        assert bot.last("1") == "Mã này lấy ở chính máy này."
        await joins(bot, "1", "2")
        await joins(bot, "1", "2")
        assert bot.last("2") == "Hai bên đã nối với nhau rồi."
        await joins(bot, "3", "4")
        await joins(bot, "1", "3")
        assert bot.last("3") == "Mỗi bên đang nối với một chỗ khác."
        assert len(await groups(bot)) == 2
        await joins(bot, "5", "1")  # either may be the one who is joined already
        code = await code_for(bot, "5")
        for chat in range(6, 6 + MOST - 3):
            await joins(bot, "2", str(chat))
        assert len((await groups(bot))[0]) == MOST
        await bot.says("1", JOIN)
        assert bot.last("1") == FULL
        await bot.says("20", JOIN)
        await bot.taps("20", HAVE)
        await bot.says("20", code)
        assert bot.last("20") == FULL


@pytest.mark.usefixtures("both_databases")
async def test_erasing_one_chat_leaves_the_other_and_says_so(tmp_path):
    """Before, in the chat that is erased; after, in the one that stays."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start tea")
        await joins(bot, "1", "2")
        await bot.says("1", "/data")
        assert "Chỗ này đang nối với một bên khác" in body(bot, "1")
        (file,) = [each for each in bot.channel.to("1") if isinstance(each, Document)]
        assert '"joined"' in file.text
        assert "paper:2" not in file.text
        await bot.says("1", "/delete")
        assert "Muốn xóa bên ấy thì sang bên ấy xóa." in body(bot, "1")
        await bot.taps("1", "🗑 Xóa hết về bạn")
        await settled(bot)
        assert bot.last("2") == "Bên kia đã xóa dữ liệu."
        assert "🗑 Xóa dữ liệu" in labels(bot, "2")
        assert await groups(bot) == []
        assert [row["key"] for row in await bot.rows(chat_table)] == ["paper:2"]
        assert not (await bot.load("2"))[0].joined
        await bot.says("2", "/delete")
        assert "sang bên ấy xóa" not in body(bot, "2")


@pytest.mark.usefixtures("both_databases")
async def test_on_a_shared_phone_it_is_the_persons(tmp_path):
    """Who comes next is joined with nobody and hears nothing; when the person is back, all is as it was."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start tea")
        await bot.taps("1", "Trà xanh")
        await joins(bot, "1", "2")
        await bot.says("1", "đổi người dùng")
        await bot.taps("1", "➕ Thêm người")
        assert [row["chat"] for row in await bot.rows(table, person="paper:1/1")] == ["paper:1/1"]
        assert not (await bot.load("1"))[0].joined
        sent = len(bot.channel.to("1"))
        await bot.taps("2", CARRY)
        await settled(bot)
        assert await bot.step("2") == "tea/boil"
        assert len(bot.channel.to("1")) == sent
        await bot.says("1", "đổi người dùng")
        await bot.taps("1", next(label for label in labels(bot, "1") if "1" in label))
        assert [row["chat"] for row in await bot.rows(table, person="paper:1/1")] == ["paper:1"]
        assert (await bot.load("1"))[0].joined


@pytest.mark.usefixtures("both_databases")
async def test_erasing_one_of_the_chats_changes_no_count(tmp_path):
    """The person was one in both: what they did in both on a day stays one, and what they did here alone stays."""
    async with a_bot(make_root(tmp_path)) as bot:
        for chat in ("1", "2"):
            await bot.says(chat, "/start tea")
            await bot.taps(chat, "Trà xanh")
        await bot.says("1", "bị vướng")
        await bot.says("1", "/start rice")
        await joins(bot, "1", "2")

        async def counted():
            async with bot.app.database.read() as connection:
                found = await counts.events(connection, counts.day_at(bot.now), counts.day_at(bot.now))
            return sorted((each.guide, each.what, each.step, each.number) for each in found)

        before = await counted()
        assert before == [("rice", "started", "", 1), ("tea", "started", "", 1), ("tea", "stuck", "boil", 1)]
        await bot.says("1", "/delete")
        await bot.taps("1", "🗑 Xóa hết về bạn")
        await settled(bot)
        assert await counted() == before
        await bot.says("2", "/delete")
        await bot.taps("2", "🗑 Xóa hết về bạn")
        assert await counted() == before


async def test_what_is_over_is_dropped(tmp_path):
    """Codes and tries, within an hour after their time."""
    async with a_bot(make_root(tmp_path)) as bot:
        await code_for(bot, "1")
        await bot.taps("1", HAVE)
        await bot.says("1", "AAAAAA")
        assert (len(await bot.rows(join_code)), len(await bot.rows(join_try))) == (1, 1)
        await bot.app.clock.sweep(bot.now + 2 * HOUR * 1000)
        assert (await bot.rows(join_code), await bot.rows(join_try)) == ([], [])


async def test_a_person_who_is_forgotten_leaves_nobody_joined_alone(tmp_path):
    """Also when the chat was forgotten because nobody had been there for long."""
    async with a_bot(make_root(tmp_path)) as bot:
        await joins(bot, "1", "2")
        await joins(bot, "1", "3")
        found = [(await bot.load(chat))[0] for chat in "12"]
        async with bot.app.database.batch() as batch:
            await chats.erase(batch, found[0])
            assert len(await joined.others(batch, "paper:2/1")) == 1
            await chats.erase(batch, found[1])
        assert await groups(bot) == []
