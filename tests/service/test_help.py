"""Calls for help: asked for in one tap, taken by one helper, both talk through the bot, and the step is kept."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time

import pytest

from bot.channel.base import Fault, Message, SendFailed, What
from bot.config import Config
from bot.engine.event import VIETNAM
from bot.people.role import Role
from bot.service.quiet import on_duty
from bot.store import audit, tables, tickets
from tests.kit.shell import a_bot, make_root
from tests.kit.teams import joins, make_team

MINUTE = 60
CALL, CLAIM, QUEUE = "🙋 Nhờ người giúp", "🙋 Nhận giúp", "📋 Người đang chờ"
BACK = "Bây giờ lại là mình, máy trả lời tự động."


def labels(bot, chat):
    """The newest buttons."""
    return [button.label for button in bot.channel.buttons(chat)]


def said(bot, chat):
    """The newest message, as one text."""
    message = [each for each in bot.channel.to(chat) if isinstance(each, Message)][-1]
    return f"{message.head}\n{message.body}".strip()


async def settled(bot):
    """Until notices have come in at the other side, by the conversation itself or by the clock."""
    for _ in range(4):
        await asyncio.sleep(0.01)
        await bot.look(1)


async def helper(bot, chat, role=Role.VOLUNTEER, *, duty=True):
    """Somebody of the team, on duty."""
    await joins(bot, chat, role)
    if duty:
        await bot.says(chat, "/team")
        await bot.taps(chat, "🟢 Trực")


async def calls(bot, chat="1", place="Không rõ"):
    """Somebody at the second step of tea calls for help."""
    await bot.says(chat, "/start tea")
    await bot.taps(chat, "Trà xanh")
    await bot.says(chat, "gặp người giúp")
    await bot.taps(chat, CALL)
    await bot.taps(chat, place)
    await told(bot)


async def told(bot):
    """The bot's own work that is due is done."""
    await bot.app.clock.chores(bot.now)
    await settled(bot)


async def in_a_call(bot):
    """Person 1 is helped by person 2."""
    await make_team(bot)
    await helper(bot, "2")
    await calls(bot)
    await bot.taps("2", CLAIM)
    await settled(bot)


@pytest.mark.usefixtures("both_databases")
async def test_a_call_from_the_first_tap_to_the_last(tmp_path):
    """The helper sees guide, step and how to address; words go both ways; at the end the very step is there again."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await bot.says("1", "chào cháu")
        await bot.taps("1", "Bác")
        await calls(bot)
        assert "báo cho Đoàn xã Ngọc Lặc" in bot.heads("1")[-1]
        card = said(bot, "2")
        assert card.startswith("Có người cần giúp.")
        assert "Gọi là: Bác." in card
        assert "Bài: 🍵 Pha trà." in card
        assert "Bước 1/3: Đun nước" in card
        await bot.taps("2", CLAIM)
        await settled(bot)
        assert bot.last("1") == "Người thật đã vào giúp bác."
        await bot.says("1", "nước mãi không sôi cháu ạ")
        await settled(bot)
        assert said(bot, "2") == "Bác nhắn:\nnước mãi không sôi cháu ạ"
        await bot.says("2", "bác cắm điện chưa ạ")
        await settled(bot)
        assert said(bot, "1") == "Người giúp:\nbác cắm điện chưa ạ"
        await bot.says("2", "giúp xong")
        await settled(bot)
        assert bot.heads("1")[-2:] == ["Người thật đã rời đi.", "Đun nước"]
        assert await bot.step("1") == "tea/boil"
        await bot.says("1", "xong rồi")
        assert await bot.step("1") == "tea/cups"
        [row] = await bot.rows(tables.ticket)
        assert (row["state"], row["how"], row["guide"], row["step"]) == ("closed", "solved", "tea", "boil")


@pytest.mark.usefixtures("both_databases")
async def test_what_was_said_in_a_call_goes_with_it(tmp_path):
    """Where the web page shows messages out of the outbox too: once a side is out of the call nothing of it is left."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        await bot.says("1", "nước mãi không sôi cháu ạ")
        await settled(bot)
        await bot.says("2", "bác cắm điện chưa ạ")
        await settled(bot)
        await bot.quiet()
        assert {row["chat"] for row in await bot.rows(tables.outbox, kind="relayed")} == {"1", "2"}
        await bot.says("1", "thôi, cảm ơn")
        await settled(bot)
        await bot.quiet()
        assert await bot.rows(tables.outbox, kind="relayed") == []


