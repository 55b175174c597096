"""The way of a message: order, once and only once, faults, a database that refuses, erasing."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from sqlalchemy import text

from bot.channel.base import Message, What
from bot.service.conversation import NotStored
from bot.store import tables
from bot.store.journal import DAY
from tests.kit.shell import a_bot, make_root, refuse, write_words

pytestmark = pytest.mark.usefixtures("both_databases")

TEA = "/start tea"


async def test_a_tap_and_a_text_together_happen_in_the_order_they_came(tmp_path):
    """A tap on the open question and words for the next one, arriving at once, are both answers."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        await bot.takes(bot.tap("1", "Trà xanh"), bot.incoming("1", What.TEXT, text="xong"))
        assert await bot.step("1") == "tea/cups"
        lines = [(line["step"], line["answer"]) for line in await bot.rows(tables.journal, what="answered")]
        assert lines == [("kind", "green"), ("boil", "done")]


async def test_the_other_way_round_the_words_are_not_lost_and_the_tap_still_counts(tmp_path):
    """Words that fit nothing, then the tap: the question is asked again, the tap answers it."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        await bot.takes(bot.incoming("1", What.TEXT, text="à ừm thế"), bot.tap("1", "Trà xanh"))
        assert await bot.step("1") == "tea/boil"


async def test_two_hundred_people_at_once(tmp_path):
    """Each of 200 concurrent arrivals is answered, stored once, and stands where it should."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.takes(*(bot.incoming(str(n), What.TEXT, text=TEA) for n in range(200)))
        await bot.takes(*(bot.tap(str(n), "Trà xanh" if n % 2 else "Trà đen") for n in range(200)))
        answers = Counter(row["answer"] for row in await bot.rows(tables.journal, what="answered"))
        assert answers == {"green": 100, "black": 100}
        assert [bot.last(str(n)) for n in range(200)] == ["Đun nước"] * 200
        assert len(await bot.rows(tables.inbox)) == 400


async def test_one_person_writes_two_hundred_times(tmp_path):
    """More than one batch of one chat: all in order, the last word counts."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        await bot.taps("1", "Trà xanh")
        await bot.takes(*(bot.incoming("1", What.TEXT, text="xem lại") for _ in range(250)))
        assert bot.heads("1").count("Đun nước") == 251
        ids = [row["id"] for row in await bot.rows(tables.outbox)]
        assert ids == sorted(set(ids))


async def test_the_same_id_twice_in_one_batch_happens_once(tmp_path):
    """A redelivery that waits beside the first delivery changes nothing and is answered too."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        tap = bot.tap("1", "Trà xanh")
        await bot.takes(tap, tap, tap)
        assert bot.heads("1").count("Đun nước") == 1
        assert len(await bot.rows(tables.journal, what="answered")) == 1


async def test_the_same_id_later_and_after_a_restart_happens_once(tmp_path):
    """A redelivery is known whenever it comes."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await bot.says("1", TEA)
        tap = bot.tap("1", "Trà xanh")
        await bot.takes(tap)
        await bot.taps("1", "✅ Xong rồi")
        await bot.takes(tap)
        assert bot.last("1") == "Mấy chén?"
    async with a_bot(root) as bot:
        await bot.takes(tap)
        assert bot.heads("1") == []
        assert await bot.step("1") == "tea/cups"


async def test_the_same_id_on_another_channel_is_another_thing(tmp_path):
    """Ids are unique per channel only."""
    async with a_bot(make_root(tmp_path)) as bot:
        first = bot.incoming("1", What.TEXT, external="7", text=TEA)
        await bot.takes(first)
        bot.channel.name = "paper"
        other = bot.incoming("1", What.TEXT, external="7", text="xem lại")
        await bot.app.conversation.accept(type(other)("glass", "1", "7", bot.now, What.TEXT, text=TEA))
        assert {(row["channel"], row["external"]) for row in await bot.rows(tables.inbox)} == {
            ("paper", "7"),
            ("glass", "7"),
        }


async def test_a_turn_that_raises_is_parked_and_the_others_go_on(tmp_path):
    """A fault of ours: one kind sentence, the place kept, the row says what to look for; neighbours notice nothing."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        for chat in ("1", "2", "3"):
            await bot.says(chat, TEA)
        write_words(root, "vi/tea/boil", {"text": "{{ 1 // 0 }}"})
        broken = bot.tap("2", "Trà xanh")
        await _take_over_unchecked(bot, root)
        await bot.takes(bot.tap("1", "Trà đen"), broken, bot.incoming("3", What.TEXT, text="về đầu"))
        assert bot.last("2") == "Lỗi này do máy, không phải do bạn."
        assert await bot.step("2") == "tea/kind"
        assert await bot.step("3") == ""
        parked = await bot.rows(tables.inbox, state="parked")
        assert [(row["chat"], row["reason"]) for row in parked] == [
            ("paper:1", "ZeroDivisionError"),
            ("paper:2", "ZeroDivisionError"),
        ]
        await bot.takes(broken)
        assert bot.heads("2").count("Lỗi này do máy, không phải do bạn.") == 1


