"""Audiences and recipients on real databases of both kinds: who is meant, who gets it, in which state each row is."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from bot.broadcast.audience import Everyone, read_audience
from bot.broadcast.model import Broadcast, Kind
from bot.broadcast.reason import COUNTED, Reason
from bot.channel import zalo_oa_api, zalo_oa_post
from bot.engine.chat import Chat, Profile
from bot.engine.session import Session
from bot.store import audience, broadcasts, chats, claims, optouts, profiles, recipients, results, tables
from bot.store.audience import DAY, Terms
from bot.store.claims import Outcome
from bot.store.database import open_database
from tests.kit.shell import REPOSITORY

NOW = 2_000 * DAY
TERMS = Terms("scam", "tip", ("a", "b"), 1, 3)


@pytest.fixture
async def database(database_url):
    """An empty database of either kind."""
    made = await open_database(database_url)
    yield made
    await made.close()


def _chat(external, **about):
    channel = about.pop("channel", "a")
    values = {"language": "vi", "created_at": NOW - 50 * DAY, "seen_at": NOW - DAY, **about}
    return Chat(f"{channel}:{external}", channel, external, **values)


def _session(flow, step, *, finished=False):
    return Session(flow, "digest", step, NOW, finished=finished)


async def _fill(database, people, sessions=()):
    async with database.write() as connection:
        await chats.save(connection, people)
        await chats.save_sessions(connection, sessions, NOW)


async def _send(connection, name="care", kind=Kind.TIP, topic="scam"):
    """A broadcast that runs; its id."""
    content = Broadcast(name, topic, kind, "everyone")
    about = {"state": "running", "sender": "Lan", "expected": 0, "created_at": NOW, "start_at": NOW}
    return await broadcasts.add(connection, content, name=name, **about)


async def _gather(connection, id_, after="", holdout=0.0, most=5_000):
    """One piece; how many, and the last of them."""
    meant = audience.meant(Everyone(), TERMS, NOW)
    statement = recipients.piece(id_, meant, now=NOW, holdout=holdout, most=most)
    return await recipients.gather(connection, id_, statement, after)


async def _rows(database, id_=1):
    async with database.read() as connection:
        table = tables.recipient
        found = await connection.execute(select(table).where(table.c.broadcast == id_).order_by(table.c.n))
        return [dict(row) for row in found.mappings()]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("everyone", "1 2 3 4 5"),
        ('language = "vi"', "1 2 3 5"),
        ('language != "vi"', "4"),
        ('language in ("vi", "en") and not channel = "b"', "1 2 3 4"),
        ('channel not in ("a", "c")', "5"),
        ('place under "thanh-hoa"', "1 2"),
        ('place under "thanh-hoa/ngoc-lac"', "1"),
        ('place = "thanh-hoa"', "2"),
        ('place under "thanh"', ""),
        ('team = "hoa-sen"', "3"),
        ("last_seen < 10 days ago", "2"),
        ("last_seen > 10 days ago", "1 3 4 5"),
        ("created > 1975-06-20", "5"),
        ("created < 1975-06-20", "1 2 3 4"),
        ('started("tea")', "1 2 3"),
        ('stuck("tea")', "1 2"),
        ('stuck("tea", "boil")', "1"),
        ('finished("tea")', "3"),
        ('wants("scam")', "1 2 3 5"),
        ('(stuck("tea") or finished("tea")) and not place = ""', "1 2"),
    ],
)
async def test_an_expression_finds_the_chats_it_means(database, expression, found):
    """Each condition, alone and joined; somebody who is set aside on a shared phone is never meant."""
    people = [
        _chat("1", place="thanh-hoa/ngoc-lac"),
        _chat("2", place="thanh-hoa", seen_at=NOW - 40 * DAY),
        _chat("3", team="hoa-sen"),
        _chat("4", language="en"),
        _chat("5", channel="b", created_at=NOW),
        _chat("1/2"),
    ]
    sessions = [
        ("a:1", _session("tea", "boil")),
        ("a:2", _session("tea", "cups")),
        ("a:3", _session("tea", "ready", finished=True)),
        ("a:1/2", _session("tea", "boil")),
    ]
    await _fill(database, people, sessions)
    async with database.write() as connection:
        await optouts.add(connection, "a:4", "", NOW)
        query = select(tables.chat.c.external).where(audience.condition(read_audience(expression), NOW))
        assert sorted((await connection.execute(query)).scalars()) == found.split()


async def test_who_does_not_get_it_is_counted_by_reason(database):
    """The first reason counts; a moment ago in a guide is a reason only while it lasts, and not for an emergency."""
    people = [
        _chat("1"),
        _chat("2", reachable=False),
        _chat("3", channel="z"),
        _chat("4"),
        _chat("5"),
        _chat("6", flow="tea", seen_at=NOW - 60_000),
        _chat("7", flow="tea"),
        _chat("8"),
    ]
    await _fill(database, people, [("a:6", _session("tea", "boil"))])
    async with database.write() as connection:
        await optouts.add(connection, "a:4", "scam", NOW)
        await optouts.add(connection, "a:5", "", NOW)
        await optouts.add(connection, "a:1", "weather", NOW)
        earlier = await _send(connection, "earlier")
        await recipients.add(connection, earlier, [("a:8", "a"), ("a:7", "a")], NOW - DAY // 2)
        await claims.acknowledge(connection, [Outcome(earlier, 1, "sent", at=NOW - DAY // 2)])
    async with database.read() as connection:
        found = await audience.count(connection, Everyone(), TERMS, NOW)
        assert found == {"": 2, "unreachable": 1, "channel_off": 1, "opted_out": 2, "in_a_guide": 1, "had_enough": 1}
        urgent = Terms("scam", "emergency", ("a", "b"), 1, 3)
        assert (await audience.count(connection, Everyone(), urgent, NOW))[""] == 4
        (newest, *_) = await audience.sample(connection, Everyone(), TERMS, NOW, most=3)
        assert (newest.chat, newest.where, newest.reason) == ("a:6", "tea/boil", "in_a_guide")


def test_every_reason_is_documented_and_said():
    """One list: the page names them all, a platform's own are among them, and a tip's writer hears each that is counted."""
    page = (REPOSITORY / "docs/broadcasts.md").read_text(encoding="utf-8").partition("## Who does not get it")[2]
    rows = "".join(line.split("|")[1] for line in page.partition("\n## ")[0].splitlines() if line.startswith("|"))
    assert set(re.findall(r"`(\w+)`", rows)) == set(Reason)
    assert {zalo_oa_post.QUOTA, zalo_oa_api.WINDOW} <= set(Reason)
    for language in ("vi", "en"):
        words = (REPOSITORY / f"content/{language}/_bot/tip.j2").read_text(encoding="utf-8")
        said = words.partition("{% block counted %}")[2].partition("{% endblock %}")[0]
        assert [reason for reason in COUNTED if f"{{% if {reason} %}}" not in said] == []


async def test_recipients_are_gathered_in_pieces_and_nobody_twice(database):
    """However small the pieces, everybody is there once, numbered from 1 in the order of the keys."""
    await _fill(database, [_chat(f"{number:03}", reachable=number % 10 != 0) for number in range(95)])
    async with database.write() as connection:
        id_ = await _send(connection)
        sizes, last = [], ""
        for _ in range(5):
            size, last = await _gather(connection, id_, last, most=30)
            sizes.append((size, last))
        assert sizes == [(30, "a:029"), (30, "a:059"), (30, "a:089"), (5, "a:094"), (0, "a:094")]
        await chats.save(connection, [_chat("000a"), _chat("999")])
        assert await _gather(connection, id_, last) == (1, "a:999"), (
            "who came before the last one is not in it any more"
        )
    rows = await _rows(database)
    assert [row["n"] for row in rows] == list(range(1, 97))
    assert [row["chat"] for row in rows] == [*(f"a:{number:03}" for number in range(95)), "a:999"]
    assert sum(row["state"] == "skipped" and row["reason"] == "unreachable" for row in rows) == 10


async def test_a_holdout_is_a_fair_share_and_another_one_each_time(database):
    """About a tenth of many, not the same people in two broadcasts."""
    await _fill(database, [_chat(f"{number:04}") for number in range(2_000)])
    held = []
    for name in ("one", "two"):
        async with database.write() as connection:
            id_ = await _send(connection, name)
            await _gather(connection, id_, holdout=10.0)
        held.append({row["chat"] for row in await _rows(database, id_) if row["reason"] == "holdout"})
    assert 190 <= len(held[0]) <= 210
    assert 190 <= len(held[1]) <= 210
    assert len(held[0] & held[1]) < 60


@pytest.mark.parametrize("hot", [False, True])
async def test_a_row_goes_from_planned_to_its_end(database, hot):
    """Claimed once, in order, of one channel; acknowledged with the platform's id; what a dead run held is unknown."""
    await _fill(database, [*(_chat(f"{n}") for n in range(1, 7)), _chat("1", channel="b")])
    async with database.write() as connection:
        id_ = await _send(connection)
        await _gather(connection, id_)
    about = {"until": 99, "now": NOW + 1}
    async with database.batch() if hot else database.write() as connection:
        first = await claims.claim(connection, id_, "a", after=0, most=2, **about)
        second = await claims.claim(connection, id_, "a", after=2, most=2, **about)
        assert [claimed.n for claimed in (*first, *second)] == [1, 2, 3, 4]
        assert await claims.claim(connection, id_, "a", after=0, most=5, until=5, now=NOW) == [
            claims.Claimed(5, "a:5", 0)
        ]
        assert [c.chat for c in await claims.claim(connection, id_, "b", after=0, most=5, **about)] == ["b:1"]
        people, refused, had, _ = await claims.look_up(connection, id_, ["a:1", "a:9"], "scam", NOW)
        assert set(people) == {"a:1"}
        assert (refused, had) == (set(), {})
        outcomes = [
            Outcome(id_, 1, "sent", "", 0, "m1", 1, NOW + 5),
            Outcome(id_, 2, "failed", "gone", 1, at=NOW + 6),
            Outcome(id_, 3, "planned", "", 2, at=NOW + 7),
        ]
        await claims.acknowledge(connection, outcomes)
    async with database.write() as connection:
        assert await recipients.recover(connection) == 3
        assert await recipients.counts(connection, id_) == {
            ("sent", ""): 1,
            ("failed", "gone"): 1,
            ("planned", ""): 2,
            ("unknown", "crash"): 3,
        }
        assert await recipients.some_left(connection, id_)
        assert not await recipients.some_left(connection, id_, until=2)
        assert await recipients.retriable(connection, id_) == (0, 3)
        assert await recipients.retry(connection, id_, unknown=False) == 0
        assert await recipients.retry(connection, id_, unknown=True) == 3
        assert [await recipients.call_off(connection, id_, 4) for _ in range(3)] == [4, 1, 0]
    (sent, *_) = await _rows(database)
    assert (sent["message"], sent["version"], sent["at"], sent["state"]) == ("m1", 1, NOW + 5, "sent")


