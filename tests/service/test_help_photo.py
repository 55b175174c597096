"""Photos in a call for help: only after a yes, by the platform's own id, and nothing of them is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.channel.base import Fault, Message, Photo, SendFailed, What
from bot.store import tables
from tests.kit.shell import Recorder, a_bot, make_root
from tests.kit.teams import make_team
from tests.service.test_help import CLAIM, calls, helper, in_a_call, labels, settled

YES, NO = "✅ Gửi ảnh", "Không gửi ảnh"
FILE = "AgACAgUAAxkBAAI"
ASKED = "Bạn muốn gửi ảnh này cho người giúp không?"


def photos(bot, chat):
    """What photos a chat was shown."""
    return [each for each in bot.channel.to(chat) if isinstance(each, Photo)]


async def sends(bot, chat, *files, text=""):
    """Somebody sends these at once."""
    await bot.takes(
        *(bot.incoming(chat, What.MEDIA, detail="photo", photo=file, text=text, message="9") for file in files)
    )
    await settled(bot)


def on(platform):
    """A channel that passes photos on as that platform does."""
    return Recorder(platform)


async def kept(bot):
    """Every row of every table, as text."""
    return {table.name: str(await bot.rows(table)) for table in tables.metadata.sorted_tables}


@pytest.mark.usefixtures("both_databases")
async def test_a_photo_is_passed_on_after_a_yes(tmp_path):
    """Asked once in a call and for each side; then by the id it came with, of which nothing is left."""
    async with a_bot(make_root(tmp_path), on("telegram")) as bot:
        await in_a_call(bot)
        await sends(bot, "1", FILE)
        assert bot.last("1") == ASKED
        assert photos(bot, "2") == []
        await bot.taps("1", YES)
        await settled(bot)
        assert photos(bot, "2") == [Photo(FILE, "Người cần giúp gửi ảnh này.")]
        await sends(bot, "1", f"{FILE}2")
        assert [each.file for each in photos(bot, "2")] == [FILE, f"{FILE}2"]
        await sends(bot, "2", f"{FILE}3")
        assert bot.last("2") == "Bạn muốn gửi ảnh này cho người cần giúp không?"
        await bot.taps("2", YES)
        await settled(bot)
        assert photos(bot, "1") == [Photo(f"{FILE}3", "Người giúp gửi ảnh này.")]
        assert [name for name, rows in (await kept(bot)).items() if FILE in rows] == []
        await bot.says("1", "thôi, cảm ơn")
        assert not (await bot.load("1"))[0].sends_photos


async def test_a_no_is_a_no(tmp_path):
    """Forgotten at once; the next photo is asked about anew, and an old button sends nothing."""
    async with a_bot(make_root(tmp_path), on("telegram")) as bot:
        await in_a_call(bot)
        await sends(bot, "1", FILE)
        old = bot.tap("1", YES)
        await bot.taps("1", NO)
        assert bot.last("1") == "Mình không gửi ảnh ấy."
        assert (await bot.load("1"))[0].photos == ()
        await sends(bot, "1", f"{FILE}2")
        assert bot.last("1") == ASKED
        await bot.says("1", "thôi, cảm ơn")
        await settled(bot)
        assert (await bot.load("1"))[0].photos == ()
        await bot.takes(old)
        await settled(bot)
        assert photos(bot, "2") == []


async def test_several_at_once_are_asked_about_once(tmp_path):
    """An album comes as many messages; words below it are passed on like typed ones."""
    async with a_bot(make_root(tmp_path), on("telegram")) as bot:
        await in_a_call(bot)
        await sends(bot, "1", "a", "b", "c", text="xong rồi đây cháu")
        assert bot.heads("1").count(ASKED) == 1
        assert "xong rồi đây cháu" in bot.channel.to("2")[-1].body
        await bot.taps("1", YES)
        await settled(bot)
        assert [each.file for each in photos(bot, "2")] == ["a", "b", "c"]


async def test_a_secret_below_a_photo_stops_both(tmp_path):
    """Neither the words nor the photo are passed on, also after a yes."""
    async with a_bot(make_root(tmp_path), on("telegram")) as bot:
        await in_a_call(bot)
        await sends(bot, "1", FILE)
        await bot.taps("1", YES)
        await sends(bot, "1", f"{FILE}2", text="mã OTP là 482913")
        assert [each.file for each in photos(bot, "2")] == [FILE]
        assert "482913" not in str(bot.channel.sent)


async def test_photos_do_not_go_across(tmp_path):
    """From one platform to another: who sends it hears so kindly; words go both ways all the same."""
    other = on("zalo_bot")
    async with a_bot(make_root(tmp_path), on("telegram"), others=[other]) as bot:
        away = replace(bot, channel=other)
        await make_team(bot)
        await helper(away, "2")
        await calls(bot)
        await away.taps("2", CLAIM)
        await settled(bot)
        await sends(bot, "1", FILE)
        assert bot.last("1") == "Ảnh không sang được bên kia."
        assert YES not in labels(bot, "1")
        assert (await bot.load("1"))[0].photos == ()
        await bot.says("1", "ảnh chụp nút đỏ")
        await settled(bot)
        assert "ảnh chụp nút đỏ" in str(other.to("2")[-1])
        await away.says("2", "bấm nút đỏ đi ạ")
        await settled(bot)
        assert "bấm nút đỏ đi ạ" in str(bot.channel.to("1")[-1])
        assert bot.heads("1").count(ASKED) == 0


async def test_with_two_helpers_each_hears_of_it(tmp_path):
    """Who is on the same platform sees the photo, who is on another hears that there is one."""
    other = on("zalo_bot")
    async with a_bot(make_root(tmp_path), on("telegram"), others=[other]) as bot:
        away = replace(bot, channel=other)
        await in_a_call(bot)
        await helper(away, "3")
        await bot.taps("2", "Việc khác")
        await bot.taps("2", "Nhờ thêm người")
        await settled(bot)
        await away.taps("3", "🙋 Vào giúp cùng")
        await settled(bot)
        await sends(bot, "1", FILE)
        await bot.taps("1", YES)
        await settled(bot)
        assert [each.file for each in photos(bot, "2")] == [FILE]
        assert photos(away, "3") == []
        assert other.heads("3")[-1] == "Người cần giúp có gửi một tấm ảnh."


async def test_a_photo_that_the_platform_refuses(tmp_path):
    """Whoever sent it hears that it has not arrived."""
    async with a_bot(make_root(tmp_path), on("telegram")) as bot:
        await in_a_call(bot)
        await sends(bot, "1", FILE)
        await bot.taps("1", YES)
        await settled(bot)
        bot.channel.faults.append(SendFailed(Fault.REFUSED, "wrong file identifier"))
        await sends(bot, "1", f"{FILE}2")
        await settled(bot)
        assert "chưa đến được người giúp" in bot.last("1")


async def test_outside_a_call_a_photo_is_answered_as_ever(tmp_path):
    """Also while nobody has come yet: nothing is asked, nothing is kept."""
    async with a_bot(make_root(tmp_path), on("telegram")) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await calls(bot)
        await sends(bot, "1", FILE)
        assert "chưa xem được ảnh" in bot.last("1")
        assert isinstance(bot.channel.to("1")[-1], Message)
        assert [name for name, rows in (await kept(bot)).items() if FILE in rows] == []
