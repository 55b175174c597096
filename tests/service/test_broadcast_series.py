"""Series: due by a job, each part once to whom it is true for, and to nobody any more when it is not."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import datetime

import pytest

from bot.broadcast.model import Broadcast, Kind, Plan, Series
from bot.config import _spans
from bot.engine.event import VIETNAM
from bot.engine.session import Session
from bot.service.series import keep, next_time, series_key
from bot.store import broadcasts, chats, jobs, optouts, tables
from bot.store.audience import DAY
from tests.kit.shell import a_bot, make_root
from tests.service.test_broadcast import _add, _counts, _people, _row, _until

pytestmark = pytest.mark.usefixtures("both_databases")

MONDAYS = Series(every=(0,), at=8 * 60)
AFTER_TEA = Series(at=9 * 60, finished="tea", days=(1, 3, 7))
WEEK = 7 * DAY
NIGHT = _spans(["20:30-07:30"])


def _at(day, hour, minute=0):
    return int(datetime(2040, 5, day, hour, minute, tzinfo=VIETNAM).timestamp() * 1000)


async def _begin(bot, rhythm, parts=2, name="care", expected=1000, **about):
    """Write a series down as `bot broadcast send` does; the ids of its parts."""
    bot.app.broadcasts.lane.now = lambda: bot.now
    values = {"audience": "everyone", "plan": Plan(canary=0), **about}
    ids = []
    async with bot.app.database.write() as connection:
        for part in range(1, parts + 1):
            words = {"vi": f"{{% block text %}}Phần {part}{{% endblock %}}"}
            content = Broadcast(f"{name}/{part}", "scam", Kind.TIP, words=words, series=rhythm, part=part, **values)
            how = {"state": "waiting", "sender": "Lan", "expected": expected, "created_at": bot.now}
            start = next_time(rhythm, bot.now)
            ids.append(await broadcasts.add(connection, content, name=content.name, series=name, start_at=start, **how))
        await keep(connection, name, rhythm, bot.now)
    return ids


async def _finish(bot, chat, at, *, finished=True):
    """Somebody has come to the end of a guide."""
    async with bot.app.database.write() as connection:
        session = Session("tea", "digest", "ready", at, finished=finished)
        await chats.save_sessions(connection, [(f"paper:{chat}", session)], at)


async def _passes(bot, ids, at):
    """It is that time: what is due is done, and what begins is sent to its end."""
    bot.now = at
    await bot.app.clock.chores(bot.now)
    for id_ in ids:
        await _until(bot, id_, "waiting", "paused", "stopped")
    bot.now = at


def _got(bot):
    """Who has got which parts, in order."""
    found = {}
    for chat, message in bot.channel.sent:
        found.setdefault(chat, []).append(message.head)
    return found


@pytest.mark.parametrize(
    ("rhythm", "after", "then"),
    [
        (MONDAYS, _at(7, 9), _at(14, 8)),
        (MONDAYS, _at(7, 7, 59), _at(7, 8)),
        (MONDAYS, _at(7, 8), _at(14, 8)),
        (Series(every=(3, 6), at=0), _at(7, 9), _at(10, 0)),
        (Series(at=23 * 60 + 59), _at(7, 9), _at(7, 23, 59)),
        (AFTER_TEA, _at(31, 9), _at(31, 9) + DAY),
    ],
)
def test_the_next_time_is_of_viet_nam_and_never_now(rhythm, after, then):
    """Weekdays and time of day; at the very moment the next one is meant."""
    assert next_time(rhythm, after) == then


async def test_every_monday_the_next_part_to_whoever_has_not_got_it(tmp_path):
    """Part by part, newcomers from the first on, nobody any part twice; the job is due a week later each time."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people([1, 2]))
        ids = await _begin(bot, MONDAYS)
        await _passes(bot, ids, _at(13, 8))
        assert _got(bot) == {}, "it is Sunday"
        await _passes(bot, ids, _at(14, 8))
        assert _got(bot) == {"1": ["Phần 1"], "2": ["Phần 1"]}
        await _add(bot, _people([3], seen_at=bot.now - DAY))
        await _passes(bot, ids, _at(14, 9))
        await _passes(bot, ids, _at(21, 8))
        assert _got(bot) == {"1": ["Phần 1", "Phần 2"], "2": ["Phần 1", "Phần 2"], "3": ["Phần 1"]}
        await _passes(bot, ids, _at(28, 8))
        assert _got(bot)["3"] == ["Phần 1", "Phần 2"]
        await _passes(bot, ids, _at(28, 8) + WEEK)
        assert max(Counter((c, m.head) for c, m in bot.channel.sent).values()) == 1
        (job,) = await bot.rows(tables.job, kind=jobs.SERIES)
        assert (job["key"], job["due_at"]) == (series_key("care"), _at(28, 8) + 2 * WEEK)
        async with bot.app.database.write() as connection:
            for id_ in ids:
                await broadcasts.change(connection, id_, state="stopping")
        for id_ in ids:
            await _until(bot, id_, "stopped")
        await _passes(bot, ids, _at(28, 8) + 2 * WEEK)
        assert await bot.rows(tables.job, kind=jobs.SERIES) == [], "stopped it is due no more"


