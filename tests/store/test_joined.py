"""Chats that are one person's, where people are counted: broadcasts and statistics, on databases of both kinds."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.broadcast.audience import Everyone, read_audience
from bot.broadcast.model import Broadcast, Kind
from bot.broadcast.reason import Reason
from bot.engine.chat import Chat
from bot.store import audience, broadcasts, chats, claims, counts, joined, journal, recipients, tables
from bot.store.audience import DAY, Terms
from bot.store.claims import Outcome
from bot.store.database import open_database
from bot.store.joined import Member

NOW = 2_000 * DAY
TERMS = Terms("scam", "tip", ("a", "b"), 1, 3)


@pytest.fixture
async def database(database_url):
    """An empty database of either kind."""
    made = await open_database(database_url)
    yield made
    await made.close()


def _chat(key, days, **about):
    channel, _, external = key.partition(":")
    return Chat(key, channel, external, "vi", NOW - 50 * DAY, NOW - days * DAY, **about)


async def _fill(database, people, *groups):
    async with database.batch() as batch:
        await chats.save(batch, people)
        for group in groups:
            await joined.join(batch, [Member(f"{key}/1", key, group[0]) for key in group], NOW)


async def _send(connection, name="care"):
    content = Broadcast(name, "scam", Kind.TIP, "everyone")
    about = {"state": "running", "sender": "Lan", "expected": 0, "created_at": NOW, "start_at": NOW}
    return await broadcasts.add(connection, content, name=name, **about)


async def _reasons(connection, terms=TERMS, text="everyone"):
    """Why each chat does not get a broadcast."""
    meant = audience.meant(read_audience(text), terms, NOW)
    query = select(tables.chat.c.key, meant.why).where(meant.who).order_by(tables.chat.c.key)
    whole = {key: why for key, why in await connection.execute(query, {"after": "", "upto": "~"})}  # noqa: C416
    piece = query.where(audience.in_piece(tables.chat.c.key))
    keys = ["", *whole]
    for after, upto in itertools.pairwise(keys):  # one by one they are told the same
        [(key, why)] = await connection.execute(piece, {"after": after, "upto": upto})
        assert (key, why) == (upto, whole[upto])
    return whole


async def test_of_the_chats_of_one_person_one_gets_a_broadcast(database):
    """The one used last, of those that would get it: if it cannot be reached, the next."""
    people = [_chat("a:1", 3), _chat("b:1", 2), _chat("c:1", 1), _chat("a:2", 1, reachable=False), _chat("b:2", 5)]
    await _fill(database, [*people, _chat("a:3", 9), _chat("b:4", 9)], ("a:1", "b:1", "c:1"), ("a:2", "b:2"))
    async with database.read() as connection:
        assert await _reasons(connection) == {
            "a:1": Reason.SAME_PERSON,
            "b:1": "",
            "c:1": "channel_off",
            "a:2": "unreachable",
            "b:2": "",
            "a:3": "",
            "b:4": "",
        }
        assert await _reasons(connection, text='channel = "a"') == {"a:1": "", "a:2": "unreachable", "a:3": ""}
        urgent = await _reasons(connection, replace(TERMS, kind="emergency"))
        assert urgent["a:1"] == urgent["b:1"] == ""
        assert (await audience.count(connection, Everyone(), TERMS, NOW))[Reason.SAME_PERSON] == 1
        found = {each.chat: each.reason for each in await audience.sample(connection, Everyone(), TERMS, NOW, most=9)}
        assert found["a:1"] == Reason.SAME_PERSON


async def test_what_one_chat_had_counts_for_all_of_the_person(database):
    """A day after a tip here there is none there; who is not joined gets theirs."""
    await _fill(database, [_chat("a:1", 1), _chat("b:1", 2), _chat("a:2", 1), _chat("b:2", 2)], ("a:1", "b:1"))
    async with database.write() as connection:
        earlier = await _send(connection, "earlier")
        await recipients.add(connection, earlier, [("b:1", "b"), ("b:2", "b")], NOW - DAY // 2)
        await claims.acknowledge(connection, [Outcome(earlier, n, "sent", at=NOW - DAY // 2) for n in (1, 2)])
    async with database.read() as connection:
        assert await _reasons(connection) == {"a:1": "had_enough", "b:1": "had_enough", "a:2": "", "b:2": "had_enough"}
    async with database.batch() as batch:
        *_, had, got = await claims.look_up(batch, earlier + 1, ["a:1", "b:1", "a:2"], "scam", NOW)
        assert had == {"a:1": [NOW - DAY // 2], "b:1": [NOW - DAY // 2]}
        assert got == set()
        *_, got = await claims.look_up(batch, earlier, ["a:1", "b:1", "a:2"], "scam", NOW)
        assert got == {"a:1"}


async def test_who_joins_meanwhile_gets_it_once(database):
    """At the moment of sending it is looked at again."""
    await _fill(database, [_chat("a:1", 1), _chat("b:1", 2)])
    async with database.write() as connection:
        id_ = await _send(connection)
        statement = recipients.piece(id_, audience.meant(Everyone(), TERMS, NOW), now=NOW, holdout=0, most=50)
        assert (await recipients.gather(connection, id_, statement, ""))[0] == 2
    await _fill(database, [], ("a:1", "b:1"))
    async with database.batch() as batch:
        (one,) = await claims.claim(batch, id_, "a", after=0, until=9, most=5, now=NOW)
        (two,) = await claims.claim(batch, id_, "b", after=0, until=9, most=5, now=NOW)
        *_, got = await claims.look_up(batch, id_, [one.chat, two.chat], "scam", NOW)
        assert got == set()  # neither has it yet: it is better to say it twice than not at all
        await claims.acknowledge(batch, [Outcome(id_, one.n, "sent", at=NOW)])
        *_, got = await claims.look_up(batch, id_, [two.chat], "scam", NOW)
        assert got == {"b:1"}


async def test_a_person_is_counted_once_a_day(database):
    """Who goes on elsewhere with a guide is one who started it and one who finished it."""
    await _fill(database, [_chat("a:1", 1), _chat("b:1", 1), _chat("a:2", 1)], ("a:1", "b:1"))
    lines = [
        journal.Line("a:1", "tea", "kind", "started", "", NOW),
        journal.Line("b:1", "tea", "kind", "started", "", NOW + 5),
        journal.Line("b:1", "tea", "ready", "ended", "done", NOW + 9),
        journal.Line("a:2", "tea", "kind", "started", "", NOW + 9),
    ]
    async with database.batch() as batch:
        await journal.add(batch, lines)
    async with database.read() as connection:
        rows = (await connection.execute(counts._people())).all()
    assert sorted((row.what, row.answer) for row in rows) == [("ended", "done"), ("started", ""), ("started", "")]
