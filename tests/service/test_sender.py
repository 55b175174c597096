"""Outbox rows to channels: order, pace, every class of failure, restarts."""

from __future__ import annotations

import asyncio
import dataclasses
import time

import pytest
from sqlalchemy import text

from bot.channel.base import Button, Deletion, Fault, Keyboard, Message, SendFailed, What
from bot.log import Logfmt
from bot.service.pace import Pace
from bot.service.sender import Patience
from bot.store import outbox, tables
from bot.store.outbox import Ids, OutboxRow
from tests.kit.shell import OPEN, Recorder, a_bot, make_root, refuse

pytestmark = pytest.mark.usefixtures("both_databases")

IDS = Ids()
QUICK = Patience(first=0.01, longest=0.02, attempts=4)


async def _put(bot, *rows):
    """Store rows and hand them to the sender, as a turn does."""
    async with bot.app.database.write() as connection:
        await outbox.add(connection, rows, bot.now)
    bot.app.sender.put(rows)


def _rows(chat, *words):
    return [OutboxRow(IDS.next(), "paper", chat, Message(word)) for word in words]


async def _states(bot):
    """Every row's (state, reason), once all are written down."""
    for _ in range(300):
        rows = await bot.rows(tables.outbox)
        if all(row["state"] != "waiting" for row in rows):
            return [(row["state"], row["reason"]) for row in rows]
        await asyncio.sleep(0.01)
    raise AssertionError("rows still wait")


async def test_order_holds_within_a_chat_and_chats_do_not_wait_for_each_other(tmp_path):
    """One chat's failure delays its own messages only, and their order stays."""
    async with a_bot(make_root(tmp_path)) as bot:
        bot.app.sender.patience = Patience(first=0.2, longest=0.2, attempts=5)
        bot.channel.faults.append(SendFailed(Fault.PASSING, "no network"))
        await _put(bot, *_rows("1", "a", "b", "c"), *_rows("2", "x", "y"))
        assert await _states(bot) == [("sent", "")] * 5
        assert [head for _, head in [(c, m.head) for c, m in bot.channel.sent]][:2] == ["x", "y"]
        assert bot.heads("1") == ["a", "b", "c"]


async def test_the_pace_of_a_chat_is_a_burst_and_then_a_steady_rate(tmp_path):
    """Two at once, then none sooner than 50 ms after the one before; another chat is not slowed down."""
    channel = Recorder(capabilities=dataclasses.replace(OPEN, chat_rate=20, chat_burst=2))
    async with a_bot(make_root(tmp_path), channel) as bot:
        begun = asyncio.get_running_loop().time()
        await _put(bot, *_rows("1", "a", "b", "c", "d", "e"), *_rows("2", "x"))
        await _states(bot)
        times = [at - begun for at, (chat, _) in zip(channel.times, channel.sent, strict=True) if chat == "1"]
        assert all(at >= 0.05 * number for number, at in enumerate(times[2:], 1))
        assert channel.sent.index(("2", Message("x"))) < 3


def _is_at_once(waiting):
    """Whether it returns without any wait."""
    try:
        waiting.send(None)
    except StopIteration:
        return True
    waiting.close()
    return False


async def test_a_burst_of_a_chat_goes_at_once_and_what_comes_after_it_waits():
    """So do all others; changes of what was sent do not count."""
    pace = Pace(dataclasses.replace(OPEN, chat_rate=0.01, chat_burst=2))
    assert [_is_at_once(pace.wait("1")) for _ in range(4)] == [True, True, False, False]
    assert [_is_at_once(pace.wait("2")) for _ in range(3)] == [True, True, False]
    assert _is_at_once(pace.wait("1", counts=False))
    pace.hold(60)
    assert not _is_at_once(pace.wait("3"))


async def test_a_pace_is_forgotten_when_it_is_over():
    """The memory of chats stays small."""
    pace = Pace(dataclasses.replace(OPEN, chat_rate=1e6, chat_burst=1))
    for number in range(25_000):
        await pace.wait(str(number))
    assert len(pace._chats) <= 10_002


async def test_retry_after_holds_every_chat(tmp_path):
    """Too fast, says the platform: everybody waits as long as it says, then all arrive, nothing counts as a failure."""
    async with a_bot(make_root(tmp_path)) as bot:
        bot.app.sender.patience = dataclasses.replace(QUICK, attempts=1)
        bot.channel.faults += [SendFailed(Fault.WAIT, "flood", retry_after=0.2)] * 3
        begun = asyncio.get_running_loop().time()
        await _put(bot, *_rows("1", "a"))
        await asyncio.sleep(0.02)
        await _put(bot, *_rows("2", "x"))
        assert await _states(bot) == [("sent", "")] * 2
        assert min(bot.channel.times) - begun >= 0.4


async def test_a_moved_chat_is_written_to_at_its_new_place(tmp_path):
    """The platform names the new id; the message goes there."""
    async with a_bot(make_root(tmp_path)) as bot:
        bot.channel.faults.append(SendFailed(Fault.MOVED, "upgraded", moved_to="-1007"))
        await _put(bot, *_rows("7", "a", "b"))
        assert await _states(bot) == [("sent", "")] * 2
        assert [chat for chat, _ in bot.channel.sent] == ["-1007", "7"]


