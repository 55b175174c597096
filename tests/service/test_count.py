"""Help is counted by who gave it: tapped, typed after an event, walked with somebody who has no account."""

from __future__ import annotations

import pytest

from bot.people.role import Role
from bot.store import audit, tables
from tests.kit.shell import a_bot, make_root
from tests.kit.teams import COMMUNE, joins, make_team

ALL = "☰ Việc khác của đội"
COUNT, GUEST = "🧮 Đếm người đã giúp", "👵 Giúp người không có máy"
MORE, LESS, UNDO = "➕ Thêm một người", "➖ Bớt một người", "❌ Bỏ lượt này"


async def helper(bot, chat="2", role=Role.VOLUNTEER):
    """Somebody of the team, at the team's menu."""
    await make_team(bot)
    await joins(bot, chat, role)
    await bot.says(chat, "/team")


async def entries(bot):
    """What is counted: (guide, result, age, how, number)."""
    rows = await bot.rows(tables.help_count)
    return [(row["guide"], row["result"], row["age"], row["how"], row["number"]) for row in rows]


@pytest.mark.usefixtures("both_databases")
async def test_counted_by_taps(tmp_path):
    """Guide, result, age; one more, one less, taken back; each is a line of the audit log."""
    async with a_bot(make_root(tmp_path)) as bot:
        await helper(bot)
        await bot.taps("2", COUNT)
        await bot.taps("2", "🍵 Pha trà")
        await bot.taps("2", "✅ Làm xong")
        await bot.taps("2", "60 trở lên")
        assert bot.last("2") == "Đã tính 1 người: “🍵 Pha trà”."
        await bot.taps("2", MORE)
        await bot.taps("2", MORE)
        await bot.taps("2", LESS)
        assert await entries(bot) == [("tea", "done", "old", "told", 2)]
        [row] = await bot.rows(tables.help_count)
        assert (row["team"], row["place"], row["person"]) == ("doan-xa", COMMUNE, "paper:2/1")
        await bot.taps("2", UNDO)
        assert await entries(bot) == []
        async with bot.app.database.read() as connection:
            used = await audit.listed(connection, who="paper:2/1")
        assert [entry.what for entry in used if entry.right == "count_help"] == [
            *("count to 0", "count to 2", "count to 3", "count to 2"),
            "count 1 tea",
        ]


async def test_a_second_tap_is_not_a_second_person(tmp_path):
    """On the button that has just counted; what is on the screen by now says how many it is."""
    async with a_bot(make_root(tmp_path)) as bot:
        await helper(bot)
        await bot.says("2", "/count")
        await bot.taps("2", "🍵 Pha trà")
        await bot.taps("2", "✅ Làm xong")
        await bot.takes(bot.tap("2", "60 trở lên"), bot.tap("2", "60 trở lên"))
        assert await entries(bot) == [("tea", "done", "old", "told", 1)]
        assert bot.last("2") == "Hôm nay bạn đã đếm 1 người."
        await bot.says("2", "120 người pha trà")
        await bot.takes(bot.tap("2", "Đúng rồi"), bot.tap("2", "Đúng rồi"))
        assert len(await entries(bot)) == 2


@pytest.mark.usefixtures("both_databases")
async def test_a_batch_is_typed(tmp_path):
    """Number by the words, guide by the ear; where it was is kept as the commune alone."""
    async with a_bot(make_root(tmp_path)) as bot:
        await helper(bot)
        await bot.taps("2", COUNT)
        await bot.says("2", "12 người, pha trà, nhà văn hoá thôn 3")
        assert bot.last("2") == "Đã tính 12 người: “🍵 Pha trà”."
        await bot.says("2", "hai mươi lăm bác trên 60 tuổi nấu cơm chưa xong")
        assert await entries(bot) == [("tea", "done", "", "told", 12), ("rice", "not", "old", "told", 25)]
        kept = str(await bot.rows(tables.help_count)) + str(await bot.rows(tables.audit))
        assert "thôn" not in kept


async def test_a_helper_need_not_open_anything_to_count(tmp_path):
    """A sentence that is a count for sure is one; nobody else's sentence is."""
    async with a_bot(make_root(tmp_path)) as bot:
        await helper(bot)
        await bot.says("2", "hôm nay 3 người pha trà xong")
        assert await entries(bot) == [("tea", "done", "", "told", 3)]
        await bot.says("1", "3 người pha trà")
        assert len(await entries(bot)) == 1
        await bot.says("2", "/home")
        await bot.says("2", "7 bác làm giấy tờ")
        assert bot.last("2") == "Bạn đã giúp việc gì cho 7 người?"
        await bot.taps("2", "🍚 Nấu cơm")
        assert (await entries(bot))[-1] == ("rice", "done", "", "told", 7)


async def test_a_large_number_is_asked_back_and_a_huge_one_refused(tmp_path):
    """What may be a slip of the finger is not counted before a yes."""
    async with a_bot(make_root(tmp_path)) as bot:
        await helper(bot)
        await bot.taps("2", COUNT)
        await bot.says("2", "120 người pha trà")
        assert bot.last("2") == "Có đúng là 120 người không?"
        assert await entries(bot) == []
        await bot.taps("2", "Đúng rồi")
        assert await entries(bot) == [("tea", "done", "", "told", 120)]
        await bot.says("2", "5000 người pha trà")
        assert "nhiều nhất 500" in bot.last("2")
        await bot.says("2", "490 người pha trà")
        await bot.taps("2", "Đúng rồi")
        await bot.says("2", "450 người pha trà")
        await bot.taps("2", "Đúng rồi")
        assert bot.last("2") == "Con số này lớn quá."
        assert sum(entry[-1] for entry in await entries(bot)) == 610


