"""What is counted of people's own ways, and the digest of a week."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channel.base import Message
from bot.engine.chat import Chat
from bot.engine.event import local_day
from bot.people.role import Role
from bot.people.team import Team
from bot.service import digest, tally
from bot.service.errand import Notice
from bot.service.tally import COLUMNS
from bot.store import chats, counts, journal, roles, tables, teams
from bot.store.counts import Help, day_at, day_of
from bot.store.database import open_database
from bot.store.journal import DAY, Line
from tests.kit.ready import with_tables
from tests.kit.shell import MORNING, a_bot, make_root
from tests.kit.teams import COMMUNE, joins, make_team

TODAY = day_at(MORNING)
HOUR = 3_600_000


def a_chat(number, place=COMMUNE):
    """Somebody who lives there."""
    return Chat(f"paper:{number}", "paper", str(number), "vi", MORNING, MORNING, place=place)


async def lines_of(bot, number, *lines, place=COMMUNE, at=MORNING):
    """Somebody has done this: (guide, step, what, answer)."""
    async with bot.app.database.write() as connection:
        await chats.save(connection, [a_chat(number, place)])
        await journal.add(connection, [Line(f"paper:{number}", *line, at) for line in lines])


async def events_of(bot, first=TODAY, last=TODAY):
    """All that is counted of some days, in order."""
    async with bot.app.database.read() as connection:
        found = await counts.events(connection, first, last)
    return sorted((e.guide, e.what, e.step, e.answer, e.place, e.number) for e in found)


@pytest.mark.usefixtures("both_databases")
async def test_a_person_is_counted_once_per_guide_and_day(tmp_path):
    """However often they open, get stuck and end; of two ends the last one counts. Another day counts anew."""
    async with a_bot(make_root(tmp_path)) as bot:
        opened, stuck = ("tea", "kind", "started", ""), ("tea", "boil", "stuck", "")
        ends = (("tea", "cold", "ended", "later"), ("tea", "ready", "ended", "done"))
        await lines_of(bot, 1, opened, opened, ("tea", "boil", "opened", ""), stuck, stuck, *ends)
        await lines_of(bot, 2, opened, ends[1], place="")
        await lines_of(bot, 1, opened, at=MORNING + DAY)
        today = [
            ("tea", "ended", "", "done", "", 1),
            ("tea", "ended", "", "done", COMMUNE, 1),
            ("tea", "started", "", "", "", 1),
            ("tea", "started", "", "", COMMUNE, 1),
            ("tea", "stuck", "boil", "", COMMUNE, 1),
        ]
        assert await events_of(bot) == today
        assert await events_of(bot, TODAY + 1, TODAY + 1) == [("tea", "started", "", "", COMMUNE, 1)]
        async with bot.app.database.write() as connection:
            await chats.erase(connection, a_chat(1))
        assert await events_of(bot) == today
        async with bot.app.database.write() as connection:
            await journal.forget(connection, MORNING + DAY)
        assert await events_of(bot) == today
        assert {row["chat"] for row in await bot.rows(tables.journal)} == {""}


_LINES = st.lists(
    st.tuples(
        st.integers(1, 3),  # who
        st.integers(0, 2),  # the day
        st.sampled_from(["tea", "rice"]),
        st.sampled_from(["started", "opened", "answered", "stuck:boil", "stuck:cups", "ended:done", "ended:later"]),
    ),
    max_size=25,
)
_ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["a1", "b1"]),
        st.sampled_from(["tea", "rice"]),
        st.sampled_from(["done", "part", "not"]),
        st.sampled_from(["young", "middle", "old", ""]),
        st.sampled_from(["told", "walked"]),
        st.integers(1, 40),
    ),
    max_size=8,
)


@settings(max_examples=25)
@given(lines=_LINES, entries=_ENTRIES, erased=st.sets(st.integers(1, 3)), forgotten=st.integers(0, 3))
def test_parts_add_up_and_deleting_changes_no_total(lines, entries, erased, forgotten):
    """By guide, team and place the same whole; nobody twice per guide and day; whoever is forgotten, the same counts."""
    folder = Path(tempfile.mkdtemp())
    try:
        asyncio.run(_adds_up(folder, lines, entries, erased, forgotten))
    finally:
        shutil.rmtree(folder)


async def _adds_up(folder, lines, entries, erased, forgotten):
    url = f"sqlite+aiosqlite:///{folder / 'bot.db'}"
    with_tables(url)
    database = await open_database(url)
    first, last = local_day(MORNING), local_day(MORNING) + timedelta(days=2)
    try:
        async with database.write() as connection:
            await teams.save(connection, [Team(code, code, "youth", COMMUNE, 1) for code in ("a1", "b1")])
            await chats.save(connection, [a_chat(number) for number in (1, 2, 3)])
            written = [
                Line(f"paper:{who}", guide, step, what, step if what == "ended" else "", MORNING + day * DAY)
                for who, day, guide, said in lines
                for what, _, step in [said.partition(":")]
            ]
            await journal.add(connection, written)
        async with database.batch() as batch:
            for team, guide, result, age, how, number in entries:
                entry = Help(day_of(first), team, COMMUNE, f"paper:{number % 3 + 1}/1", guide, result, age, how, number)
                await counts.add(batch, entry)
        async with database.read() as connection:
            facts = await tally.of_place(connection, COMMUNE, first, last)
        sheets = [grid(facts).sheet(COLUMNS, hides=False) for grid in (tally.by_guide, tally.by_team, tally.by_place)]
        assert len({sheet.total for sheet in sheets}) == 1
        for sheet in sheets:
            assert sheet.total == tuple(map(sum, zip(*(row for _, row in sheet.rows), strict=True)))[
                : len(COLUMNS)
            ] or (not sheet.rows and not any(sheet.total))
            for _, row in (*sheet.rows, ("", sheet.total)):
                cells = dict(zip(COLUMNS, row, strict=True))
                assert cells["helped"] == cells["done"] + cells["part"] + cells["not"]
                assert cells["helped"] == cells["young"] + cells["middle"] + cells["old"] + cells["no_age"]
                assert cells["walked"] <= cells["helped"]
        people = {(who, day, guide) for who, day, guide, said in lines if said in {"started", "opened"}}
        assert sheets[0].total[COLUMNS.index("started")] == len(people)
        ends = {(who, day, guide): said for who, day, guide, said in lines if said.startswith("ended")}
        done = sum(said == "ended:done" for said in ends.values())
        assert sheets[0].total[COLUMNS.index("finished")] == done
        async with database.write() as connection:
            for number in sorted(erased):
                await chats.erase(connection, a_chat(number))
            await journal.forget(connection, MORNING + forgotten * DAY)
            after = await tally.of_place(connection, COMMUNE, first, last)
        assert tally.by_guide(after).sheet(COLUMNS, hides=False) == sheets[0]
        assert tally.by_team(after).sheet(COLUMNS, hides=False) == sheets[1]
        assert tally.hardest(after.events, 1) == tally.hardest(facts.events, 1)
    finally:
        await database.close()


def test_small_numbers_are_hidden_above_the_team():
    """A commune's table shows nothing of one to four people, its team's own does."""
    grid = tally.Grid()
    grid.add("tea", "started", 3)
    grid.add("rice", "started", 9)
    grid.add("eggs", "started", 30)
    shown = dict(grid.sheet(["started"], hides=True).rows)
    assert shown == {"tea": (None,), "rice": (None,), "eggs": (30,)}
    assert dict(grid.sheet(["started"], hides=False).rows)["tea"] == (3,)


def test_the_next_monday_morning():
    """At eight, never the same one again."""
    due = digest.next_monday(MORNING)
    assert local_day(due) - local_day(MORNING) == timedelta(days=7)  # nine o'clock on a Monday
    assert digest.next_monday(MORNING - 2 * 3_600_000) == due - 7 * DAY
    assert digest.next_monday(due) == due + 7 * DAY


@pytest.mark.usefixtures("both_databases")
async def test_the_lead_hears_on_monday_what_the_team_did(tmp_path):
    """Numbers, the hardest step of the commune, one tip; only the lead, once, and no small number of others."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await make_team(bot, "b1", "Đội hai")
        await joins(bot, "1", Role.LEAD)
        await joins(bot, "2")
        await joins(bot, "3", Role.LEAD, team="b1")
        await bot.says("2", "12 người pha trà xong")
        await bot.says("2", "3 người nấu cơm chưa xong")
        for number in range(20, 26):
            await lines_of(bot, number, ("tea", "boil", "stuck", ""), at=bot.now)
        for number in range(30, 34):
            await lines_of(bot, number, ("rice", "wash", "stuck", ""), at=bot.now)
        await digest.start(bot.app.database, bot.now)
        bot.now = digest.next_monday(bot.now)
        await bot.app.clock.chores(bot.now)
        await bot.look(1)
        [said] = [each for each in bot.channel.to("1") if isinstance(each, Message) and "Tuần qua" in each.head]
        assert said.head == "Tuần qua của Đoàn xã Ngọc Lặc"
        assert "Đã giúp: 15 người, làm xong: 12." in said.body
        assert "1. 🍵 Pha trà · Đun nước (6 người)" in said.body
        assert "Nấu cơm" not in said.body
        assert "Gợi ý: " in said.body
        assert not any("Tuần qua" in head for chat in ("2", "3") for head in bot.heads(chat))
        [job] = await bot.rows(tables.job, kind="digest")
        assert job["due_at"] == digest.next_monday(bot.now)
        await bot.app.clock.chores(bot.now)
        await bot.look(1)
        assert len([head for head in bot.heads("1") if "Tuần qua" in head]) == 1


