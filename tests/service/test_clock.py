"""What is due: once, after restarts too, never at night, never to somebody who has gone on or gone away."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import datetime, time

from sqlalchemy import text

from bot.channel.base import Incoming, What
from bot.engine.event import VIETNAM
from bot.store import jobs, tables
from tests.kit.shell import MORNING, a_bot, make_root, write_words

HOUR = 3600
NIGHT = ((time(20, 30), time(7, 30)),)
TEA = "/start tea"


async def test_a_silence_leads_on_once(tmp_path):
    """Nobody answered for two hours: the guide goes on by itself, one time."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        await bot.taps("1", "Trà xanh")
        assert await bot.look(2 * HOUR - 60) == 0
        assert await bot.look(60) == 1
        assert bot.last("1") == "Nước nguội rồi"
        assert await bot.step("1") == "tea/cold"
        assert await bot.look(30 * 24 * HOUR) == 0
        assert bot.heads("1").count("Nước nguội rồi") == 1


async def test_two_reminders_and_no_more(tmp_path):
    """A day after the last word a reminder, a day later another; then the person is left in peace."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        due = [await bot.look(24 * HOUR) for _ in range(5)]
        assert due == [1, 1, 0, 0, 0]
        assert bot.heads("1").count("Bạn còn một việc đang làm dở.") == 2
        assert await bot.step("1") == "tea/kind"


async def test_no_reminders_means_none(tmp_path):
    """The button under the reminder is obeyed."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        await bot.look(24 * HOUR)
        label = bot.channel.buttons("1")[1].label
        await bot.taps("1", label)
        assert [await bot.look(24 * HOUR) for _ in range(3)] == [0, 0, 0]


async def test_what_is_due_survives_a_restart_and_a_kill(tmp_path):
    """Jobs are rows: the next run finds them, also long overdue."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await bot.says("1", TEA)
        await bot.taps("1", "Trà xanh")
    async with a_bot(root, now=MORNING + 50 * HOUR * 1000) as bot:
        assert await bot.look() == 1
        assert await bot.step("1") == "tea/cold"
    async with a_bot(root, now=MORNING + 90 * HOUR * 1000) as bot:
        assert await bot.look() == 0


async def test_a_job_that_fires_twice_counts_once(tmp_path):
    """Two looks at the same moment, as after a crash between the wake and its mark."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        bot.later(24 * HOUR)
        await asyncio.gather(bot.app.clock.look(bot.now), bot.app.clock.look(bot.now))
        await bot.quiet()
        assert bot.heads("1").count("Bạn còn một việc đang làm dở.") == 1
        assert len(await bot.rows(tables.job)) == 1


async def test_somebody_who_answers_in_the_very_moment_keeps_the_next_reminder(tmp_path):
    """The due job of the old step neither happens nor takes away the one of the new step."""
    async with a_bot(make_root(tmp_path)) as bot:
        for chat in ("1", "2"):
            await bot.says(chat, TEA)
            await bot.taps(chat, "Trà xanh")
        bot.later(2 * HOUR + 1)
        async with bot.app.database.read() as connection:
            due = await jobs.due(connection, bot.now)
        fired = {
            job.chat: Incoming("paper", job.chat[-1], job.name, bot.now, What.TIME, text="tea", detail="boil")
            for job in due
        }
        assert len(fired) == 2
        await bot.takes(bot.tap("1", "✅ Xong rồi"), fired["paper:1"])  # in one batch
        await bot.taps("2", "✅ Xong rồi")
        await bot.takes(fired["paper:2"])  # a moment later
        for chat in ("1", "2"):
            assert bot.last(chat) == "Mấy chén?"
            (job,) = await bot.rows(tables.job, chat=f"paper:{chat}")
            assert '"cups"' in job["payload_json"]
        await bot.look(24 * HOUR)
        for chat in ("1", "2"):
            assert bot.last(chat) == "Bạn còn một việc đang làm dở."


async def test_reminders_come_in_waking_hours(tmp_path):
    """What would be due at night is due in the morning."""
    async with a_bot(make_root(tmp_path), quiet=NIGHT) as bot:
        bot.later(12 * HOUR)  # nine in the evening
        await bot.says("1", TEA)
        (job,) = await bot.rows(tables.job)
        due = datetime.fromtimestamp(job["due_at"] / 1000, VIETNAM)
        assert (due.hour, due.minute) == (7, 30)
        assert due.day == 9