async def test_tomorrow_nothing_is_taken_back(tmp_path):
    """What was counted is changed on its own day, by who counted it; a stranger's tap changes nothing."""
    async with a_bot(make_root(tmp_path)) as bot:
        await helper(bot)
        await bot.says("2", "3 người pha trà xong")
        bot.later(86_400)
        await bot.taps("2", UNDO)
        assert bot.last("2") == "Lượt này không sửa được nữa."
        assert await entries(bot) == [("tea", "done", "", "told", 3)]


async def test_todays_entries_are_listed_and_one_is_taken_back(tmp_path):
    """The newest first."""
    async with a_bot(make_root(tmp_path)) as bot:
        await helper(bot)
        await bot.says("2", "3 người pha trà xong")
        await bot.says("2", "4 người nấu cơm xong")
        await bot.taps("2", COUNT)
        await bot.taps("2", "Hôm nay đã đếm")
        assert bot.last("2") == "Hôm nay bạn đã đếm 7 người."
        await bot.taps("2", "❌ 3 · 🍵 Pha trà")
        assert await entries(bot) == [("rice", "done", "", "told", 4)]


async def test_only_the_team_counts(tmp_path):
    """Who is in no team, was revoked, or only looks after the commune, does not count."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await bot.says("1", "đếm lượt giúp")
        assert bot.last("1") == "Việc này bạn chưa được giao."
        await joins(bot, "3", Role.COMMUNE_ADMIN, place=COMMUNE)
        await bot.says("3", "/team")
        assert COUNT not in [button.label for button in bot.channel.buttons("3")]
        await joins(bot, "2")
        await bot.says("2", "/team")
        tap = bot.tap("2", COUNT)
        await bot.says("2", "/team")
        await bot.taps("2", ALL)
        await bot.taps("2", "Rời đội")
        await bot.taps("2", "Vâng, rời đội")
        await bot.takes(tap)
        assert bot.last("2") == "Việc này bạn chưa được giao."
        assert await entries(bot) == []


async def test_words_that_are_no_count_go_their_usual_way(tmp_path):
    """Whoever turns to something else is understood."""
    async with a_bot(make_root(tmp_path)) as bot:
        await helper(bot)
        await bot.taps("2", COUNT)
        await bot.says("2", "xin chào")
        chat, _ = await bot.load("2")
        assert chat.mode == ""
        await bot.says("2", "/start tea")
        await bot.says("2", "trà xanh")
        assert await bot.step("2") == "tea/boil"
        assert await entries(bot) == []


async def test_who_deletes_their_data_leaves_what_they_counted(tmp_path):
    """The count stays, the name goes."""
    async with a_bot(make_root(tmp_path)) as bot:
        await helper(bot)
        await bot.says("2", "3 người pha trà xong")
        await bot.says("2", "xóa dữ liệu")
        await bot.taps("2", "🗑 Xóa hết về bạn")
        [row] = await bot.rows(tables.help_count)
        assert (row["person"], row["number"]) == ("", 3)


@pytest.mark.usefixtures("both_databases")
async def test_a_guide_is_walked_with_somebody_who_has_no_account(tmp_path):
    """Nothing is kept about them, the helper's own way is untouched, and the team has one more helped."""
    async with a_bot(make_root(tmp_path)) as bot:
        await helper(bot)
        await bot.says("2", "/start tea")
        await bot.taps("2", "Trà đen")
        await bot.says("2", "/team")
        await bot.taps("2", ALL)
        await bot.taps("2", GUEST)
        assert "không có tài khoản" in bot.heads("2")[-2]
        await bot.says("2", "/start tea")
        await bot.taps("2", "Trà xanh")
        for said in ("xong rồi", "3", "Cụ Mơ"):
            await bot.says("2", said)
        assert bot.last("2") == "Giúp người này đến đâu rồi?"
        await bot.taps("2", "✅ Làm xong")
        assert await bot.step("2") == "tea/boil"
        assert await entries(bot) == [("tea", "done", "", "walked", 1)]
        await bot.taps("2", "60 trở lên")
        assert await entries(bot) == [("tea", "done", "old", "walked", 1)]
        chat, sessions = await bot.load("2")
        assert (chat.number, chat.others, chat.guest) == (1, (), "")
        assert list(sessions) == ["tea"]
        assert [row["chat"] for row in await bot.rows(tables.session)] == ["paper:2"]
        kept = [row for row in await bot.rows(tables.outbox) if "Mơ" in row["payload"]]
        assert kept == []
        assert len(await bot.rows(tables.chat)) == 1


async def test_a_guest_is_led_out_in_the_middle(tmp_path):
    """Whoever asks for the team is asked how it went; nothing walked is nothing counted."""
    async with a_bot(make_root(tmp_path)) as bot:
        await helper(bot)
        await bot.taps("2", ALL)
        await bot.taps("2", GUEST)
        await bot.says("2", "/team")
        await bot.taps("2", "⚪ Chưa làm được")
        chat, _ = await bot.load("2")
        assert (chat.number, chat.guest) == (1, "")
        assert await entries(bot) == []
        await bot.says("2", "/team")
        await bot.taps("2", ALL)
        await bot.taps("2", GUEST)
        await bot.says("2", "/start rice")
        await bot.says("2", "đổi người dùng")
        await bot.taps("2", next(b.label for b in bot.channel.buttons("2") if "1" in b.label))
        assert await bot.rows(tables.session) == []
        assert len(await bot.rows(tables.chat)) == 1