async def test_days_after_a_guide_was_finished(tmp_path):
    """Day 1, 3 and 7 at nine; who finished long ago gets nothing; a day without the bot is made up for."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people(range(1, 5), seen_at=_at(7, 9)))
        ids = await _begin(bot, AFTER_TEA, parts=3)
        await _finish(bot, 1, _at(7, 23))
        await _finish(bot, 2, _at(8, 1))
        await _finish(bot, 3, _at(7, 9) - 30 * DAY)
        found = {}
        for day in (8, 9, 10, 11, 14, 15, 17):
            before = len(bot.channel.sent)
            await _passes(bot, ids, _at(day, 9))
            found[day] = sorted((chat, message.head) for chat, message in bot.channel.sent[before:])
        assert {day: got for day, got in found.items() if got} == {
            8: [("1", "Phần 1")],
            9: [("2", "Phần 1")],
            10: [("1", "Phần 2")],
            11: [("2", "Phần 2")],
            14: [("1", "Phần 3")],
            15: [("2", "Phần 3")],
        }


async def test_a_day_that_was_missed_is_made_up_for_two_days_long(tmp_path):
    """The bot was off on the day: the part comes a day late, and three days late not at all."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people([1, 2]))
        ids = await _begin(bot, Series(at=540, finished="tea", days=(1,)), parts=1)
        await _finish(bot, 1, _at(7, 20))
        await _finish(bot, 2, _at(6, 20))
        await _passes(bot, ids, _at(10, 9))
        assert _got(bot) == {"1": ["Phần 1"]}


async def _changes(bot):
    """Of six people one starts something, one wants less, one is erased, one blocks, one begins anew."""
    await bot.says("1", "/start rice")
    async with bot.app.database.write() as connection:
        await optouts.add(connection, "paper:2", "scam", bot.now)
        await chats.erase(connection, _people([3])[0])
        await chats.mark_unreachable(connection, [("paper", "4")])
    await _finish(bot, 5, bot.now, finished=False)