async def test_the_offer_is_one_message(tmp_path):
    """What there is and how it is had, the telephone too: nothing pushes its button off a small screen."""
    async with a_bot(make_root(tmp_path), human_phone="1022", human_hours="7–21 giờ") as bot:
        await make_team(bot)
        await helper(bot, "2")
        await bot.says("1", "/start tea")
        before = len(bot.heads("1"))
        await bot.says("1", "gặp người giúp")
        assert bot.heads("1")[before:] == ["Có đội tình nguyện giúp bạn ngay trong máy này."]
        assert "Muốn gọi điện thì bạn gọi 1022, 7–21 giờ." in said(bot, "1")
        assert labels(bot, "1")[0] == CALL


async def test_somebody_who_has_not_said_how_to_be_called(tmp_path):
    """Is not named by what the bot calls the helper: "Bạn" would be themselves."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await calls(bot)
        assert "Chưa rõ nên gọi thế nào, bạn hỏi nhé." in said(bot, "2")
        await bot.taps("2", "🧡 Đội tình nguyện")
        await bot.taps("2", QUEUE)
        assert labels(bot, "2")[0] == "🍵 Pha trà"
        await bot.taps("2", "🍵 Pha trà")
        await bot.says("1", "nước mãi không sôi")
        await settled(bot)
        assert said(bot, "2") == "Người cần giúp nhắn:\nnước mãi không sôi"


async def test_without_a_team_there_is_only_the_telephone(tmp_path):
    """Nothing is promised that nobody can keep."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start tea")
        await bot.says("1", "gặp người giúp")
        assert CALL not in labels(bot, "1")
        await make_team(bot)  # a team without people
        await bot.says("1", "gặp người giúp")
        assert CALL not in labels(bot, "1")


async def test_the_place_is_asked_once(tmp_path):
    """By its name, typed in any way; one of several of that name is chosen; a word nobody knows is asked again once."""
    root = make_root(tmp_path)
    places = root / "places"
    places.mkdir()
    (places / "thanh-hoa.toml").write_bytes(
        (make_root.__globals__["REPOSITORY"] / "places/thanh-hoa.toml").read_bytes()
    )
    async with a_bot(root) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await bot.says("1", "/start tea")
        await bot.says("1", "gặp người giúp")
        await bot.says("1", "đồng ý")  # as the offer says it
        await bot.says("1", "chỗ nào ấy nhỉ")
        assert "chưa biết xã, phường ấy" in bot.last("1")
        await bot.says("1", "xa ngoc lac")
        await told(bot)
        assert "báo cho Đoàn xã Ngọc Lặc" in bot.last("1")
        chat, _ = await bot.load("1")
        assert chat.place == "thanh-hoa/ngoc-lac"
        assert "Ở: xã Ngọc Lặc." in said(bot, "2")
        await bot.taps("1", "Thôi, cảm ơn")
        await bot.says("1", "gặp người giúp")
        await bot.taps("1", CALL)
        assert "báo cho Đoàn xã Ngọc Lặc" in bot.last("1")


@pytest.mark.usefixtures("both_databases")
async def test_two_claims_at_once(tmp_path):
    """One has it; the other hears that it is taken."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await helper(bot, "3")
        await calls(bot)
        await bot.takes(bot.tap("2", CLAIM), bot.tap("3", CLAIM))
        await settled(bot)
        heads = sorted((bot.last("2"), bot.last("3")))
        assert heads == ["Bạn đã nhận. Người cần giúp biết bạn đã vào.", "Đã có người khác nhận rồi."]
        assert len([side for side in await bot.rows(tables.ticket_side) if not side["asks"]]) == 1


async def test_a_secret_never_reaches_the_other_side(tmp_path):
    """It is recognised before it is passed on; the person hears why."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        before = bot.heads("2")
        await bot.says("1", "mã OTP là 482913 nhé")
        await settled(bot)
        assert bot.heads("2") == before
        assert "482913" not in str(bot.channel.sent)
        assert "Bên kia không thấy tin ấy." in said(bot, "1")
        await bot.says("2", "mật khẩu là Hoa123456")
        await settled(bot)
        assert "Hoa123456" not in str(bot.channel.sent)