async def test_what_was_sent_is_found_for_a_change_and_marked(database):
    """Newer words go to who has older ones; a deleted row is not found again."""
    await _fill(database, [_chat(f"{n}") for n in range(1, 4)])
    async with database.write() as connection:
        id_ = await _send(connection)
        await _gather(connection, id_)
        await claims.acknowledge(connection, [Outcome(id_, n, "sent", "", 0, f"m{n}", 1, NOW) for n in (1, 2)])
        found = await claims.delivered(connection, id_, "a", version=2, after=0, most=9)
        assert [(row.n, row.chat, row.message) for row in found] == [(1, "a:1", "m1"), (2, "a:2", "m2")]
        await claims.changed(connection, [(id_, 2, 1, "sent", ""), (id_, 2, 2, "deleted", "")])
        assert await claims.delivered(connection, id_, "a", version=2, after=0, most=9) == []
        assert [row.n for row in await claims.delivered(connection, id_, "a", version=3, after=0, most=9)] == [1]


async def test_the_report_tells_the_rate_from_the_first_message_to_the_last(database):
    """Four a quarter of a second apart; whose time is kept by the day alone does not count."""
    await _fill(database, [_chat(f"{number}") for number in range(5)])
    async with database.write() as connection:
        id_ = await _send(connection)
        await _gather(connection, id_)
        await claims.claim(connection, id_, "a", after=0, until=99, most=9, now=NOW)
        sent = [Outcome(id_, n, "sent", message=str(n), version=1, at=NOW + 250 * n) for n in range(1, 6)]
        await claims.acknowledge(connection, sent)
        await recipients.make_nameless(connection, ["a:4"])
        row = await broadcasts.find(connection, "care")
        assert (await results.results(connection, row))["rate"] == 4.0


