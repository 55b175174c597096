"""What can go wrong in a call for help, and who hears what then."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from bot.channel.base import Fault, SendFailed, What
from bot.engine.event import VIETNAM
from bot.people.role import Grant, Role
from bot.service.invitations import revoke
from bot.store import tables
from bot.store.audit import OPERATOR
from tests.kit.shell import a_bot, make_root
from tests.kit.teams import joins, make_team
from tests.service.test_help import CALL, CLAIM, QUEUE, calls, helper, in_a_call, labels, said, settled, told

MINUTE, HOUR = 60, 3600
MORE, PASS, SECOND, JOIN = "Việc khác", "Chuyển người khác", "Nhờ thêm người", "🙋 Vào giúp cùng"
GONE_ON = "Người giúp vừa rồi bận mất rồi."


async def leaves_the_team(bot, chat):
    """By the buttons of the team."""
    await bot.says(chat, "/team")
    await bot.taps(chat, "☰ Việc khác của đội")
    await bot.taps(chat, "Rời đội")
    await bot.taps(chat, "Vâng, rời đội")
    await settled(bot)


async def state(bot):
    """Of the only call."""
    [row] = await bot.rows(tables.ticket)
    return row["state"], row["how"]


# --- while nobody has come


async def test_the_guide_goes_on_while_nobody_has_come(tmp_path):
    """What is typed is answered as ever; asked for again, the person hears that a helper is called already."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await calls(bot)
        await bot.says("1", "xong rồi")
        assert await bot.step("1") == "tea/cups"
        await bot.says("1", "gặp người giúp")
        assert bot.last("1") == "Mình đã gọi người giúp rồi."
        bot.later(31 * MINUTE)
        await told(bot)
        assert await state(bot) == ("open", "")
        await bot.taps("2", CLAIM)
        await settled(bot)
        await bot.says("1", "cháu ơi")
        await settled(bot)
        assert "cháu ơi" in said(bot, "2")


async def test_nobody_comes_all_day(tmp_path):
    """The person hears so, is shown their step, and may call again."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await calls(bot)
        for _ in range(3):
            bot.later(24 * HOUR)
            await told(bot)
        assert await state(bot) == ("closed", "nobody")
        assert "Hôm nay chưa có người giúp nào vào được." in bot.heads("1")
        assert "trung tâm hành chính công" in str(bot.channel.to("1"))
        assert not (await bot.load("1"))[0].mode
        await bot.says("1", "gặp người giúp")
        assert CALL in labels(bot, "1")


async def test_out_of_hours_says_when(tmp_path):
    """The person hears when the team begins; the helpers are told then, and the lead a quarter of an hour later."""
    hours = ((time(13), time(21)),)  # it is nine
    async with a_bot(make_root(tmp_path), help_hours=hours) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await joins(bot, "3", Role.LEAD)
        await calls(bot)
        assert "Đội bắt đầu giúp từ 13:00, 07/05." in said(bot, "1")
        assert CLAIM not in labels(bot, "2")
        bot.later(3 * HOUR)
        await told(bot)
        assert CLAIM not in labels(bot, "2")
        bot.later(HOUR)
        await told(bot)
        assert datetime.fromtimestamp(bot.now / 1000, VIETNAM).hour == 13
        assert CLAIM in labels(bot, "2")
        assert CLAIM not in labels(bot, "3")
        bot.later(16 * MINUTE)
        await told(bot)
        assert CLAIM in labels(bot, "3")


@pytest.mark.parametrize("where", ["thanh-hoa/ngoc-lac", "thanh-hoa"])
async def test_after_an_hour_the_commune_is_told(tmp_path, where):
    """Also where the person's place is not known, and by the province where the commune has nobody; they may take it."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await joins(bot, "4", Role.COMMUNE_ADMIN, place=where)
        await calls(bot)
        for minutes in (15, 45):
            bot.later(minutes * MINUTE + 1)
            await told(bot)
        assert bot.last("4").startswith("Có người chờ lâu chưa ai giúp.")
        await bot.taps("4", CLAIM)
        await settled(bot)
        assert bot.last("1").startswith("Người thật đã vào giúp")


