"""A platform that counts calls: everybody together stays under the rate, whoever calls."""

from __future__ import annotations

import asyncio
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


async def wait_for(turnstile, times):
    """How many seconds so many calls wait."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    for _ in range(times):
        await turnstile.wait()
    return clock() - begun


def test_a_minute_is_never_too_full():
    """What goes at once and what goes evenly is together what Zalo allows."""
    can = CAPABILITIES["zalo_oa"]
    assert can.rate * 60 + can.burst == 100


async def test_some_go_at_once_and_the_others_evenly(database):
    """Five, then fifty a second."""
    turnstile = Turnstile(database, "zalo_oa", CAN)
    assert await wait_for(turnstile, 5) < 0.1
    assert 0.15 < await wait_for(turnstile, 10) < 0.5


async def test_two_processes_share_the_row(database):
    """And a restart does not begin anew."""
    first, second = (Turnstile(database, "zalo_oa", CAN) for _ in range(2))
    await asyncio.gather(*(each.wait() for each in (first, second) for _ in range(5)))
    assert await wait_for(Turnstile(database, "zalo_oa", CAN), 1) > 0.005


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
    await refuse(database)
    assert 0.05 < await wait_for(turnstile, 4) < 1
    await refuse(database, refuses=False)
    assert "pace not written" in caplog.text


@pytest.mark.parametrize("burst", [0, 5])
async def test_replies_wait_only_where_the_platform_counts_them(database, burst):
    """Many people at once: in order, as the row allows."""
    channel = Recorder(capabilities=replace(OPEN, rate=50.0, burst=burst))
    sender = Sender(database)
    await sender.start({channel.name: channel})
    sender.put([OutboxRow(n, channel.name, f"chat {n}", Message(f"{n}")) for n in range(1, 16)])
    await asyncio.sleep(0.08)
    early = len(channel.sent)
    await sender.drain(5)
    assert len(channel.sent) == 15
    assert early < 13 if burst else early == 15
    spread = channel.times[-1] - channel.times[0]
    assert spread > 0.15 if burst else spread < 0.15


async def test_what_is_closed_is_said_in_the_row(database):
    """Not tried again: the platform takes nothing until the person does something."""
    channel = Recorder()
    channel.faults.append(SendFailed(Fault.CLOSED, "window"))
    sender = Sender(database)
    await sender.start({channel.name: channel})
    sender.put([OutboxRow(1, channel.name, "a", Message("x"))])
    await sender.drain(2)
    assert (channel.tried, channel.sent) == (1, [])