async def test_a_chat_that_is_gone_is_marked_and_a_new_word_revives_it(tmp_path):
    """Blocked: no more reminders go there until the person writes again."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start tea")
        await _states(bot)
        bot.channel.faults += [SendFailed(Fault.GONE, "blocked by the user")] * 2
        await bot.takes(bot.tap("1", "Trà xanh"))
        assert ("failed", "gone") in await _states(bot)
        chat, _ = await bot.load("1")
        assert chat is not None
        assert not chat.reachable
        tried = bot.channel.tried
        assert await bot.look(3 * 3600) == 1
        assert bot.channel.tried == tried
        await bot.says("1", "xem lại")
        chat, _ = await bot.load("1")
        assert chat is not None
        assert chat.reachable
        assert bot.last("1") == "Đun nước"


async def test_what_may_have_arrived_is_never_sent_again(tmp_path):
    """Unknown is written down and stays so, also over a restart."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        bot.channel.faults.append(SendFailed(Fault.UNKNOWN, "no answer"))
        await _put(bot, *_rows("1", "a", "b"))
        assert await _states(bot) == [("unknown", "unknown"), ("sent", "")]
        assert bot.channel.tried == 2
    async with a_bot(root) as bot:
        await asyncio.sleep(0.05)
        assert bot.channel.tried == 0


async def test_a_passing_failure_is_tried_again_with_growing_pauses_and_at_last_given_up(tmp_path):
    """Not for ever: the rest of the chat goes on after that."""
    async with a_bot(make_root(tmp_path)) as bot:
        bot.app.sender.patience = Patience(first=0.02, longest=0.04, attempts=4)
        bot.channel.faults += [SendFailed(Fault.PASSING, "502 without JSON")] * 4
        begun = asyncio.get_running_loop().time()
        await _put(bot, *_rows("1", "a", "b"))
        assert await _states(bot) == [("failed", "502 without JSON"), ("sent", "")]
        assert bot.channel.times[0] - begun >= 0.02 + 0.04 + 0.04
        assert [row["attempts"] for row in await bot.rows(tables.outbox)] == [4, 1]