async def test_even_the_kind_sentence_may_be_broken(tmp_path):
    """Nothing that is wrong in the words stops the bot: the person's place is kept and others are served."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await bot.says("1", TEA)
        await bot.says("2", TEA)
        write_words(root, "vi/tea/boil", {"text": "{{ 1 // 0 }}"})
        write_words(root, "vi/_bot/error", {"text": "{{ 1 // 0 }}"})
        await _take_over_unchecked(bot, root)
        await bot.taps("1", "Trà xanh")
        await bot.says("2", "về đầu")
        assert await bot.step("1") == "tea/kind"
        assert await bot.step("2") == ""
        assert [row["chat"] for row in await bot.rows(tables.inbox, state="parked")] == ["paper:1"]


async def test_what_cannot_be_stored_for_itself_does_not_stop_the_others(tmp_path):
    """A text that no database takes (half a character) is parked alone; the loop lives."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        await bot.taps("1", "Trà xanh")
        await bot.says("1", "xong")
        await bot.says("1", "2")
        await asyncio.wait_for(
            bot.takes(
                bot.incoming("2", What.TEXT, text=TEA),
                bot.incoming("1", What.TEXT, text="Bà \udfff Tư"),
            ),
            5,
        )
        assert await bot.step("2") == "tea/kind"
        await bot.says("1", "Bà Tư")
        assert (await bot.step("1")) == "tea/ready"


async def test_a_session_that_cannot_be_read_is_one_persons_trouble(tmp_path):
    """A row somebody damaged by hand hits its own chat only."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        await bot.says("2", TEA)
        async with bot.app.database.write() as connection:
            await connection.execute(text("UPDATE session SET state_json = '{' WHERE chat = 'paper:1'"))
        await asyncio.wait_for(bot.takes(bot.tap("1", "Trà xanh"), bot.tap("2", "Trà xanh")), 5)
        assert bot.last("2") == "Đun nước"
        assert len(await bot.rows(tables.inbox, state="parked")) == 1


async def test_a_database_that_may_not_be_written_refuses(tmp_path):
    """Read-only is a refusal as well, and nobody hears an answer that was not stored."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        tap = bot.tap("1", "Trà xanh")
        await refuse(bot.app.database)
        with pytest.raises(NotStored):
            await bot.app.conversation.accept(tap)
        assert bot.last("1") == "Chọn loại trà"
        await refuse(bot.app.database, refuses=False)
        await bot.takes(tap)
        assert bot.last("1") == "Đun nước"


async def test_after_the_end_nothing_is_taken_and_nobody_waits_for_ever(tmp_path):
    """Something that comes in after the bot has stopped is refused, so that the platform keeps it."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
    with pytest.raises(NotStored):
        await asyncio.wait_for(bot.app.conversation.accept(bot.incoming("1", What.TEXT, text="xin chào")), 2)


async def test_what_waits_at_the_end_is_still_stored_and_sent(tmp_path):
    """A stop drains: what was accepted is done and delivered."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        waiting = [
            asyncio.create_task(bot.app.conversation.accept(bot.incoming(str(n), What.TEXT, text=TEA)))
            for n in range(50)
        ]
        await asyncio.sleep(0)
    assert all(task.done() and task.exception() is None for task in waiting)
    assert [bot.last(str(n)) for n in range(50)] == ["Chọn loại trà"] * 50


