"""What is due: once, after restarts too, never at night, never to somebody who has gone on or gone away."""

from __future__ import annotations

import asyncio
import itertools
import time as time_module
from dataclasses import replace
from datetime import datetime, time

import orjson
import pytest
from sqlalchemy import text

from bot.channel.base import Incoming, What
from bot.engine.event import VIETNAM
from bot.service.house import load_house
from bot.store import jobs, tables
from tests.kit.shell import MORNING, OPEN, Recorder, a_bot, make_root, refuse, write_words

pytestmark = pytest.mark.usefixtures("both_databases")

HOUR = 3600
NIGHT = ((time(20, 30), time(7, 30)),)
TEA = "/start tea"
REMINDER = "Bạn còn một việc đang làm dở."
DAY = 24 * HOUR * 1000
"""In milliseconds."""


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
        assert bot.heads("1").count(REMINDER) == 2
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
        assert bot.heads("1").count(REMINDER) == 1
        assert len(await bot.rows(tables.job, kind="wait")) == 1


async def test_somebody_who_answers_in_the_very_moment_keeps_the_next_reminder(tmp_path):
    """The due job of the old step neither happens nor takes away the one of the new step."""
    async with a_bot(make_root(tmp_path)) as bot:
        for chat in ("1", "2"):
            await bot.says(chat, TEA)
            await bot.taps(chat, "Trà xanh")
        bot.later(2 * HOUR + 1)
        async with bot.app.database.read() as connection:
            due = await jobs.due(connection, bot.now, "paper")
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
            assert bot.last(chat) == REMINDER


async def test_reminders_come_in_waking_hours(tmp_path):
    """What would be due at night is due in the morning."""
    async with a_bot(make_root(tmp_path), quiet=NIGHT) as bot:
        bot.later(12 * HOUR)  # nine in the evening
        await bot.says("1", TEA)
        (job,) = await bot.rows(tables.job, kind="wait")
        due = datetime.fromtimestamp(job["due_at"] / 1000, VIETNAM)
        assert (due.hour, due.minute) == (7, 30)
        assert due.day == 9


async def test_a_look_in_the_night_leaves_what_was_missed_to_the_morning(tmp_path):
    """The bot was off all day and comes back at night: nobody is woken, and nothing is written."""
    root = make_root(tmp_path)
    async with a_bot(root, quiet=NIGHT) as bot:
        await bot.says("1", TEA)
    async with a_bot(root, quiet=NIGHT, now=MORNING + 38 * HOUR * 1000) as bot:  # eleven at night
        before = await bot.rows(tables.job)
        assert await bot.look() == 0
        assert bot.heads("1") == []
        assert await bot.rows(tables.job) == before
        assert await bot.look(8 * HOUR) == 0
        assert await bot.look(0.5 * HOUR) == 1
        assert bot.last("1") == REMINDER


async def test_a_job_that_fails_is_set_aside_and_the_others_go_on(tmp_path):
    """One person's fault of ours does not keep the clock from the others, nor is it tried every second."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await bot.says("1", TEA)
        await bot.taps("1", "Trà xanh")
        await bot.says("2", "/start rice")
        write_words(root, "vi/tea/cold", {"text": "{{ 1 // 0 }}"})
        await bot.app.conversation.move_in(load_house(root, {})[0])
        assert await bot.look(25 * HOUR) == 2
        assert bot.last("2") == REMINDER
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
        assert await bot.rows(tables.job, kind="wait") == []
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
        await refuse(bot.app.database)
        assert await bot.look(24 * HOUR) == 1
        assert len(bot.heads("1")) == 2
        await refuse(bot.app.database, refuses=False)
        assert await bot.look(1) == 1
        assert bot.last("1") == REMINDER


@pytest.mark.parametrize("payload", ["{", "[]", "{}"])
async def test_a_damaged_row_is_parked_and_the_others_go_on(tmp_path, payload):
    """It can never be done: somebody has to look, and nobody else waits for that."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        await bot.says("2", TEA)
        async with bot.app.database.write() as connection:
            damage = text("UPDATE job SET payload_json = :payload WHERE chat = 'paper:1'")
            await connection.execute(damage, {"payload": payload})
        assert await bot.look(24 * HOUR) == 2
        assert bot.last("2") == REMINDER
        (parked,) = await bot.rows(tables.job, state="parked")
        assert parked["key"] == "wait:paper:1"
        assert parked["reason"].endswith("Error")
        assert await bot.look(1) == 0