@pytest.mark.parametrize("planned", [False, True])
async def test_it_is_called_off_when_it_is_no_longer_true(tmp_path, planned):
    """Whether it was planned already or not: the sixth person gets theirs, the five nothing, then and later."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people(range(1, 7), welcomed=True))
        ids = await _begin(bot, AFTER_TEA, parts=3, audience='not started("rice")')
        for chat in range(1, 7):
            await _finish(bot, chat, _at(7, 20))
        bot.now = _at(8, 9)
        if planned:
            bot.app.broadcasts.lane.now = lambda: _at(8, 3)
            bot.app.broadcasts._config = dataclasses.replace(bot.app.config, quiet=NIGHT)
            await bot.app.clock.chores(bot.now)
            while not (await _row(bot, ids[0])).gathered_at:
                await bot.app.broadcasts.look()
            assert await _counts(bot, ids[0]) == {"planned": 6}
        await _changes(bot)
        before = len(bot.channel.sent)
        bot.app.broadcasts.lane.now = lambda: bot.now
        await _passes(bot, ids, _at(8, 9, 5))
        assert [(chat, message.head) for chat, message in bot.channel.sent[before:]] == [("6", "Phần 1")]
        if planned:
            assert await _counts(bot, ids[0]) == {
                "sent": 1,
                "skipped(no_longer)": 2,
                "skipped(unreachable)": 1,
                "skipped(opted_out)": 1,
                "skipped(erased)": 1,
            }
        await _passes(bot, ids, _at(10, 9))
        assert {chat for chat, _ in bot.channel.sent[before:]} == {"6"}


async def test_who_had_enough_that_day_gets_the_part_another_day(tmp_path):
    """The frequency cap holds over all parts and broadcasts; what it holds back is not lost."""
    async with a_bot(make_root(tmp_path), tips_a_day=1) as bot:
        await _add(bot, _people([1]))
        first = await _begin(bot, MONDAYS, parts=1, name="one")
        other = await _begin(bot, MONDAYS, parts=1, name="other")
        await _passes(bot, [*first, *other], _at(14, 8))
        assert len(bot.channel.sent) == 1
        await _passes(bot, [*first, *other], _at(21, 8))
        assert len(bot.channel.sent) == 2
        assert [await _counts(bot, id_) for id_ in (*first, *other)] == [{"sent": 1}, {"sent": 1}]


async def test_a_guide_that_is_gone_pauses_the_series(tmp_path):
    """Nothing is said of what is not there any more; somebody looks, and goes on or stops it."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await _add(bot, _people([1]))
        ids = await _begin(bot, MONDAYS, buttons=("open:rice",))
    (root / "flows" / "rice.toml").unlink()
    async with a_bot(root) as bot:
        bot.app.broadcasts.lane.now = lambda: bot.now
        await _passes(bot, ids, _at(14, 8))
        rows = [await _row(bot, id_) for id_ in ids]
        assert {(row.state, row.reason) for row in rows} == {("paused", "there is no guide 'rice' any more")}
        assert bot.channel.sent == []


async def test_a_kill_between_the_job_and_the_end_loses_nothing_and_doubles_nothing(tmp_path):
    """The job begins the parts and makes the next one in one transaction; a run that was cut off goes on."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await _add(bot, _people(range(1, 31)))
        ids = await _begin(bot, MONDAYS)
        bot.channel.open.clear()
        bot.now = _at(14, 8)
        (job,) = await bot.rows(tables.job, kind=jobs.SERIES)
        async with bot.app.database.read() as connection:
            due = await jobs.find(connection, series_key("care"))
        await bot.app.clock.chores(bot.now)
        await bot.app.broadcasts._occasions.carry_out(due, bot.now)
        bot.app.broadcasts.stop()
        bot.channel.open.set()
    async with a_bot(root) as again:
        again.app.broadcasts.lane.now = lambda: again.now
        await _passes(again, ids, _at(14, 9))
        counted = await _counts(again, ids[0])
        assert sum(counted.values()) == 30
        assert set(counted) <= {"sent", "unknown(crash)", "unknown(no_answer)"}
        got = Counter(chat for chat, _ in (*bot.channel.sent, *again.channel.sent))
        assert max(got.values()) == 1
        (job,) = await again.rows(tables.job, kind=jobs.SERIES)
        assert job["due_at"] == _at(21, 8)


async def test_a_time_that_was_missed_by_half_a_day_is_let_pass(tmp_path):
    """Monday's tip does not come on Tuesday; a clock that was set back does not put a series off for ever."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _add(bot, _people([1]))
        ids = await _begin(bot, MONDAYS)
        await _passes(bot, ids, _at(15, 9))
        assert bot.channel.sent == []
        (job,) = await bot.rows(tables.job, kind=jobs.SERIES)
        assert job["due_at"] == _at(21, 8)
        bot.now = _at(7, 9) - 300 * DAY
        await bot.app.broadcasts._occasions.start(bot.now)
        (job,) = await bot.rows(tables.job, kind=jobs.SERIES)
        assert job["due_at"] - bot.now <= WEEK


async def test_many_more_than_somebody_approved_wait_for_a_look(tmp_path):
    """A series below the threshold may grow up to it; above, the number counts that somebody typed."""
    async with a_bot(make_root(tmp_path), approve_above=5) as bot:
        await _add(bot, _people(range(5)))
        ids = await _begin(bot, MONDAYS, parts=1, expected=1)
        await _passes(bot, ids, _at(14, 8))
        assert await _counts(bot, ids[0]) == {"sent": 5}
        await _add(bot, _people(range(10, 30)))
        await _passes(bot, ids, _at(21, 8))
        row = await _row(bot, ids[0])
        assert (row.state, row.reason) == ("paused", "the audience has grown from 1 to 20: look, then resume")
        assert len(bot.channel.sent) == 5
