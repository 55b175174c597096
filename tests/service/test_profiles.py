"""Several people on one phone: switched in two taps, never mixed."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channel.base import Document, Message, What
from bot.engine.button import ButtonMeaning, button_id
from bot.engine.chat import MOST_PROFILES
from bot.service.conversation import NotStored
from bot.store import tables
from tests.kit.process import called
from tests.kit.shell import MORNING, a_bot, make_root

DAY = 86_400_000
HOUR = 3600
PEOPLE, ADD = "👥 Đổi người", "➕ Thêm người"
FIRST, SECOND = "Bác · người 1", "Cô · người 2"
TEA = "/start tea"
REMINDER = "còn một việc đang làm dở."


async def two_people(bot, chat="1"):
    """Person 1 (bác) boils water for tea, then person 2 (cô) comes and washes rice; it is her turn."""
    await bot.says(chat, "chào cháu")
    await bot.taps(chat, "Bác")
    await bot.taps(chat, "🍵 Pha trà")
    await bot.taps(chat, "Trà xanh")
    await bot.says(chat, "/people")
    await bot.taps(chat, ADD)
    await bot.taps(chat, "Cô")
    await bot.taps(chat, "🍚 Nấu cơm")


async def turn(bot, label, chat="1"):
    """The phone goes to who has that label."""
    await bot.says(chat, "/people")
    await bot.taps(chat, label)


def labels(bot, chat="1"):
    """The newest buttons."""
    return [button.label for button in bot.channel.buttons(chat)]


@pytest.mark.usefixtures("both_databases")
async def test_two_taps_from_the_home_screen(tmp_path):
    """The list, then the person: they hear whose turn it is and stand where they were, the other's place is kept."""
    async with a_bot(make_root(tmp_path)) as bot:
        await two_people(bot)
        await bot.says("1", "về đầu")
        await bot.taps("1", PEOPLE)
        assert labels(bot) == [FIRST, SECOND, ADD]
        await bot.taps("1", FIRST)
        assert bot.heads("1")[-2:] == [f"Bây giờ là lượt của {FIRST}", "Đun nước"]
        told = [said for said in bot.channel.to("1") if isinstance(said, Message)][-2]
        assert "Bác đang làm dở “🍵 Pha trà”, bước 1/3." in told.body
        assert (await bot.step("1"), await bot.step("1/2")) == ("tea/boil", "")
        assert (await bot.load("1/2"))[1]["rice"].step == "wash"
        await bot.taps("1", "✅ Xong rồi")
        assert await bot.step("1") == "tea/cups"


@pytest.mark.parametrize("words", ["đổi người", "doi nguoi", "người khác dùng máy", "cho mẹ tôi dùng", "switch person"])
async def test_typed_words_lead_to_the_list(tmp_path, words):
    """As people say it, with and without accents, at home and at a step; the step is kept."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "chào cháu")
        await bot.says("1", words)
        assert bot.last("1") == "Ai sắp dùng máy?"
        await bot.says("1", TEA)
        await bot.taps("1", "Trà xanh")
        await bot.says("1", words)
        assert bot.last("1") == "Ai sắp dùng máy?"
        assert await bot.step("1") == "tea/boil"


async def test_a_newcomer_is_greeted_as_at_first_contact(tmp_path):
    """Who runs this and how to address them; the form of address of the one before is nowhere in it."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "chào cháu")
        await bot.taps("1", "Bác")
        await bot.says("1", "/people")
        before = len(bot.channel.to("1"))
        await bot.taps("1", ADD)
        said = [each for each in bot.channel.to("1")[before:] if isinstance(each, Message)]
        assert [message.head for message in said] == [
            "Bây giờ là lượt của người mới",
            "Chào bạn, mình là Cầm Tay, máy trả lời tự động.",
            "Mình nên xưng hô thế nào cho phải?",
        ]
        assert not any("bác" in f"{message.head} {message.body}".lower() for message in said)


async def test_the_list_is_answered_by_number_and_by_words(tmp_path):
    """A typed number or "người 1" is the person; one's own line changes nothing."""
    async with a_bot(make_root(tmp_path)) as bot:
        await two_people(bot)
        await bot.says("1", "/people")
        await bot.says("1", "1")
        assert await bot.step("1") == "tea/boil"
        await bot.says("1", "/people")
        await bot.says("1", "người 2")
        assert await bot.step("1") == "rice/wash"
        await turn(bot, SECOND)
        assert bot.last("1") == "Vo gạo"
        assert {row["key"] for row in await bot.rows(tables.chat)} == {"paper:1", "paper:1/1"}