def test_patience_doubles_up_to_its_longest_pause_however_often():
    """Thousands of tries do not overflow; as configured, half an hour is tried."""
    patience = Patience()
    assert [patience.pause(n) for n in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert patience.pause(100_000) == 30
    assert 1500 < sum(patience.pause(n) for n in range(patience.attempts - 1)) < 2400


async def test_a_refused_token_is_waited_for(tmp_path):
    """An operator has to act: nothing is given up meanwhile."""
    async with a_bot(make_root(tmp_path)) as bot:
        bot.app.sender.patience = QUICK
        bot.channel.faults += [SendFailed(Fault.SETUP, "token refused")] * 12
        await _put(bot, *_rows("1", "a"))
        assert await _states(bot) == [("sent", "")]


async def test_a_refusal_and_a_fault_of_ours_are_written_down_and_the_chat_goes_on(tmp_path):
    """What the platform never takes is failed at once."""
    async with a_bot(make_root(tmp_path)) as bot:
        bot.channel.faults += [SendFailed(Fault.REFUSED, "too long"), ValueError("secret words")]  # type: ignore[list-item]
        await _put(bot, *_rows("1", "a", "b", "c"))
        assert await _states(bot) == [("failed", "too long"), ("failed", "fault of ours"), ("sent", "")]


async def test_records_find_the_message_they_change_at_once_and_after_a_restart(tmp_path):
    """The form "#<row>" is replaced by the platform's id of that row, even while its receipt is being written down."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        (first,) = _rows("1", "a")
        second = OutboxRow(IDS.next(), "paper", "1", Message("b", buttons=(Button("x", "Xong"),)))
        record = OutboxRow(IDS.next(), "paper", "1", Keyboard(f"#{second.id}", ()))
        await _put(bot, first, second, record)
        assert await _states(bot) == [("sent", "")] * 3
        assert bot.channel.sent[-1] == ("1", Keyboard("2", ()))
    async with a_bot(root) as bot:
        later = OutboxRow(IDS.next(), "paper", "1", Keyboard(f"#{second.id}", ()))
        lost = OutboxRow(IDS.next(), "paper", "1", Deletion("#12345"))
        await _put(bot, later, lost)
        assert await _states(bot) == [*[("sent", "")] * 4, ("failed", "no message to change")]
        assert bot.channel.sent == [("1", Keyboard("2", ()))]


async def test_a_record_waits_while_the_database_cannot_say_which_message_it_changes(tmp_path):
    """A database that fails for a moment is no reason to give a message up."""
    root = make_root(tmp_path)
    first = OutboxRow(IDS.next(), "paper", "1", Message("a", buttons=(Button("x", "Xong"),)))
    async with a_bot(root) as bot:
        await _put(bot, first)
        assert await _states(bot) == [("sent", "")]
    async with a_bot(root) as bot:
        bot.app.sender.patience = Patience(first=0.02, longest=0.05, attempts=100)
        record = OutboxRow(IDS.next(), "paper", "1", Keyboard(f"#{first.id}", ()))
        async with bot.app.database.write() as connection:
            await outbox.add(connection, [record], bot.now)
            await connection.execute(text("ALTER TABLE outbox RENAME TO away"))
        bot.app.sender.put([record])
        await asyncio.sleep(0.1)
        assert bot.channel.sent == []
        async with bot.app.database.write() as connection:
            await connection.execute(text("ALTER TABLE away RENAME TO outbox"))
        assert await _states(bot) == [("sent", "")] * 2
        assert bot.channel.sent == [("1", Keyboard("1", ()))]


async def test_what_an_earlier_run_left_is_sent_first_and_in_order(tmp_path):
    """Rows without a mark are sent at the start, however many, before anything new."""
    root = make_root(tmp_path)
    channel = Recorder()
    async with a_bot(root, channel, drain_seconds=0) as bot:
        channel.open.clear()
        await _put(bot, *_rows("1", "a", "b", "c"), *_rows("2", "x", "y"))
        many = [row for n in range(2_500) for row in _rows(str(100 + n % 50), str(n), "end")]
        async with bot.app.database.write() as connection:
            await outbox.add(connection, many, bot.now)
        await asyncio.sleep(0.02)
    assert channel.sent == []
    async with a_bot(root) as bot:
        await bot.says("1", "/start tea")
        assert bot.heads("1")[:3] == ["a", "b", "c"]
        assert bot.heads("2") == ["x", "y"]
        assert bot.heads("149")[:2] == ["49", "end"]
        assert sum(len(bot.heads(str(100 + n))) for n in range(50)) == 5_000
        assert set(await _states(bot)) == {("sent", "")}


async def test_rows_of_a_channel_that_is_not_served_wait_for_it(tmp_path):
    """Without its token a channel is left alone; with it, its messages go out."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await _put(bot, OutboxRow(IDS.next(), "glass", "1", Message("a")))
        await asyncio.sleep(0.05)
        assert [row["state"] for row in await bot.rows(tables.outbox)] == ["waiting"]
    async with a_bot(root, Recorder("glass")) as bot:
        assert await _states(bot) == [("sent", "")]


async def test_draining_ends_in_time_and_keeps_what_could_not_be_sent(tmp_path):
    """A channel that hangs does not hold up the stop."""
    root = make_root(tmp_path)
    begun = time.monotonic()
    async with a_bot(root, drain_seconds=0) as bot:
        await bot.says("1", "/start tea")
        bot.channel.open.clear()
        await bot.takes(bot.tap("1", "Trà xanh"))
    assert time.monotonic() - begun < 5
    async with a_bot(root) as bot:
        assert await bot.step("1") == "tea/boil"
        assert bot.last("1") == "Đun nước"


@pytest.mark.parametrize("keeps", [False, True])
async def test_words_are_dropped_once_sent_unless_the_channel_shows_them_from_here(tmp_path, keeps):
    """The payload of a sent row is empty; where the page is rendered from it, it is kept."""
    channel = Recorder(capabilities=dataclasses.replace(OPEN, keeps=keeps))
    async with a_bot(make_root(tmp_path), channel) as bot:
        await _put(bot, *_rows("1", "a"))
        await _states(bot)
        (row,) = await bot.rows(tables.outbox)
        assert bool(row["payload"]) is keeps


async def test_outcomes_that_cannot_be_written_are_written_later(tmp_path):
    """The database refuses for a moment: no mark is lost and nothing is sent twice."""
    async with a_bot(make_root(tmp_path)) as bot:
        rows = _rows("1", "a", "b")
        async with bot.app.database.write() as connection:
            await outbox.add(connection, rows, bot.now)
        await refuse(bot.app.database)
        bot.app.sender.put(rows)
        await bot.quiet()
        await asyncio.sleep(0.1)
        await refuse(bot.app.database, refuses=False)
        assert await _states(bot) == [("sent", "")] * 2
        assert bot.heads("1") == ["a", "b"]
        assert not bot.app.sender._outcomes


async def test_a_person_who_answers_faster_than_receipts_are_written_keeps_their_records(tmp_path):
    """Typed answers in quick succession: each question's keyboard becomes a record."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start tea")
        for words in ("trà xanh", "xong", "3", "Bà Tư"):
            await bot.takes(bot.incoming("1", What.TEXT, text=words))
        assert len(bot.keyboards("1")) == 4


async def test_a_row_that_was_not_sent_can_be_found_by_its_id_in_the_log(tmp_path, caplog):
    """The id stands in the line: it is not taken for somebody's number."""
    async with a_bot(make_root(tmp_path)) as bot:
        bot.channel.faults.append(SendFailed(Fault.REFUSED, "no"))
        row, *_ = _rows("1", "x")
        await _put(bot, row)
        assert (await _states(bot))[0][0] == "failed"
    lines = [Logfmt().format(record) for record in caplog.records if record.getMessage() == "not sent"]
    assert len(lines) == 1
    assert f" row=r{row.id} " in lines[0]