async def test_an_erased_person_leaves_rows_that_belong_to_nobody(database):
    """In every broadcast, in any state; the sums stay, the wishes go, and a late receipt leads to nobody."""
    await _fill(database, [_chat("1"), _chat("2")])
    async with database.write() as connection:
        for name in ("one", "two", "three"):
            id_ = await _send(connection, name)
            await _gather(connection, id_)
        await claims.acknowledge(connection, [Outcome(1, 1, "sent", "", 0, "m1", 1, NOW + 7)])
        await claims.claim(connection, 2, "a", after=0, until=1, most=1, now=NOW)
        await optouts.add(connection, "a:1", "scam", NOW)
        kept = await chats.everything(connection, _chat("1"))
        assert sorted(row["state"] for row in kept["recipient"]) == ["claimed", "planned", "sent"]
        assert [row["topic"] for row in kept["optout"]] == ["scam"]
        await chats.erase(connection, _chat("1"))
        await claims.acknowledge(connection, [Outcome(2, 1, "sent", "", 0, "m2", 1, NOW)])
        found = [await recipients.counts(connection, id_) for id_ in (1, 2, 3)]
    assert found == [
        {("sent", ""): 1, ("planned", ""): 1},
        {("sent", ""): 1, ("planned", ""): 1},
        {("skipped", "erased"): 1, ("planned", ""): 1},
    ]
    for id_ in (1, 2, 3):
        row = (await _rows(database, id_))[0]
        assert (row["chat"], row["message"], row["at"] % DAY) == ("#1", "", 0)
    async with database.read() as connection:
        assert (await connection.execute(select(tables.optout))).all() == []