@pytest.mark.usefixtures("both_databases")
async def test_each_lead_hears_once_a_week_whatever_is_killed(tmp_path):
    """Two leads and nobody else; a bot that was off in the morning tells them when it is back, and not in the night."""
    root = make_root(tmp_path)
    async with a_bot(root) as bot:
        await make_team(bot)
        for chat, role in (("1", Role.LEAD), ("4", Role.LEAD), ("5", Role.LEAD), ("2", Role.VOLUNTEER)):
            await joins(bot, chat, role)
        await joins(bot, "3", Role.COMMUNE_ADMIN, place=COMMUNE)
        async with bot.app.database.batch() as batch:
            await roles.leave(batch, "paper:5/1", "doan-xa", bot.now)
        await bot.says("2", "12 người pha trà xong")
        await digest.start(bot.app.database, bot.now)
    monday = digest.next_monday(MORNING)
    told = []
    nights = {"quiet": ((time(20, 30), time(7, 30)),)}
    for now in (monday - 1, monday + 15 * HOUR, monday + DAY, monday + DAY + 1, monday + 7 * DAY):
        async with a_bot(root, **nights) as bot:
            bot.now = now
            await digest.start(bot.app.database, bot.now)
            await bot.app.clock.chores(bot.now)
            await settled(bot)
            told.append({chat: n for chat in "12345" if (n := sum("Tuần qua" in head for head in bot.heads(chat)))})
    assert told == [{}, {}, {"1": 1, "4": 1}, {}, {}]