ACTS = [
    *((flow, step, answer) for flow, step, answer in [
        ("", "", "open:tea"), ("", "", "open:rice"), ("", "", "home"), ("tea", "kind", "green"), ("tea", "kind", "black"),
        ("tea", "boil", "done"), ("tea", "boil", "not_yet"), ("tea", "boil", "stuck"), ("tea", "boil", "back"),
        ("tea", "cups", "back"), ("tea", "boil", "return"), ("tea", "boil", "restart"), ("tea", "kind", "record"),
        ("rice", "wash", "done"), ("rice", "cook", "done"), ("rice", "cook", "back"), ("rice", "wash", "no_reminders"),
    ]),
    "7",
    "Bà Tư",
]  # fmt: skip


@settings(max_examples=40)
@given(acts=st.lists(st.tuples(st.booleans(), st.sampled_from(ACTS)), max_size=25))
def test_everybody_has_exactly_the_session_they_would_have_alone(tmp_path_factory, acts):
    """Any interleaving of two people on one phone, against each of them on a phone of their own, in the real store."""
    root = make_root(tmp_path_factory.mktemp("house"))

    async def walk():
        async with a_bot(root) as bot:
            flows = bot.app.conversation.house.flows

            async def act(chat, what):
                if isinstance(what, str):
                    await bot.says(chat, what)
                    return
                flow, step, answer = what
                meaning = ButtonMeaning(flow, flows[flow].digest if flow else "", step, answer)
                await bot.takes(bot.incoming(chat, What.TAP, tap=button_id(meaning)))

            for chat, form in (("alone 1", "bac"), ("alone 2", "co"), ("shared", "bac")):
                await act(chat, ("", "", f"call:{form}"))
            await act("shared", ("", "", "newcomer"))
            await act("shared", ("", "", "call:co"))
            holder = 2
            for index, (is_first, what) in enumerate(acts):
                number = 1 if is_first else 2
                if number != holder:
                    await act("shared", ("", "", f"profile:{number}-{('bac', 'co')[number - 1]}"))
                    holder = number
                for chat in (f"alone {number}", "shared"):
                    bot.now = MORNING + index * 60_000
                    await act(chat, what)
            for number in (1, 2):
                chat, sessions = await bot.load("shared" if number == holder else f"shared/{number}")
                assert chat is not None
                assert (chat.number, chat.address) == (number, ("bac", "co")[number - 1])
                assert sessions == (await bot.load(f"alone {number}"))[1]
            assert await bot.rows(tables.inbox, state="parked") == []

    asyncio.run(walk())