async def test_the_clock_outlives_a_look_that_fails(tmp_path, caplog):
    """The table is away for a moment: said, and looked again."""
    async with a_bot(make_root(tmp_path)) as bot:
        async with bot.app.database.write() as connection:
            await connection.execute(text("ALTER TABLE job RENAME TO away"))
        await _until(lambda: "clock could not look" in caplog.text)
        async with bot.app.database.write() as connection:
            await connection.execute(text("ALTER TABLE away RENAME TO job"))
        await bot.says("1", TEA)
        assert await bot.look(24 * HOUR) == 1


async def _until(is_so):
    """Wait for what the running clock does by itself."""
    for _ in range(250):
        found = is_so()
        if await found if asyncio.iscoroutine(found) else found:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it does not come")


# --- kinds, tries, what is parked


async def test_a_kind_decides_who_carries_a_job_out(tmp_path):
    """One that is known is done; one that only a newer bot knows is left to that bot."""
    done = []

    async def carry(job, now):
        done.append((job.key, job.payload, now))
        async with bot.app.database.write() as connection:
            await jobs.cancel(connection, [job.key])

    async with a_bot(make_root(tmp_path)) as bot:
        bot.app.clock.carriers["digest"] = carry
        known, unknown, own = (
            jobs.Job("digest:1", "paper:1", bot.now, {"of": "today"}, "digest"),
            jobs.Job("riddle:1", "paper:1", bot.now, {}, "riddle"),
            jobs.Job("digest", "", bot.now, {}, "digest"),
        )
        async with bot.app.database.write() as connection:
            await jobs.add(connection, [known, unknown, own])
        assert await bot.look() == 1
        assert done == [("digest:1", {"of": "today"}, bot.now)]
        await bot.app.clock.chores(bot.now)
        assert done[1:] == [("digest", {}, bot.now)]
        assert [row["kind"] for row in await bot.rows(tables.job, chat="paper:1")] == ["riddle"]