async def test_buttons_work_during_a_call_and_words_do_not_lead_away(tmp_path):
    """The person goes on in the guide by its buttons; what they type is the helper's, even a guide's name."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        await bot.says("1", "nấu cơm thì sao")
        await settled(bot)
        assert "nấu cơm thì sao" in said(bot, "2")
        assert await bot.step("1") == "tea/boil"
        await bot.says("1", "thôi, cảm ơn")
        await settled(bot)
        assert bot.last("2") == "Người được giúp đã kết thúc. Cảm ơn bạn!"
        assert labels(bot, "2") == ["🧡 Đội tình nguyện", "🏠 Về đầu"]
        await bot.says("1", "nấu cơm")
        assert await bot.step("1") == "rice/wash"


async def test_passing_on_and_a_second_helper(tmp_path):
    """The call waits again for everybody but who passed it on; with two helpers it goes on when one leaves."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await helper(bot, "3")
        await calls(bot)
        await bot.taps("2", CLAIM)
        await settled(bot)
        await bot.taps("2", "Việc khác")
        await bot.taps("2", "Chuyển người khác")
        await settled(bot)
        assert "Người giúp vừa rồi bận mất rồi." in bot.last("1")
        assert CLAIM in labels(bot, "3")
        await bot.taps("3", CLAIM)
        await settled(bot)
        await bot.taps("3", "Việc khác")
        await bot.taps("3", "Nhờ thêm người")
        await settled(bot)
        await bot.taps("2", "🙋 Vào giúp cùng")
        await settled(bot)
        assert bot.last("1").startswith("Có thêm một người thật vào giúp.")
        await bot.says("1", "hai người à")
        await settled(bot)
        assert "hai người à" in said(bot, "2")
        assert "hai người à" in said(bot, "3")
        await bot.takes(bot.incoming("3", What.BLOCKED))
        await settled(bot)
        [row] = await bot.rows(tables.ticket)
        assert row["state"] == "claimed"
        await bot.says("2", "chỉ còn mình thôi")
        await settled(bot)
        assert "chỉ còn mình thôi" in said(bot, "1")


async def test_nobody_takes_it(tmp_path):
    """After a quarter of an hour the lead is told, after an hour whoever looks after the commune."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await joins(bot, "3", Role.LEAD)
        await joins(bot, "4", Role.COMMUNE_ADMIN, place="thanh-hoa/ngoc-lac")
        await bot.says("1", "/start tea")
        await bot.says("1", "gặp người giúp")
        await bot.taps("1", CALL)
        await bot.taps("1", "Không rõ")
        await told(bot)
        assert CLAIM in labels(bot, "2")
        bot.later(15 * MINUTE)
        await told(bot)
        assert bot.last("3").startswith("Có người chờ lâu chưa ai giúp.")
        assert CLAIM in labels(bot, "3")
        await bot.taps("3", CLAIM)
        await settled(bot)
        assert bot.last("1").startswith("Người thật đã vào giúp")
        bot.later(60 * MINUTE)
        await told(bot)
        assert not any("chờ lâu" in head for head in bot.heads("4"))


async def test_a_silent_call_ends_by_itself(tmp_path):
    """Half an hour without a word; both hear so."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        bot.later(20 * MINUTE)
        await bot.says("1", "vẫn đây")
        await told(bot)
        bot.later(29 * MINUTE)
        await told(bot)
        assert (await bot.load("1"))[0].mode
        bot.later(2 * MINUTE)
        await told(bot)
        assert not (await bot.load("1"))[0].mode
        assert not (await bot.load("2"))[0].mode
        assert "kết thúc cuộc giúp" in " ".join(bot.heads("1"))


@pytest.mark.parametrize("how", ["blocks", "switches", "erases"])
async def test_the_person_is_gone(tmp_path, how):
    """Whoever blocks the bot, gives the phone to somebody else or is forgotten, leaves the call; the helper hears so."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        if how == "blocks":
            await bot.takes(bot.incoming("1", What.BLOCKED))
        elif how == "switches":
            await bot.says("1", "/people")
            await bot.taps("1", "➕ Thêm người")
        else:
            await bot.says("1", "/delete")
            await bot.taps("1", "🗑 Xóa hết về bạn")
        await settled(bot)
        assert "Bên kia đã rời đi." in bot.heads("2")
        assert not (await bot.load("2"))[0].mode
        if how == "erases":
            [row] = await bot.rows(tables.ticket)
            assert (row["person"], row["chat"], row["about_json"]) == ("", "", "{}")


async def test_misuse_has_an_end(tmp_path):
    """Who was marked is not offered a helper for a week; the mark stands in the audit log."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        await bot.taps("2", "Việc khác")
        await bot.taps("2", "⚠️ Người này quấy rối")
        await settled(bot)
        await bot.says("1", "gặp người giúp")
        assert CALL not in labels(bot, "1")
        bot.later(8 * 86_400)
        await bot.says("1", "gặp người giúp")
        assert CALL in labels(bot, "1")
        async with bot.app.database.read() as connection:
            assert "abuse" in [each.what for each in await audit.listed(connection)]