async def test_everybody_is_away(tmp_path):
    """Who does not say where they live hears so, and nothing is promised that nobody can keep."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await bot.taps("2", "⚪ Nghỉ trực")
        await joins(bot, "3", Role.LEAD)
        await bot.says("1", "/start tea")
        await bot.says("1", "gặp người giúp")
        await bot.taps("1", CALL)
        await bot.says("1", "không rõ")
        await told(bot)
        assert "chưa có đội nào" in bot.last("1")
        assert CLAIM not in labels(bot, "3")


# --- while somebody helps


async def test_the_bot_is_silent_while_a_helper_is_there(tmp_path):
    """No reminder, no silence of the guide; afterwards the step waits as before."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        heads = bot.heads("1")
        for _ in range(5):
            bot.later(29 * MINUTE)
            await bot.says("2", "cháu vẫn đây")
            await settled(bot)
        await bot.look()
        assert set(bot.heads("1")[len(heads) :]) == {"Người giúp:"}
        assert await bot.step("1") == "tea/boil"
        await bot.says("2", "giúp xong")
        await settled(bot)
        await bot.look(3 * HOUR)
        assert await bot.step("1") == "tea/cold"


async def test_a_ready_reply_goes_to_the_person(tmp_path):
    """By one tap, and the helper sees what was said."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        ready = labels(bot, "2")[0]
        await bot.taps("2", ready)
        await settled(bot)
        assert ready.rstrip("…") in said(bot, "1")
        assert bot.last("2").startswith("Đã gửi:")


async def test_a_helper_in_a_guide_keeps_their_step(tmp_path):
    """It is shown again afterwards."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await bot.says("2", "/start rice")
        await bot.says("2", "xong rồi")
        await calls(bot)
        await bot.taps("2", CLAIM)
        await settled(bot)
        await bot.says("2", "xong rồi đấy bác")
        await settled(bot)
        assert "xong rồi đấy bác" in said(bot, "1")
        await bot.says("2", "giúp xong")
        assert await bot.step("2") == "rice/cook"
        assert bot.last("2") == "Bật nồi"


async def test_a_helper_who_asks_for_help(tmp_path):
    """They neither see nor take their own call, and take nobody else's while they wait."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await helper(bot, "2")
        await helper(bot, "3")
        await calls(bot, "2")
        assert CLAIM in labels(bot, "3")
        assert CLAIM not in labels(bot, "2")
        await bot.says("2", "/team")
        await bot.taps("2", QUEUE)
        assert bot.last("2") == "Chưa có ai chờ giúp."
        await calls(bot, "1")
        await bot.says("2", "/team")
        await bot.taps("2", QUEUE)
        await bot.taps("2", next(label for label in labels(bot, "2") if "Pha trà" in label))
        assert bot.last("2") == "Bạn đang nhờ người giúp."


async def test_other_work_of_a_helper_loses_no_words(tmp_path):
    """Whoever counts in the middle of a call is back in it with the next words of the person."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        await bot.says("2", "/team")
        await bot.taps("2", labels(bot, "2")[3])
        assert not (await bot.load("2"))[0].mode.startswith("help:")
        await bot.says("1", "cháu còn đó không")
        await settled(bot)
        assert "cháu còn đó không" in said(bot, "2")
        await bot.says("2", "cháu đây ạ")
        await settled(bot)
        assert "cháu đây ạ" in said(bot, "1")


@pytest.mark.usefixtures("both_databases")
async def test_one_of_two_comes_as_the_second(tmp_path):
    """Only while a second one is asked for; whoever is later hears that somebody else was quicker."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        for chat in "234":
            await helper(bot, chat)
        await calls(bot)
        await bot.taps("2", CLAIM)
        await settled(bot)
        await bot.taps("2", MORE)
        await bot.taps("2", SECOND)
        await settled(bot)
        taps = bot.tap("3", JOIN), bot.tap("4", JOIN)
        await bot.takes(*taps)
        await settled(bot)
        heads = sorted((bot.last("3"), bot.last("4")))
        assert heads == ["Bạn đã nhận. Người cần giúp biết bạn đã vào.", "Đã có người khác nhận rồi."]
        sides = [side["person"] for side in await bot.rows(tables.ticket_side) if not side["asks"]]
        assert len(sides) == 2


async def test_an_old_button_of_a_call_is_no_dead_end(tmp_path):
    """Everything about a call that is over is answered, and the step is shown."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        end, done, more = bot.tap("1", "Thôi, cảm ơn"), bot.tap("2", "✅ Giúp xong"), bot.tap("2", MORE)
        await bot.takes(more)
        on, ready = bot.tap("2", PASS), bot.tap("2", labels(bot, "2")[0])
        await bot.takes(done)
        await settled(bot)
        for chat, tap in (("1", end), ("2", on), ("2", ready)):
            before = len(bot.heads(chat))
            await bot.takes(tap)
            assert len(bot.heads(chat)) > before
        assert bot.last("1") == "Đun nước"
        assert await state(bot) == ("closed", "solved")