async def test_wishes_go_with_the_person_who_shares_a_phone(database):
    """Who takes the phone has said nothing yet; who comes back finds what they had said."""
    first = _chat("1", number=1, others=(Profile(2, "co"),))
    await _fill(database, [first, _chat("1/2")])
    async with database.write() as connection:
        await optouts.add(connection, "a:1", "scam", NOW)
        await profiles.switch(connection, first, 2, leaves=True)
        found = (await connection.execute(select(tables.optout.c.chat))).scalars().all()
        assert found == ["a:1/1"]


async def test_a_broadcast_comes_back_as_it_was_and_its_name_is_taken(database):
    """Round trip; a second one of the same name is refused; a change only counts in the states it names."""
    content = Broadcast("care", "scam", Kind.NOTICE, "everyone", ("open:tea",), words={"vi": "x"})
    about = {"state": "asked", "sender": "Lan", "expected": 7, "created_at": NOW, "start_at": NOW + 5}
    async with database.write() as connection:
        id_ = await broadcasts.add(connection, content, name="care", **about)
        assert await broadcasts.add(connection, content, name="care", **about) is None
        row = await broadcasts.find(connection, "care")
        assert (row.id, row.content, row.expected, row.counts) == (id_, content, 7, {})
        assert await broadcasts.change(connection, id_, only_if=["asked"], state="scheduled", approvals=("Minh",))
        assert not await broadcasts.change(connection, id_, only_if=["asked"], state="running")
        assert await broadcasts.at_work(connection, NOW) == []
        (row,) = await broadcasts.at_work(connection, NOW + 5)
        assert row.approvals == ("Minh",)
        await broadcasts.count_waits(connection, [id_] * 3)
        assert (await broadcasts.find(connection, "care")).waits == 3
        assert await broadcasts.find(connection, "other") is None
        urgent = Broadcast("flood", "flood", Kind.EMERGENCY, "everyone")
        await broadcasts.add(connection, urgent, name="flood", **{**about, "state": "running", "start_at": NOW + 9})
        assert [row.name for row in await broadcasts.at_work(connection, NOW + 9)] == ["flood", "care"]
