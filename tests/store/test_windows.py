"""When a chat may be written to, token pairs, files with an end: on both kinds of database."""

from __future__ import annotations

import pytest

from bot.broadcast.reason import Reason
from bot.channel.base import Incoming, What
from bot.store import chats, tables, tokens, windows
from bot.store.chats import Chat
from bot.store.database import open_database
from bot.store.files import Files
from bot.store.tokens import Pair
from bot.store.windows import Reach, Windows

HOUR = 3_600_000
NOW = 1_794_000_000_000


@pytest.fixture
async def database(database_url):
    """A database of either kind."""
    made = await open_database(database_url)
    yield made
    await made.close()


async def test_a_window_opens_and_never_goes_back(database):
    """An event that comes late does not close it; each chat has its own."""
    of = Windows(database, "zalo_oa")
    assert await of.find("a") == Reach(0, 0)
    await of.open("a", NOW)
    await of.open("a", NOW - HOUR)
    await of.open("b", NOW - HOUR)
    await Windows(database, "other").open("a", NOW + HOUR)
    assert (await of.find("a"), await of.find("b")) == (Reach(NOW, 0), Reach(NOW - HOUR, 0))
    await of.close("a")
    assert await of.find("a") == Reach(0, 0)
    await of.open("a", NOW - HOUR)
    assert (await of.find("a")).opened_at == NOW - HOUR


async def test_silence_is_kept_beside_it(database):
    """Until a time, or until it is taken back."""
    of = Windows(database, "zalo_oa")
    await of.silence("a", NOW + HOUR)
    await of.open("a", NOW)
    assert await of.find("a") == Reach(NOW, NOW + HOUR)
    await of.silence("a", 0)
    assert await of.find("a") == Reach(NOW, 0)


def test_why_nobody_is_written_to():
    """The staff goes before the window; the end itself is outside."""
    assert Reach(NOW, 0).why_not(NOW + 48 * HOUR - 1, 48 * HOUR) == ""
    assert Reach(NOW, 0).why_not(NOW + 48 * HOUR, 48 * HOUR) == Reason.WINDOW
    assert Reach(0, NOW + 1).why_not(NOW, 48 * HOUR) == Reason.STAFF
    assert Reach(0, NOW).why_not(NOW, 48 * HOUR) == Reason.WINDOW


async def test_many_are_looked_up_at_once(database):
    """In one question; of whom nothing is known there is something to say as well."""
    of = Windows(database, "zalo_oa")
    await of.open("a1", NOW)
    async with database.batch() as batch:
        assert await windows.find(batch, "zalo_oa", []) == {}
        found = await windows.find(batch, "zalo_oa", [f"a{n}" for n in range(128)])
    assert len(found) == 128
    assert (found["a1"], found["a2"]) == (Reach(NOW, 0), Reach())


async def test_who_is_erased_is_erased_there_too(database):
    """And sees it before."""
    incoming = Incoming("zalo_oa", "a", "1", NOW, What.TEXT)
    chat = Chat(incoming.key, "zalo_oa", "a", "vi", NOW, NOW)
    await Windows(database, "zalo_oa").open("a", NOW)
    await Windows(database, "zalo_oa").open("b", NOW)
    async with database.write() as connection:
        await chats.save(connection, [chat])
        assert [row["opened_at"] for row in (await chats.everything(connection, chat))["reach"]] == [NOW]
        await chats.erase(connection, chat)
        left = (await connection.execute(tables.reach.select())).all()
    assert [row.chat for row in left] == ["b"]


async def test_a_refresh_token_is_claimed_by_one(database):
    """Until the claim ends, is given back, or a new pair is there."""
    pair = Pair("a", "r", NOW, NOW, NOW)
    async with database.write() as connection:
        await tokens.keep(connection, "x", pair)
        assert await tokens.find(connection, "x") == pair
        assert await tokens.find(connection, "y") is None

        async def claims(refresh="r", now=NOW):
            return await tokens.claim(connection, "x", refresh, now, now + 60)

        assert [await claims(), await claims(), await claims("other"), await claims(now=NOW + 60)] == [
            *(True, False, False, True)
        ]
        await tokens.release(connection, "x")
        assert await claims()
        await tokens.keep(connection, "x", Pair("b", "s", NOW, NOW, NOW))
        assert [await claims("r"), await claims("s")] == [False, True]
    assert "'r'" not in repr(pair)


async def test_a_file_that_the_platform_drops_is_forgotten_in_time(database):
    """In this run and in the next; where nothing is said it stays."""
    now = NOW
    of = Files(database, "zalo_oa:1", 6 * HOUR, lambda: now)
    await of.keep("digest", "id")
    await Files(database, "telegram:1").keep("digest", "other")
    assert await of.find("digest") == "id"
    now += 6 * HOUR
    assert await of.find("digest") == ""
    assert await Files(database, "zalo_oa:1", 6 * HOUR, lambda: now).find("digest") == ""
    assert await Files(database, "telegram:1").find("digest") == "other"
    await of.keep("digest", "new")
    assert await of.find("digest") == "new"