async def test_a_look_in_the_night_puts_off_what_was_missed(tmp_path):
    """The bot was off all day and comes back at night: nobody is woken."""
    root = make_root(tmp_path)
    async with a_bot(root, quiet=NIGHT) as bot:
        await bot.says("1", TEA)
    async with a_bot(root, quiet=NIGHT, now=MORNING + 38 * HOUR * 1000) as bot:  # eleven at night
        assert await bot.look() == 0
        assert bot.heads("1") == []
        assert await bot.look(8 * HOUR) == 0
        assert await bot.look(0.5 * HOUR) == 1
        assert bot.last("1") == "Bạn còn một việc đang làm dở."


async def test_a_job_that_fails_is_set_aside_and_the_others_go_on(tmp_path):
    """One person's fault of ours does not keep the clock from the others, nor is it tried every second."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await bot.says("1", TEA)
        await bot.taps("1", "Trà xanh")
        await bot.says("2", "/start rice")
        write_words(root, "vi/tea/cold", {"text": "{{ 1 // 0 }}"})
        from bot.service.house import load_house

        await bot.app.conversation.move_in(load_house(root, {})[0])
        assert await bot.look(25 * HOUR) == 2
        assert bot.last("2") == "Bạn còn một việc đang làm dở."
        (parked,) = await bot.rows(tables.job, state="parked")
        assert (parked["key"], parked["reason"]) == ("wait:paper:1", "ZeroDivisionError")
        assert await bot.look(1) == 0
        assert await bot.step("1") == "tea/boil"
        write_words(root, "vi/tea/cold", {"text": "Nguội"})
        await bot.app.conversation.move_in(load_house(root, {})[0])
        await bot.says("1", "xem lại")  # the person comes back: waiting begins anew
        assert await bot.look(3 * HOUR) == 1
        assert bot.last("1") == "Nguội"


async def test_an_erased_person_is_not_reminded(tmp_path):
    """A job without a chat is dropped."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        async with bot.app.database.write() as connection:
            await connection.execute(text("DELETE FROM chat"))
        assert await bot.look(24 * HOUR) == 1
        assert await bot.rows(tables.job) == []
        assert len(bot.heads("1")) == 2


async def test_somebody_who_blocked_the_bot_is_not_reminded(tmp_path):
    """A block forgets the waiting."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        await bot.takes(bot.incoming("1", What.BLOCKED))
        assert await bot.look(48 * HOUR) == 0


async def test_a_database_that_refuses_only_delays(tmp_path):
    """The job waits as a row until it can be written that it happened."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        async with bot.app.database.write() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
        await driver.execute("PRAGMA query_only = ON")
        assert await bot.look(24 * HOUR) == 1
        assert len(bot.heads("1")) == 2
        await driver.execute("PRAGMA query_only = OFF")
        assert await bot.look(1) == 1
        assert bot.last("1") == "Bạn còn một việc đang làm dở."


async def test_the_clock_outlives_a_damaged_row(tmp_path, caplog):
    """The loop says that it could not look, and looks again."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        async with bot.app.database.write() as connection:
            job = jobs.Job("wait:paper:9", "paper:9", 1, {"flow": "tea", "step": "kind"})
            await jobs.add(connection, [job])
            await connection.execute(text("UPDATE job SET payload_json = '{'"))
        for _ in range(200):
            if "clock could not look" in caplog.text:
                break
            await asyncio.sleep(0.02)
        assert "clock could not look" in caplog.text
        async with bot.app.database.write() as connection:
            await connection.execute(text('UPDATE job SET payload_json = \'{"flow": "tea", "step": "kind"}\''))
        for _ in range(200):
            if not await bot.rows(tables.job):
                break
            await asyncio.sleep(0.02)
        assert await bot.rows(tables.job) == []


async def test_sweeping_drops_what_is_old_and_keeps_what_counts(tmp_path):
    """Ids of old arrivals and sent messages go; sessions, journal, buttons and waiting rows stay."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await bot.says("1", TEA)
        await asyncio.sleep(0.1)
        day = 86_400_000
        await bot.app.clock.sweep(bot.now + 2 * day)
        assert len(await bot.rows(tables.inbox)) == 1
        await bot.app.clock.sweep(bot.now + 4 * day)
        assert await bot.rows(tables.inbox) == []
        assert len(await bot.rows(tables.outbox)) == 2
        await bot.app.clock.sweep(bot.now + 31 * day)
        assert await bot.rows(tables.outbox) == []
        for table in (tables.chat, tables.session, tables.journal, tables.job, tables.button):
            assert await bot.rows(table), table.name
    with sqlite3.connect(root / "data" / "bot.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
