"""A platform that counts calls: everybody together stays under the rate, whoever calls."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from bot.capability import CAPABILITIES
from bot.channel.base import Fault, Message, SendFailed
from bot.service.sender import Sender
from bot.service.turnstile import Turnstile
from bot.store import pace
from bot.store.database import open_database
from bot.store.outbox import OutboxRow
from bot.store.pace import Moment
from tests.kit.shell import OPEN, Recorder, refuse

SECOND = 1_000_000
CAN = replace(CAPABILITIES["zalo_oa"], rate=50.0, burst=5)


@pytest.fixture
async def database(database_url):
    """A database of either kind."""
    made = await open_database(database_url)
    yield made
    await made.close()


class Clock:
    """What the time is, in microseconds: driven by hand."""

    at = 1_794_000_000 * SECOND

    def __call__(self):
        """The time."""
        return self.at


async def waits(clock, turnstiles):
    """How many seconds each of these calls waits, one after the other."""
    found = []
    for turnstile in turnstiles:
        begun = clock.at
        while (seconds := await turnstile._take()) > 0:
            clock.at += round(seconds * SECOND)
        found.append((clock.at - begun) / SECOND)
    return found


def test_a_minute_is_never_too_full():
    """What goes at once and what goes evenly is together what Zalo allows."""
    can = CAPABILITIES["zalo_oa"]
    assert can.rate * 60 + can.burst == 100


async def test_some_go_at_once_and_the_others_evenly(database):
    """Five, then fifty a second."""
    clock = Clock()
    turnstile = Turnstile(database, "zalo_oa", CAN, clock)
    assert await waits(clock, [turnstile] * 5) == [0] * 5
    assert await waits(clock, [turnstile] * 10) == pytest.approx([0.02] * 10)
    clock.at += SECOND
    assert await waits(clock, [turnstile] * 7) == pytest.approx([0] * 5 + [0.02] * 2)


async def test_two_processes_share_the_row(database):
    """And a restart does not begin anew."""
    clock = Clock()
    first, second = (Turnstile(database, "zalo_oa", CAN, clock) for _ in range(2))
    taken = await asyncio.gather(*(each._take() for each in (first, second) for _ in range(5)))
    assert sorted(taken) == pytest.approx([0] * 5 + [0.02] * 5)
    assert await waits(clock, [Turnstile(database, "zalo_oa", CAN, clock)]) == pytest.approx([0.02])


async def test_who_calls_waits_for_the_moment(database):
    """In real time: never sooner than the row says."""
    turnstile = Turnstile(database, "zalo_oa", CAN)
    clock = asyncio.get_running_loop().time
    begun = clock()
    for _ in range(10):
        await turnstile.wait()
    assert clock() - begun >= 0.099


async def test_a_hold_is_for_everybody(database):
    """The platform said: too fast."""
    at = 1_794_000_000 * SECOND
    async with database.batch() as batch:
        await pace.save(batch, {"zalo_oa": Moment(0, at // 1000, at // 1000 + 500)})
    assert await Turnstile(database, "zalo_oa", CAN, lambda: at)._take() == pytest.approx(0.5)
    assert await Turnstile(database, "zalo_oa", CAN, lambda: at + SECOND)._take() == 0


async def test_a_clock_that_was_set_back_holds_nobody_up(database):
    """A moment far ahead counts for nothing."""
    at = 1_794_000_000 * SECOND
    async with database.batch() as batch:
        await pace.save(batch, {"zalo_oa": Moment(at + 3600 * SECOND)})
    assert await Turnstile(database, "zalo_oa", CAN, lambda: at)._take() == 0


async def test_a_database_that_refuses_slows_down_and_stops_nobody(database, caplog):
    """Who has written waits for an answer."""
    turnstile = Turnstile(database, "zalo_oa", CAN)
    begun = asyncio.get_running_loop().time()
    await refuse(database)
    for _ in range(4):
        await turnstile.wait()
    assert asyncio.get_running_loop().time() - begun > 0.05
    await refuse(database, refuses=False)
    assert "pace not written" in caplog.text


@pytest.mark.parametrize("burst", [0, 5])
async def test_replies_wait_only_where_the_platform_counts_them(database, burst):
    """Many people at once, while the row says that everybody waits: at once, or then, one after the other."""
    now = time.time_ns() // 1_000_000
    async with database.batch() as batch:
        await pace.save(batch, {"paper": Moment(0, now, now + (300 if burst else 3_600_000))})
    channel = Recorder(capabilities=replace(OPEN, rate=50.0, burst=burst))
    sender = Sender(database)
    await sender.start({channel.name: channel})
    sender.put([OutboxRow(n, channel.name, f"chat {n}", Message(f"{n}")) for n in range(1, 16)])
    begun = asyncio.get_running_loop().time()
    await sender.drain(5)
    assert len(channel.sent) == 15
    if burst:
        assert channel.times[0] - begun > 0.2
        assert channel.times[-1] - channel.times[0] > 0.15


async def test_what_is_closed_is_said_in_the_row(database):
    """Not tried again: the platform takes nothing until the person does something."""
    channel = Recorder()
    channel.faults.append(SendFailed(Fault.CLOSED, "window"))
    sender = Sender(database)
    await sender.start({channel.name: channel})
    sender.put([OutboxRow(1, channel.name, "a", Message("x"))])
    await sender.drain(2)
    assert (channel.tried, channel.sent) == (1, [])