def test_one_notice_does_not_replace_another():
    """Of two kinds that wait for the same chat both come; and of a kind those with different numbers."""
    kinds = [("digest.week", 0), ("campaign.progress", 0), ("beside.over", 0), ("beside.over", 1)]
    assert len({Notice("paper:1", "paper:1/1", kind).job(number, MORNING).key for kind, number in kinds}) == 4


async def settled(bot):
    """Until notices have come in."""
    for _ in range(3):
        await asyncio.sleep(0.01)
        await bot.look()


async def test_old_news_are_left_out(tmp_path):
    """A bot that was off for days tells nothing of the week before, and goes on with the next."""
    async with a_bot(make_root(tmp_path)) as bot:
        await make_team(bot)
        await joins(bot, "1", Role.LEAD)
        await bot.says("1", "12 người pha trà xong")
        await digest.start(bot.app.database, bot.now)
        bot.now = digest.next_monday(bot.now) + 3 * DAY
        await bot.app.clock.chores(bot.now)
        await bot.look(1)
        assert not any("Tuần qua" in head for head in bot.heads("1"))
        [job] = await bot.rows(tables.job, kind="digest")
        assert job["due_at"] > bot.now


def test_months():
    """As they are written on the command line."""
    assert tally.month_of("2026-02") == (date(2026, 2, 1), date(2026, 2, 28))
    assert tally.month_of("2026-12") == (date(2026, 12, 1), date(2026, 12, 31))
    assert tally.month_of("2026-13") is None
    assert tally.month_of("gần đây") is None
