"""`bot status`: who serves, who owns what, what waits; on a file, on a server, and when nobody is there."""

from __future__ import annotations

import asyncio
import os

import orjson
import pytest

from bot.channel.base import Incoming, Message, What
from bot.store import jobs, outbox, relay
from bot.store.database import open_database
from bot.store.outbox import Ids, OutboxRow
from bot.store.parts import PARTITIONS, part_of
from tests.kit.process import called
from tests.kit.shell import make_root


async def _status(root, url, *words):
    return await asyncio.to_thread(called, root, "status", *words, CAM_TAY_DATABASE=url)


async def _told(root, url, code=0):
    done = await _status(root, url, "--json")
    assert done.returncode == code, done.stderr
    return orjson.loads(done.stdout)


@pytest.fixture
def root(tmp_path):
    """A house."""
    return make_root(tmp_path / "house")


async def test_when_nobody_serves_it_is_said_with_what_waits(root, database_url):
    """And the exit code is that of a finding."""
    database = await open_database(database_url)
    async with database.write() as connection:
        await outbox.add(connection, [OutboxRow(Ids().next(), "paper", "7", Message("x"))], 1_000)
        await jobs.add(connection, [jobs.Job("wait:paper:8", "paper:8", 2_000, {})])
    await database.close()
    told = await _told(root, database_url, code=1)
    assert told["processes"] == []
    assert len(told["unowned"]) == PARTITIONS
    assert sum(each["to_send"] for each in told["partitions"]) == 1
    assert sum(each["due"] for each in told["partitions"]) == 1
    assert all(each["oldest"] > 1_000_000_000 for each in told["partitions"])
    done = await _status(root, database_url)
    assert "nobody serves" in done.stdout
    assert "1 to send" in done.stdout


async def test_one_that_serves_is_named_by_machine_and_process(root, database_url):
    """Since when, which version, and that everything is its own."""
    serving = await open_database(database_url, serves=True)
    told = await _told(root, database_url)
    [process] = told["processes"]
    assert process["name"].endswith(f":{os.getpid()}")
    assert process["version"]
    assert process["since"].startswith("20")
    assert process["partitions"] == [*range(PARTITIONS)]
    done = await _status(root, database_url)
    assert f"{PARTITIONS} partitions" in done.stdout
    assert "waiting    nothing" in done.stdout
    await serving.close()
    assert (await _told(root, database_url, code=1))["processes"] == []


async def test_two_that_share_are_told_with_their_parts_duties_and_backlog(root, server):
    """What one has taken in for the other waits in a partition of the other's."""
    url = server.ready()
    first, second = [await open_database(url, serves=True) for _ in range(2)]
    for database in (first, second, first):
        database.owner.leads("chores")
        async with database.batch() as batch:
            await database.owner.look(batch, lambda _: ())
    async with second.batch() as batch:
        await second.owner.look(batch, lambda _: ())
    chat = next(str(n) for n in range(99) if part_of(f"telegram:{n}") in second.owner.parts)
    async with first.batch() as batch:
        await relay.add(batch, [Incoming("telegram", chat, "1", 1_000, What.TEXT)])
    told = await _told(root, url)
    assert [len(process["partitions"]) for process in told["processes"]] == [32, 32]
    assert sorted(duty for process in told["processes"] for duty in process["duties"]) == ["chores"]
    [waiting] = told["partitions"]
    assert (waiting["number"], waiting["taken_in"]) == (part_of(f"telegram:{chat}"), 1)
    assert waiting["owner"] == told["processes"][1]["name"]
    done = await _status(root, url)
    assert "32 partitions, chores" in done.stdout
    assert "1 taken in by others" in done.stdout
    await first.close()
    await second.close()
    server.drop(url)