async def test_nothing_of_one_shows_while_it_is_the_others_turn(tmp_path):
    """What the first person saved, how they are called, their guide, their arrivals: in no message and in no file."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "chào cháu")
        await bot.taps("1", "Ông")
        for words in (TEA, "trà xanh", "xong", "3", "Chim Yến 77"):
            await bot.says("1", words)
        assert bot.last("1") == "Xong 3 chén mời Chim Yến 77"
        await bot.says("1", "/people")
        await bot.taps("1", ADD)
        before = len(bot.channel.to("1"))
        await bot.taps("1", "Chị")
        for words in ("/start rice", "xong", "bước trước", "/home", "/about", "/help", "à ừm", "/start tea", "xem lại"):
            await bot.says("1", words)
        await bot.says("1", "/data")
        said = bot.channel.to("1")[before:]
        file = next(each for each in said if isinstance(each, Document))
        everything = " ".join(map(repr, said)).lower()
        for canary in ("chim yến", r"\bông\b", "77 chén", r"\b3 chén"):
            assert re.search(canary, everything) is None, canary
        kept = json.loads(file.text)
        assert {row["flow"] for row in kept["session"]} == {"rice", "tea"}
        assert not any(row["state"]["visits"] for row in kept["session"] if row["flow"] == "tea")
        assert len(kept["inbox"]) == 11
        assert "Máy này còn 1 người khác dùng chung" in next(e.body for e in reversed(said) if isinstance(e, Message))


@pytest.mark.usefixtures("both_databases")
async def test_in_one_batch_each_thing_is_whose_turn_it_was(tmp_path):
    """An answer, the switch, an answer, the switch back: together in one transaction."""
    async with a_bot(make_root(tmp_path)) as bot:
        await two_people(bot)
        await turn(bot, FIRST)
        done = bot.tap("1", "✅ Xong rồi")
        ids = {label: button_id(ButtonMeaning("", "", "", f"profile:{name}")) for label, name in
               ((FIRST, "1-bac"), (SECOND, "2-co"))}  # fmt: skip
        await bot.takes(
            done,
            bot.incoming("1", What.TAP, tap=ids[SECOND]),
            bot.incoming("1", What.TEXT, text="xong"),
            bot.incoming("1", What.TAP, tap=ids[FIRST]),
            bot.incoming("1", What.TEXT, text="5"),
        )
        assert await bot.step("1") == "tea/guest"
        assert (await bot.load("1/2"))[1]["rice"].step == "cook"
        lines = [(row["chat"], row["step"]) for row in await bot.rows(tables.journal, what="answered")]
        assert lines == [("paper:1", "kind"), ("paper:1", "boil"), ("paper:1/2", "wash"), ("paper:1", "cups")]
        sent = {row["id"]: row["chat"] for row in await bot.rows(tables.outbox)}
        assert set(sent.values()) == {"1", "1/2"}
        assert [row["key"] for row in await bot.rows(tables.job, kind="wait")] == ["wait:paper:1"]


@pytest.mark.usefixtures("both_databases")
async def test_who_is_set_aside_is_not_waited_for_until_they_come_back(tmp_path):
    """The silence of the first person's step does not lead on, nobody is reminded of it; back again it counts anew."""
    async with a_bot(make_root(tmp_path)) as bot:
        await two_people(bot)
        await bot.look(3 * HOUR)
        assert "Nước nguội rồi" not in bot.heads("1")
        await bot.look(22 * HOUR)
        assert bot.last("1") == f"Cô {REMINDER}"
        await turn(bot, FIRST)
        assert bot.last("1") == "Đun nước"
        assert await bot.look(HOUR) == 0
        assert await bot.look(HOUR + 60) == 1
        assert bot.last("1") == "Nước nguội rồi"
        assert (await bot.load("1/2"))[1]["rice"].reminders == 1


async def test_a_switch_is_one_transaction_and_happens_once(tmp_path):
    """While nothing can be written nobody is mixed up; the same tap later is the switch, a redelivery is nothing."""
    async with a_bot(make_root(tmp_path)) as bot:
        await two_people(bot)
        await bot.says("1", "/people")
        tap = bot.tap("1", FIRST)
        await _writable(bot, "ON")
        with pytest.raises(NotStored):
            await bot.app.conversation.accept(tap)
        assert (await bot.step("1"), (await bot.load("1/1"))[1]["tea"].step) == ("rice/wash", "boil")
        await _writable(bot, "OFF")
        await bot.takes(tap)
        assert await bot.step("1") == "tea/boil"
        await turn(bot, SECOND)
        await bot.takes(tap)
        assert await bot.step("1") == "rice/wash"
        sessions = {(row["chat"], row["flow"]) for row in await bot.rows(tables.session)}
        assert sessions == {("paper:1", "rice"), ("paper:1/1", "tea")}


@pytest.mark.usefixtures("both_databases")
async def test_what_waited_for_somebody_set_aside_is_still_sent_to_the_phone(tmp_path):
    """A restart between the switch and the sending loses nothing, and the rows stay whose they are."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await two_people(bot)
        bot.channel.open.clear()
        await bot.says("1", "/people")
        await bot.says("1", "1")
        assert {row["chat"] for row in await bot.rows(tables.outbox, state="waiting")} == {"1", "1/2"}
    async with a_bot(root, now=bot.now) as bot:
        await bot.quiet()
        assert bot.heads("1")[-3:] == ["Ai sắp dùng máy?", f"Bây giờ là lượt của {FIRST}", "Đun nước"]


async def test_an_old_button_never_acts_for_somebody_else(tmp_path):
    """Both stand at the same step: the first one's button says that it is from before, and changes nothing."""
    async with a_bot(make_root(tmp_path)) as bot:
        await two_people(bot)
        await turn(bot, FIRST)
        await bot.says("1", "/start rice")
        done, newest = bot.channel.buttons("1")[0].id, str(len(bot.channel.sent))
        await turn(bot, SECOND)
        await bot.takes(bot.incoming("1", What.TAP, tap=done, message=newest))
        assert bot.heads("1")[-2:] == ["Nút này có từ trước khi đổi người.", "Vo gạo"]
        assert await bot.step("1") == "rice/wash"
        call = button_id(ButtonMeaning("", "", "", "call:ong"))
        await bot.takes(bot.incoming("1", What.TAP, tap=call, message=newest))
        assert (await bot.load("1"))[0].address == "co"
        await bot.takes(bot.incoming("1", What.TAP, tap=button_id(ButtonMeaning("", "", "", "home")), message=newest))
        assert await bot.step("1") == ""
        await bot.takes(bot.incoming("1", What.TAP, tap=done, message=str(len(bot.channel.sent))))
        assert bot.last("1") != "Nút này có từ trước khi đổi người."