async def test_erasing_leaves_nothing_of_a_chat_but_the_farewell(tmp_path):
    """After /delete no table knows the person; the farewell is sent; the next word is a first word."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _walk_to_the_end(bot, "1")
        await bot.says("1", "/start rice")
        await bot.says("1", "/delete")
        await _settled(bot)
        await bot.taps("1", _label(bot, "1", "Xóa"))
        assert bot.last("1").startswith("Đã xóa hết")
        await _settled(bot)
        for table in (tables.chat, tables.session):
            assert await bot.rows(table) == [], table.name
        assert [row["chat"] for row in await bot.rows(tables.job)] == [""]
        assert {(line["chat"], line["answer"], line["at"] % DAY) for line in await bot.rows(tables.journal)} == {
            ("", "", 0)
        }
        assert [row["what"] for row in await bot.rows(tables.inbox)] == ["tap"]
        assert [row["payload"] for row in await bot.rows(tables.outbox)] == [""]
        await bot.app.clock.sweep(bot.now + 2 * 3_600_000)
        assert await bot.rows(tables.outbox) == []
        await bot.says("1", "chào")
        assert "Chào bạn, mình là Cầm Tay, máy trả lời tự động." in bot.heads("1")[-2:]
        assert (await bot.load("1"))[1] == {}


async def test_erasing_and_beginning_anew_in_one_breath(tmp_path):
    """Words that arrive together with the last tap belong to the new beginning, and it is kept."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        await bot.says("1", "/delete")
        erase = bot.tap("1", _label(bot, "1", "Xóa"))
        await bot.takes(erase, bot.incoming("1", What.TEXT, text="/start rice"))
        assert await bot.step("1") == "rice/wash"
        assert [row["flow"] for row in await bot.rows(tables.session)] == ["rice"]
        assert [row["key"] for row in await bot.rows(tables.job, kind="wait")] == ["wait:paper:1"]
        await bot.takes(erase)
        assert await bot.step("1") == "rice/wash"


async def test_every_kind_of_incoming_thing_keeps_the_place(tmp_path):
    """Pictures, voices, edits, groups, blocks, what nobody knows: the open step stays open."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        await bot.taps("1", "Trà xanh")
        for what in (What.MEDIA, What.EDITED, What.GROUP, What.BLOCKED, What.UNBLOCKED, What.OTHER):
            await bot.takes(bot.incoming("1", what, text="gì đó", detail="sticker"))
            assert await bot.step("1") == "tea/boil", what
        assert await bot.rows(tables.inbox, state="parked") == []


async def test_a_button_of_a_lost_database_is_no_dead_end(tmp_path):
    """A tap nobody remembers shows where the person is."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        await bot.takes(bot.incoming("1", What.TAP, tap="unknown-button-0", message="1"))
        assert bot.heads("1")[-1] == "Chọn loại trà"
        await bot.takes(bot.incoming("2", What.TAP, tap="unknown-button-0", message="1"))
        assert bot.channel.buttons("2")


async def test_a_start_writes_every_button_that_is_missing(tmp_path):
    """Also where the first button of the guide is known and others are not."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        before = {row["id"] for row in await bot.rows(tables.button)}
        async with bot.app.database.write() as connection:
            await connection.execute(text("DELETE FROM button WHERE answer = 'done'"))
        assert {row["id"] for row in await bot.rows(tables.button)} < before
    async with a_bot(root) as bot:
        assert {row["id"] for row in await bot.rows(tables.button)} == before


async def test_only_messages_with_buttons_are_remembered_as_asked(tmp_path):
    """A typed answer turns the keyboard of the question into a record, not that of a remark after it."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        await bot.says("1", "trà xanh")
        await _settled(bot)
        await bot.says("1", "xong")
        await _settled(bot)
        question = next(
            index
            for index, (_, each) in enumerate(bot.channel.sent, 1)
            if isinstance(each, Message) and each.head == "Đun nước"
        )
        assert bot.keyboards("1")[-1].message == str(question)


def _label(bot, chat, word):
    return next(button.label for button in bot.channel.buttons(chat) if word.lower() in button.label.lower())


async def _walk_to_the_end(bot, chat):
    await bot.says(chat, TEA)
    await bot.taps(chat, "Trà xanh")
    await bot.taps(chat, "✅ Xong rồi")
    await bot.says(chat, "3")
    await bot.says(chat, "Bà Tư")
    assert bot.last(chat) == "Xong 3 chén mời Bà Tư"


async def _settled(bot):
    """Until every outcome of sending is written down."""
    for _ in range(500):
        if not await bot.rows(tables.outbox, state="waiting"):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("outcomes are not written down")


async def _take_over_unchecked(bot, root):
    """Put words into service that the checker would refuse: a fault that nobody foresaw."""
    from bot.service.house import load_house

    house, _ = load_house(root, bot.app.config.words)
    await bot.app.conversation.move_in(house)