# --- somebody is gone


@pytest.mark.usefixtures("both_databases")
@pytest.mark.parametrize("how", ["leaves", "blocks", "revoked"])
async def test_a_helper_is_gone_in_the_middle(tmp_path, how):
    """The call waits for the others again, and who is gone reads nothing more of it."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        await helper(bot, "3")
        if how == "leaves":
            await leaves_the_team(bot, "2")
        elif how == "blocks":
            await bot.takes(bot.incoming("2", What.BLOCKED))
        else:
            async with bot.app.database.batch() as batch:
                assert await revoke(batch, OPERATOR, "paper:2/1", Grant(Role.VOLUNTEER, "doan-xa"), bot.now)
            await bot.says("1", "cháu ơi nghe không")
        await told(bot)
        assert GONE_ON in bot.heads("1")
        assert await state(bot) == ("open", "")
        assert "cháu ơi nghe không" not in str(bot.channel.to("2"))
        assert (how != "revoked") or "Cuộc giúp này không còn giao cho bạn." in bot.heads("2")
        assert not (await bot.load("2"))[0].mode
        assert await bot.rows(tables.duty, person="paper:2/1") == []
        await bot.taps("3", CLAIM)
        await settled(bot)
        await bot.says("1", "chào cháu mới")
        await settled(bot)
        assert "chào cháu mới" in said(bot, "3")


async def test_a_revoked_helper_says_nothing_more(tmp_path):
    """Their own words stop at once; passing on is refused, and the call waits for others."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        await bot.taps("2", MORE)
        on = bot.tap("2", PASS)
        async with bot.app.database.batch() as batch:
            await revoke(batch, OPERATOR, "paper:2/1", Grant(Role.VOLUNTEER, "doan-xa"), bot.now)
        await bot.says("2", "bác đọc mã cho cháu")
        await settled(bot)
        assert "đọc mã" not in str(bot.channel.to("1"))
        assert bot.last("1") == GONE_ON
        await bot.takes(on)
        assert await state(bot) == ("open", "")


async def test_a_volunteer_of_another_team_takes_nothing(tmp_path):
    """A button of theirs for a foreign call, forged or found, is refused and written down."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        await helper(bot, "4")
        await calls(bot, "3")
        foreign = bot.tap("4", CLAIM)
        await make_team(bot, "doan-khac", "Đoàn khác")
        await joins(bot, "5", team="doan-khac")
        await bot.takes(bot.incoming("5", What.TAP, tap=foreign.tap, message="1"))
        assert bot.last("5") == "Việc này bạn chưa được giao."
        refused = [each for each in await bot.rows(tables.audit) if not each["allowed"]]
        assert [(each["who"], each["right"]) for each in refused] == [("paper:5/1", "take_ticket")]


@pytest.mark.usefixtures("both_databases")
async def test_words_that_do_not_arrive(tmp_path):
    """Whoever wrote them hears so once, whichever side they are on; the call goes on."""
    async with a_bot(make_root(tmp_path)) as bot:
        await in_a_call(bot)
        for chat, fault, words in (("2", Fault.GONE, "người cần giúp"), ("1", Fault.CLOSED, "người giúp")):
            for _ in range(2):
                bot.channel.faults.append(SendFailed(fault, "no"))
                await bot.says(chat, "alo ạ")
                await settled(bot)
            assert bot.heads(chat).count(f"Tin vừa rồi chưa đến được {words}.") == 1
        assert (await state(bot))[0] == "claimed"


async def test_nobody_hears_of_what_was_not_for_them(tmp_path):
    """Outside a call a message that fails is nobody else's business; of a record that cannot be changed neither."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await helper(bot, "2")
        heads = bot.heads("2")
        bot.channel.faults.append(SendFailed(Fault.GONE, "no"))
        await bot.says("1", "/start tea")
        await settled(bot)
        assert bot.heads("2") == heads