async def test_a_list_from_before_leads_to_nobody_else(tmp_path):
    """A label that fits nobody any more shows the list; the same tap twice stays with who has just come."""
    async with a_bot(make_root(tmp_path)) as bot:
        await two_people(bot)
        await bot.says("1", "/people")
        old = [button.id for button in bot.channel.buttons("1")]
        message = str(len(bot.channel.sent))
        for _ in range(2):
            await bot.takes(bot.incoming("1", What.TAP, tap=old[0], message=message))
            assert await bot.step("1") == "tea/boil"
        await bot.takes(bot.incoming("1", What.TAP, tap=button_id(ButtonMeaning("", "", "", "call:ong"))))
        await turn(bot, SECOND)
        await bot.takes(bot.incoming("1", What.TAP, tap=old[0], message=message))
        assert labels(bot) == ["Ông · người 1", SECOND, ADD]
        await bot.takes(bot.incoming("1", What.TAP, tap=old[2], message=message))
        assert labels(bot) == ["Ông · người 1", SECOND, ADD]
        assert (await bot.load("1"))[0].number == 2


@pytest.mark.usefixtures("both_databases")
async def test_somebody_added_by_mistake_leaves_no_trace(tmp_path):
    """Who said nothing and opened nothing is not kept; a second tap on the button makes no third person."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        await bot.says("1", "/people")
        add = bot.tap("1", ADD)
        await bot.takes(add)
        await bot.takes(bot.incoming("1", What.TAP, tap=add.tap, message=add.message))
        assert bot.last("1") == "Mình nên xưng hô thế nào cho phải?"
        await turn(bot, "Bạn · người 1")
        assert await bot.step("1") == "tea/kind"
        assert [row["key"] for row in await bot.rows(tables.chat)] == ["paper:1"]
        await bot.says("1", "/people")
        assert labels(bot) == ["Bạn · người 1", ADD]


async def test_at_most_six_people(tmp_path):
    """The seventh cannot be added, nor by an old button; there is room again when one of them has gone."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "chào cháu")
        await bot.taps("1", "Bác")
        for _ in range(MOST_PROFILES - 1):
            await bot.says("1", "/people")
            await bot.taps("1", ADD)
            await bot.taps("1", "Cô")
        await bot.says("1", "/people")
        assert labels(bot) == [FIRST, *(f"Cô · người {n}" for n in range(2, MOST_PROFILES + 1))]
        await bot.takes(bot.incoming("1", What.TAP, tap=button_id(ButtonMeaning("", "", "", "newcomer"))))
        assert len(await bot.rows(tables.chat)) == MOST_PROFILES
        await turn(bot, "Cô · người 3")
        await bot.says("1", "xóa dữ liệu")
        await bot.taps("1", "🗑 Xóa hết về cô")
        await turn(bot, "Cô · người 5")
        await bot.says("1", "/people")
        await bot.taps("1", ADD)
        await bot.taps("1", "Chị")
        await bot.says("1", "/people")
        assert labels(bot)[:3] == [FIRST, SECOND, "Chị · người 3"]


@pytest.mark.usefixtures("both_databases")
async def test_erasing_oneself_leaves_the_others(tmp_path):
    """The question says that there are others; afterwards they are as they were, and nothing of oneself is left."""
    async with a_bot(make_root(tmp_path)) as bot:
        await two_people(bot)
        await bot.says("1", "xóa dữ liệu")
        asked = [said for said in bot.channel.to("1") if isinstance(said, Message)][-1]
        assert "Máy này còn 1 người khác dùng chung." in asked.body
        assert labels(bot)[:2] == ["🗑 Xóa hết về cô", "🗑 Xóa của mọi người"]
        await bot.taps("1", "🗑 Xóa hết về cô")
        assert bot.last("1") == "Đã xóa hết những gì cháu giữ về cô"
        assert {row["chat"] for row in await bot.rows(tables.session)} == {"paper:1/1"}
        assert {row["chat"] for row in await bot.rows(tables.journal)} == {"paper:1/1", ""}
        assert len(await bot.rows(tables.request, kind="delete")) == 1
        await bot.taps("1", PEOPLE)
        await bot.taps("1", FIRST)
        assert await bot.step("1") == "tea/boil"
        assert [row["key"] for row in await bot.rows(tables.chat)] == ["paper:1"]