async def test_not_too_often(tmp_path):
    """Three calls a day; then the telephone number has to do."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await calls(bot)
        for _ in range(2):
            await bot.taps("1", "Thôi, cảm ơn")
            await bot.says("1", "gặp người giúp")
            await bot.taps("1", CALL)
        await bot.taps("1", "Thôi, cảm ơn")
        await bot.says("1", "gặp người giúp")
        assert CALL not in labels(bot, "1")


async def test_only_who_may_takes_a_call(tmp_path):
    """A revoked volunteer's old button takes nothing, and they are not told any more."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await helper(bot, "3")
        await calls(bot)
        old = bot.tap("2", CLAIM)
        await bot.says("2", "/team")
        assert "⚪ Nghỉ trực" in labels(bot, "2")
        await bot.taps("2", "☰ Việc khác của đội")
        await bot.taps("2", "Rời đội")
        await bot.taps("2", "Vâng, rời đội")
        await bot.takes(old)
        assert "chưa được giao" in bot.last("2")
        heads = bot.heads("2")
        await bot.taps("1", "Thôi, cảm ơn")
        await bot.says("1", "gặp người giúp")
        await bot.taps("1", CALL)
        await told(bot)
        assert bot.heads("2") == heads


async def test_a_helper_helps_one_person_at_a_time(tmp_path):
    """And is not disturbed by further calls meanwhile."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        heads = bot.heads("2")
        await calls(bot, "5")
        assert bot.heads("2") == heads
        await bot.says("2", "/team")
        await bot.taps("2", QUEUE)
        await bot.taps("2", next(label for label in labels(bot, "2") if "Pha trà" in label))
        assert "đang giúp một người rồi" in bot.last("2")


@pytest.mark.usefixtures("both_databases")
async def test_a_call_survives_a_restart(tmp_path):
    """Words typed after it reach the other side; the watch goes on."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await in_a_call(bot)
    async with a_bot(root) as bot:
        await bot.says("1", "còn đó không cháu")
        await settled(bot)
        assert "còn đó không cháu" in said(bot, "2")


async def test_the_other_side_cannot_be_reached(tmp_path):
    """A message that the platform refuses for good ends nothing by itself; the silence does."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        bot.channel.faults.append(SendFailed(Fault.GONE, "blocked"))
        await bot.says("2", "alo bác ơi")
        await settled(bot)
        bot.later(31 * MINUTE)
        await told(bot)
        assert not (await bot.load("2"))[0].mode
        [row] = await bot.rows(tables.ticket)
        assert row["how"] == "silent"


async def test_a_photo_is_not_passed_on(tmp_path):
    """Said kindly; the call goes on."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        await bot.takes(bot.incoming("1", What.MEDIA, detail="photo"))
        assert "chưa chuyển được" in bot.last("1")


@pytest.mark.parametrize(
    ("at", "begins"),
    [
        (datetime(2026, 11, 23, 9, 0, tzinfo=VIETNAM), datetime(2026, 11, 23, 9, 0, tzinfo=VIETNAM)),
        (datetime(2026, 11, 23, 5, 0, tzinfo=VIETNAM), datetime(2026, 11, 23, 7, 0, tzinfo=VIETNAM)),
        (datetime(2026, 11, 23, 22, 0, tzinfo=VIETNAM), datetime(2026, 11, 25, 7, 0, tzinfo=VIETNAM)),
        (datetime(2026, 11, 24, 12, 0, tzinfo=VIETNAM), datetime(2026, 11, 25, 7, 0, tzinfo=VIETNAM)),
    ],
)
def test_the_hours_of_duty(tmp_path, at, begins):
    """At once within them; else when they begin next, and on no holiday."""
    hours = ((time(7), time(11)), (time(13), time(21)))
    config = Config(root=tmp_path, database="", help_hours=hours, help_holidays=frozenset({date(2026, 11, 24)}))
    moment = [int(each.replace(tzinfo=VIETNAM).timestamp() * 1000) for each in (at, begins)]
    assert on_duty(moment[0], config) == moment[1]


@pytest.mark.usefixtures("both_databases")
async def test_a_thousand_calls_and_a_hundred_helpers(tmp_path):
    """Everybody taps at once on whatever waits: none is lost, none is taken twice."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        database, now = bot.app.database, bot.now
        async with database.batch() as batch:
            ids = [
                await tickets.add(
                    batch,
                    tickets.Ticket(0, f"p{n}/1", f"p{n}", "doan-xa", "?", "", "", {}, tickets.OPEN, now),
                )
                for n in range(1000)
            ]

        async def greedy(number):
            async with database.batch() as batch:
                return [one for one in ids if await tickets.claim(batch, one, now + number)] if number % 7 == 0 else []

        async def polite(number):
            taken = []
            for one in ids[number::100]:
                for each in (one, one + 1):
                    async with database.batch() as batch:
                        if await tickets.claim(batch, each, now):
                            taken.append(each)
                            break
            return taken

        taken = await asyncio.gather(*(polite(n) if n else greedy(n) for n in range(1, 101)))
        rest = await greedy(0)
        everything = sorted([one for each in taken for one in each] + rest)
        assert everything == sorted(ids)
