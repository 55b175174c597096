"""What a platform's plan counts: kept over restarts, told before it is used up."""

from __future__ import annotations

from datetime import time

import pytest

from bot.channel.base import Incoming, What
from bot.people.role import Role
from bot.service import metrics
from bot.service.quota import Plan, Quota, month_of
from bot.store import chats
from bot.store.database import open_database
from bot.store.quota import Used, used
from tests.kit.shell import MORNING, a_bot, make_root
from tests.kit.teams import joins, make_team

NOVEMBER = 1_794_000_000_000  # 2026-11-07
DECEMBER = NOVEMBER + 30 * 86_400_000
HOUR = 3_600_000
PLAN = Plan(people=5, messages=10)


@pytest.fixture
async def database(database_url):
    """A database of either kind."""
    made = await open_database(database_url)
    yield made
    await made.close()


async def counted(database, at=NOVEMBER):
    """What is written down."""
    async with database.read() as connection:
        return await used(connection, "zalo_bot", month_of(at))


async def test_what_was_counted_is_there_after_a_restart(database):
    """Also when it was counted in one breath."""
    first = Quota(database, "zalo_bot", PLAN, lambda: NOVEMBER)
    for _ in range(3):
        first.sent()
    first.received(NOVEMBER)
    await first.flush()
    second = Quota(database, "zalo_bot", PLAN, lambda: NOVEMBER)
    await second.start()
    second.sent()
    await second.flush()
    assert await counted(database) == Used(0, 4, 1, NOVEMBER)


async def test_what_comes_again_counts_once(database):
    """Older than the newest, in this run and after the next start."""
    for _ in range(2):
        quota = Quota(database, "zalo_bot", PLAN, lambda: NOVEMBER)
        await quota.start()
        for at in (NOVEMBER - 2, NOVEMBER - 1, NOVEMBER - 2):
            quota.received(at)
        await quota.flush()
    assert (await counted(database)).received == 2


async def test_a_month_begins_anew(database):
    """In Viet Nam; what was received before is still known."""
    now = NOVEMBER
    quota = Quota(database, "zalo_bot", PLAN, lambda: now)
    quota.received(NOVEMBER)
    quota.sent()
    await quota.flush()
    now = DECEMBER
    quota.received(NOVEMBER)
    quota.sent()
    await quota.flush()
    assert (await counted(database)).sent == 1
    assert await counted(database, DECEMBER) == Used(0, 1, 0, NOVEMBER)
    assert month_of(1_793_466_000_000) == "2026-11"  # half past midnight of the first, still October in London


async def test_people_are_the_chats_of_the_channel(database):
    """Whatever was said in them."""
    incoming = [Incoming(channel, chat, "1", 1, What.TEXT) for channel, chat in (("zalo_bot", "a"), ("web", "b"))]
    async with database.write() as connection:
        stored = [chats.Chat(i.key, i.channel, i.chat, "vi", 1, 1) for i in incoming]
        await chats.save(connection, stored)
    assert (await counted(database)).people == 1


async def test_the_operator_hears_of_it_in_time_and_once(database, caplog):
    """At 80 % and at the end; the numbers are in the metrics."""
    quota = Quota(database, "zalo_bot", PLAN, lambda: NOVEMBER)
    heard = []
    for _ in range(12):
        quota.sent()
        await quota.flush()
        heard.append(len(caplog.records))
    assert [heard.index(1) + 1, heard.index(2) + 1, heard[-1]] == [8, 10, 2]
    assert [record.getMessage() for record in caplog.records] == ["the plan is nearly used up", "the plan is used up"]
    assert metrics.QUOTA.labels("zalo_bot", "messages")._value.get() == 12
    assert metrics.QUOTA_LIMIT.labels("zalo_bot", "messages")._value.get() == 10


@pytest.mark.usefixtures("both_databases")
async def test_the_admins_hear_of_it_once_a_month_and_threshold(tmp_path):
    """In their own chat, not at night, nobody else; not again after a restart; in the next month anew."""
    root, evening = make_root(tmp_path), MORNING + 14 * HOUR
    async with a_bot(root) as bot:
        await make_team(bot)
        await joins(bot, "chief", Role.ADMIN, team="")
        await joins(bot, "lead", Role.LEAD)
    for now, uses, words in (
        (MORNING, 7, ""),
        (evening, 1, ""),
        (evening + 12 * HOUR, 0, "sắp dùng hết"),
        (evening + 13 * HOUR, 1, ""),
        (evening + 14 * HOUR, 2, "đã dùng hết"),
        (MORNING + 40 * 24 * HOUR, 8, "sắp dùng hết"),
    ):
        async with a_bot(root, now=now, quiet=((time(20, 30), time(7, 30)),)) as bot:
            quota = Quota(bot.app.database, "zalo_bot", PLAN, lambda now=now: now)
            await quota.start()
            for _ in range(uses):
                quota.sent()
            await quota.flush()
            for _ in range(2):
                await bot.app.clock.chores(now)
                await bot.look()
            said = [(chat, message.head) for chat, message in bot.channel.sent]
            assert said == ([("chief", f"Gói Zalo {words}")] if words else [])
            if words == "đã dùng hết":
                assert "11 tin nhắn. Gói này chỉ cho 10 tin." in bot.channel.sent[0][1].body


@pytest.mark.parametrize(
    ("plan", "shares"),
    [
        (Plan(5, 10), {"messages": (7, 10), "people": (2, 5)}),
        (Plan(5, 10, both=False), {"messages": (4, 10), "people": (2, 5)}),
        (Plan(), {}),
    ],
)
def test_the_plan_says_what_counts(plan, shares):
    """Both directions or one; without a limit nothing."""
    assert plan.shares(Used(2, 4, 3)) == shares


async def test_a_database_that_fails_loses_no_count(database, caplog):
    """It is written the next time."""
    quota = Quota(database, "zalo_bot", PLAN, lambda: NOVEMBER)
    async with database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE quota RENAME TO elsewhere")
    quota.sent()
    await quota.flush()
    assert "quota not written" in caplog.text
    async with database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO quota")
    await quota.flush()
    assert (await counted(database)).sent == 1