@pytest.mark.usefixtures("both_databases")
async def test_erasing_everybody_on_this_phone(tmp_path):
    """One tap that says so erases all of them, each with a line in the register; another phone keeps its people."""
    async with a_bot(make_root(tmp_path)) as bot:
        await two_people(bot)
        await two_people(bot, "12")
        await bot.says("1", "xóa dữ liệu")
        await bot.taps("1", "🗑 Xóa của mọi người")
        assert bot.last("1") == "Đã xóa hết những gì cháu giữ về mọi người dùng máy này"
        kept = {"paper:12", "paper:12/1"}
        assert {row["key"] for row in await bot.rows(tables.chat)} == kept
        assert {row["chat"] for row in await bot.rows(tables.session)} == kept
        assert {row["chat"] for row in await bot.rows(tables.journal)} == {*kept, ""}
        assert len(await bot.rows(tables.request, kind="delete")) == 2
        await bot.says("1", "/people")
        assert labels(bot) == ["Bạn · người 1", ADD]


async def test_an_old_button_to_erase_asks_again(tmp_path):
    """The question was put to the first person; in the hands of the second it is no yes."""
    async with a_bot(make_root(tmp_path)) as bot:
        await two_people(bot)
        await bot.says("1", "xóa dữ liệu")
        erase = bot.channel.buttons("1")[0].id
        await turn(bot, FIRST)
        await bot.takes(bot.incoming("1", What.TAP, tap=erase))
        assert bot.last("1") == "Bác muốn xóa hết những gì cháu đang giữ?"
        assert len(await bot.rows(tables.session)) == 2


@pytest.mark.usefixtures("both_databases")
async def test_who_stays_away_is_forgotten_alone(tmp_path):
    """The sweeping erases who was set aside too long ago, and the list knows of them no more."""
    async with a_bot(make_root(tmp_path), keep_people_days=100) as bot:
        await two_people(bot)
        bot.later(60 * 24 * HOUR)
        await bot.says("1", "xem lại")
        await bot.app.clock.sweep(bot.now + 50 * DAY)
        assert {row["chat"] for row in await bot.rows(tables.session)} == {"paper:1"}
        await bot.says("1", "/people")
        assert labels(bot) == [SECOND, ADD]
        await bot.app.clock.sweep(bot.now + 101 * DAY)
        assert await bot.rows(tables.chat) == []


@pytest.mark.parametrize("back", [False, True])
async def test_a_restored_backup_forgets_the_right_one_again(tmp_path, back):
    """Who erased themselves is erased again wherever they stood at the time of the backup; the other is there."""
    root = make_root(tmp_path)
    live, copy = root / "data" / "bot.db", tmp_path / "copy.db"
    url = {"CAM_TAY_DATABASE": f"sqlite+aiosqlite:///{live}"}
    async with a_bot(root) as bot:
        await two_people(bot)
        if back:
            await turn(bot, FIRST)
        assert (await asyncio.to_thread(called, root, "db", "backup", str(copy), **url)).returncode == 0
        bot.later(60)
        if back:
            await turn(bot, SECOND)
        await bot.says("1", "xóa dữ liệu")
        await bot.taps("1", "🗑 Xóa hết về cô")
    done = await asyncio.to_thread(called, root, "db", "restore", str(copy), "--yes", **url)
    assert done.returncode == 0, done.stderr
    assert "1 chats" in done.stderr
    async with a_bot(root, now=MORNING + DAY) as bot:
        assert {row["flow"] for row in await bot.rows(tables.session)} == {"tea"}
        await turn(bot, FIRST)
        assert await bot.step("1") == "tea/boil"


async def _writable(bot, query_only):
    raw = await bot.app.database._writer.get_raw_connection()
    cursor = await raw.driver_connection.execute(f"PRAGMA query_only = {query_only}")
    await cursor.close()
