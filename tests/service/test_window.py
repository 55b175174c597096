"""A platform that takes messages only for a while after a person did something: nobody is written to in vain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.channel.base import Fault, SendFailed
from bot.store import audience
from bot.store.audience import DAY, Terms
from bot.store.windows import Windows
from tests.kit.shell import OPEN, Recorder, a_bot, make_root
from tests.service import test_broadcast as kit

pytestmark = pytest.mark.usefixtures("both_databases")

HOUR = 3_600_000
CAN = replace(OPEN, window=48)


async def opened(bot, **hours):
    """When each of these did something."""
    of = Windows(bot.app.database, "paper")
    for chat, number in hours.items():
        await of.open(chat[1:], bot.now - int(number * HOUR))
    return of


async def test_a_broadcast_skips_who_may_not_be_written_to_and_says_why(tmp_path):
    """Closed, never opened, answered by the staff; and who the platform itself refuses, without an error."""
    channel = Recorder(capabilities=CAN)
    async with a_bot(make_root(tmp_path), channel) as bot:
        await kit._add(bot, kit._people(range(1, 6)))
        of = await opened(bot, c1=1, c2=47, c3=49, c5=1)
        await of.silence("5", bot.now + HOUR)
        channel.faults.append(SendFailed(Fault.CLOSED, "quota"))
        id_ = await kit._send(bot, kit._tip())
        await kit._until(bot, id_, "done")
        assert await kit._counts(bot, id_) == {
            "sent": 1,
            "skipped(window)": 2,
            "skipped(staff)": 1,
            "skipped(quota)": 1,
        }
        assert len(channel.sent) == 1


async def test_the_audience_tells_of_it_before(tmp_path):
    """As it is at this moment; other channels have no windows."""
    channel = Recorder(capabilities=CAN)
    async with a_bot(make_root(tmp_path), channel) as bot:
        await kit._add(bot, kit._people(range(1, 5)))
        await opened(bot, c1=1, c2=49)
        terms = Terms("scam", "tip", ("paper",), 1, 3)
        async with bot.app.database.read() as connection:
            windows = (("paper", 48 * HOUR), ("other", 1))
            shut = await audience.count(connection, audience.Everyone(), replace(terms, windows=windows), bot.now)
            free = await audience.count(connection, audience.Everyone(), terms, bot.now)
        assert (shut, free) == ({"": 1, "window": 3}, {"": 4})


@pytest.mark.parametrize(("hours", "heard"), [(1, True), (3 * DAY / HOUR, False)])
async def test_a_reminder_comes_only_while_the_window_is_open(tmp_path, hours, heard):
    """Else the step does not wait any more, and the journal says why."""
    channel = Recorder(capabilities=CAN)
    async with a_bot(make_root(tmp_path), channel) as bot:
        await bot.says("1", "/start tea")
        bot.later(25 * 3600)
        await opened(bot, c1=hours)
        assert await bot.look() == 1
        told = [row["answer"] for row in await bot.rows(kit.tables.journal) if row["what"] == "skipped"]
        assert told == ([] if heard else ["window"])
        assert (len(bot.heads("1")) > 2) is heard
        assert await bot.rows(kit.tables.job, kind="wait") == [] or heard


async def test_a_reminder_waits_until_the_staff_is_done(tmp_path):
    """Then it comes."""
    channel = Recorder(capabilities=CAN)
    async with a_bot(make_root(tmp_path), channel) as bot:
        await bot.says("1", "/start tea")
        bot.later(25 * 3600)
        of = await opened(bot, c1=1)
        await of.silence("1", bot.now + 2 * HOUR)
        before = len(bot.heads("1"))
        assert await bot.look() == 1
        assert (await bot.look(3600), len(bot.heads("1"))) == (0, before)
        assert await bot.look(3601) == 1
        assert len(bot.heads("1")) == before + 1