async def test_what_fails_is_tried_again_later_and_later_and_parked_at_last(tmp_path):
    """A fault that may pass: ten seconds, twenty, up to an hour; twelve tries in about three hours."""
    tries = []

    async def carry(job, now):
        tries.append(now)
        raise ConnectionError

    async with a_bot(make_root(tmp_path)) as bot:
        bot.app.clock.carriers["export"] = carry
        async with bot.app.database.write() as connection:
            await jobs.add(connection, [jobs.Job("export:1", "paper:1", bot.now, {}, "export")])
        while await bot.rows(tables.job, kind="export", state="waiting"):
            (row,) = await bot.rows(tables.job, kind="export")
            assert row["attempts"] == len(tries)
            bot.now = row["due_at"]
            assert await bot.app.clock.look(bot.now - 1) == 0
            assert await bot.look() == 1
        pauses = [(after - before) // 1000 for before, after in itertools.pairwise(tries)]
        assert pauses == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
        (parked,) = await bot.rows(tables.job, kind="export")
        assert (parked["state"], parked["reason"], parked["attempts"]) == ("parked", "ConnectionError", 12)


async def test_a_step_that_cannot_be_stored_is_tried_again_later(tmp_path):
    """The database takes everything but this one reminder: it does not come up every second."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        async with bot.app.database.write() as connection:
            await _refuse_reminders(connection)
        assert await bot.look(24 * HOUR) == 1
        (job,) = await bot.rows(tables.job, kind="wait")
        assert (job["state"], job["attempts"], job["reason"]) == ("waiting", 1, "NotStored")
        assert await bot.look(9) == 0
        async with bot.app.database.write() as connection:
            await _refuse_reminders(connection, refuses=False)
        assert await bot.look(1) == 1
        assert bot.last("1") == REMINDER


async def _refuse_reminders(connection, *, refuses=True):
    """Let the journal refuse the line of a reminder."""
    if connection.dialect.name == "sqlite":
        no = (
            "CREATE TRIGGER no BEFORE INSERT ON journal WHEN NEW.what = 'reminded' BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        yes = "DROP TRIGGER no"
    else:
        no, yes = (
            "ALTER TABLE journal ADD CONSTRAINT no CHECK (what <> 'reminded')",
            "ALTER TABLE journal DROP CONSTRAINT no",
        )
    await connection.execute(text(no if refuses else yes))


async def test_a_parked_job_that_is_retried_is_done(tmp_path):
    """Also one that was fired before: it has another name then."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await bot.says("1", TEA)
        await bot.taps("1", "Trà xanh")
        write_words(root, "vi/tea/cold", {"text": "{{ 1 // 0 }}"})
        await bot.app.conversation.move_in(load_house(root, {})[0])
        assert await bot.look(3 * HOUR) == 1
        assert len(await bot.rows(tables.job, state="parked")) == 1
        write_words(root, "vi/tea/cold", {"text": "Nguội"})
        await bot.app.conversation.move_in(load_house(root, {})[0])
        async with bot.app.database.write() as connection:
            assert await jobs.retry(connection, "", bot.now) == 1
        assert await bot.look() == 1
        assert bot.last("1") == "Nguội"
        assert await bot.rows(tables.job, kind="wait") == []


# --- many at once


async def test_a_morning_with_many_reminders_leaves_room_for_replies(tmp_path):
    """At most half of what the channel allows goes out in a second, the longest due first; nobody is left out."""
    async with a_bot(make_root(tmp_path), Recorder(capabilities=replace(OPEN, rate=8.0))) as bot:
        for number in range(10):
            await bot.says(f"{number}", TEA)
        assert [await bot.look(wait) for wait in (25 * HOUR, 1, 1, 1)] == [4, 4, 2, 0]
        assert [bot.heads(f"{number}").count(REMINDER) for number in range(10)] == [1] * 10


async def test_nothing_is_added_to_what_the_channel_does_not_take(tmp_path):
    """The platform is away: reminders stay due, so that replies go first when it is back."""
    async with a_bot(make_root(tmp_path), Recorder(capabilities=replace(OPEN, rate=8.0))) as bot:
        for number in range(6):
            await bot.says(f"{number}", TEA)
        bot.channel.open.clear()
        assert [await bot.look(wait) for wait in (25 * HOUR, 1, 1)] == [4, 0, 0]
        bot.channel.open.set()
        await bot.quiet()
        assert await bot.look(1) == 2


async def test_a_crowd_on_one_channel_keeps_nobody_waiting_on_another(tmp_path):
    """Each channel has its own pace; a channel that is not in service keeps its jobs."""
    other = Recorder("phone")
    async with a_bot(make_root(tmp_path), Recorder(capabilities=replace(OPEN, rate=2.0)), others=[other]) as bot:
        for number in range(5):
            await bot.says(f"{number}", TEA)
        await bot.app.conversation.accept(Incoming("phone", "1", "x1", bot.now, What.TEXT, text=TEA))
        await bot.app.conversation.accept(Incoming("gone", "1", "x2", bot.now, What.TEXT, text=TEA))
        assert await bot.look(25 * HOUR) == 2
        assert other.heads("1")[-1] == REMINDER
        assert len(await bot.rows(tables.job, chat="gone:1")) == 1


# --- the clock is set, the server stands elsewhere


async def test_a_clock_set_forward_and_back_fires_nothing_twice_and_loses_nothing(tmp_path):
    """An hour either way: what was done is done, what was not comes when it is due by the clock as it is then."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        await bot.taps("1", "Trà xanh")
        await bot.says("2", TEA)
        assert await bot.look(HOUR + 60) == 0
        assert await bot.look(HOUR) == 1  # an hour too early
        assert bot.last("1") == "Nước nguội rồi"
        assert await bot.look(-HOUR) == 0
        assert await bot.look(HOUR) == 0
        await bot.says("1", "/start rice")
        assert await bot.look(23 * HOUR) == 1
        assert await bot.look(-HOUR) == 0
        assert await bot.look(2 * HOUR) == 1
        assert bot.heads("1").count("Nước nguội rồi") == 1
        assert [bot.heads(chat).count(REMINDER) for chat in "12"] == [1, 1]


async def test_a_morning_that_comes_twice_reminds_of_both(tmp_path):
    """Set back over the end of the night, the next reminder is due at the very same moment as the one before."""
    async with a_bot(make_root(tmp_path), quiet=NIGHT, reminder_after=60) as bot:
        bot.later(-2 * HOUR)  # seven in the morning: still night
        await bot.says("1", TEA)
        due = [row["due_at"] for row in await bot.rows(tables.job, kind="wait")]
        assert await bot.look(0.5 * HOUR + 1) == 1
        bot.later(-HOUR)
        await bot.says("1", "xem lại")
        assert [row["due_at"] for row in await bot.rows(tables.job, kind="wait")] == due
        assert await bot.look(HOUR) == 1
        assert bot.heads("1").count(REMINDER) == 2
        assert await bot.look(1) == 0


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "UTC"])
async def test_quiet_hours_are_those_of_viet_nam_wherever_the_server_stands(tmp_path, zone, monkeypatch):
    """Also in the night in which the server's own clocks are put back, and in the one in which they are put forward."""
    monkeypatch.setenv("TZ", zone)
    time_module.tzset()
    try:
        for day in (datetime(2040, 11, 4, 18, 0, tzinfo=VIETNAM), datetime(2041, 3, 10, 18, 0, tzinfo=VIETNAM)):
            begun = int(day.timestamp() * 1000)
            async with a_bot(make_root(tmp_path / day.strftime("%Y")), quiet=NIGHT, now=begun) as bot:
                chat = day.strftime("%Y")
                await bot.says(chat, TEA)
                looked = []
                for _ in range(2 * 24 * 2):  # every half hour of two days
                    looked += [bot.now] * await bot.look(1800)
                assert len(looked) == 2
                for at in looked:
                    assert time(7, 30) <= datetime.fromtimestamp(at / 1000, VIETNAM).time() < time(20, 30)
    finally:
        monkeypatch.undo()
        time_module.tzset()


# --- retention


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


async def _sweep(bot):
    """The job that recurs: (due at, its payload)."""
    (row,) = await bot.rows(tables.job, kind="sweep")
    return row["due_at"], orjson.loads(row["payload_json"])


async def _is_swept(bot):
    return "last" in (await _sweep(bot))[1]


async def test_retention_is_a_job_that_comes_every_hour_and_tells_when_it_was_done(tmp_path):
    """Made at the start, done at once; a restart neither doubles nor hastens it."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await bot.says("1", TEA)
        await _until(lambda: _is_swept(bot))
        due, payload = await _sweep(bot)
        assert due == payload["last"] + HOUR * 1000
    async with a_bot(root) as bot:
        assert await _sweep(bot) == (due, payload)
        await bot.app.clock.chores(due - 1)
        assert await _sweep(bot) == (due, payload)
        await bot.app.clock.chores(due)
        assert await _sweep(bot) == (due + HOUR * 1000, {"last": due})


async def test_a_clock_that_is_years_ahead_erases_nobody(tmp_path):
    """After a long gap retention waits a day, in which the clock may be mended."""
    async with a_bot(make_root(tmp_path), keep_people_days=10) as bot:
        await bot.says("1", TEA)
        due = await _settle(bot)
        await bot.app.clock.chores(due + 5000 * DAY)
        assert len(await bot.rows(tables.chat)) == 1
        due, payload = await _sweep(bot)
        assert payload["waited"]
        await bot.app.clock.chores(due - 1)
        assert len(await bot.rows(tables.chat)) == 1
        await bot.app.clock.chores(due)
        assert await bot.rows(tables.chat) == []


async def _settle(bot):
    """Retention as if it had been done at the test's own time; when it is due next."""
    await _until(lambda: _is_swept(bot))
    job = jobs.Job(jobs.SWEEP, "", bot.now + HOUR * 1000, {"last": bot.now}, jobs.SWEEP)
    async with bot.app.database.write() as connection:
        await jobs.add(connection, [job])
    return job.due_at


async def test_a_clock_that_is_set_back_finds_its_retention_again(tmp_path, caplog):
    """It was due in years; the running bot notices that the clock was set, and says so."""
    async with a_bot(make_root(tmp_path)) as bot:
        far = await _settle(bot)
        bot.app.clock.now = lambda: bot.now - 3 * HOUR * 1000
        await _until(lambda: "the clock was set" in caplog.text)
        assert (await _sweep(bot))[0] == far  # some hours: it waits
        bot.app.clock.now = lambda: bot.now - 300 * DAY
        await _until(lambda: caplog.text.count("the clock was set") == 2)

        async def is_near():
            return (await _sweep(bot))[0] < bot.now - 299 * DAY

        await _until(is_near)


async def test_retention_that_was_parked_begins_anew_with_the_next_start(tmp_path):
    """A newer bot may have mended the fault; what people left must not be kept for ever."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        async with bot.app.database.write() as connection:
            await jobs.park(connection, {jobs.SWEEP: "ValueError"})
        assert len(await bot.rows(tables.job, state="parked")) == 1
    async with a_bot(root) as bot:
        assert await bot.rows(tables.job, state="parked") == []


async def test_who_comes_back_while_the_others_are_forgotten_stays(tmp_path):
    """Many people go in several transactions; each is looked at once more before it is too late."""
    async with a_bot(make_root(tmp_path)) as bot:
        for number in range(25):
            await bot.says(f"{number}", TEA)
        async with bot.app.database.write() as connection:
            forgetting = asyncio.create_task(bot.app.clock._forget_people(bot.now + 1))
            await asyncio.sleep(0.3)  # it has looked who is to go, and waits
            await connection.execute(text("UPDATE chat SET seen_at = seen_at + 100000 WHERE external = '24'"))
        await forgetting
        assert [row["external"] for row in await bot.rows(tables.chat)] == ["24"]
        assert len(await bot.rows(tables.session)) == 1
