"""Several processes on one PostgreSQL database: who owns a chat, who takes over, and that nobody acts for what is another's."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.app import running
from bot.channel.base import Fault, Incoming, Message, SendFailed, What
from bot.channel.web import Web
from bot.people.role import Grant, Right, Role
from bot.people.team import Team
from bot.service import invitations, rights
from bot.service.conversation import NotStored
from bot.store import jobs, journal, outbox, relay, roles, tables, teams
from bot.store.audit import OPERATOR
from bot.store.database import DatabaseFault, open_database
from bot.store.outbox import Ids, OutboxRow
from bot.store.owner import BROADCASTS, CHORES, NotOwner
from bot.store.parts import PARTITIONS, part_of
from bot.store.shares import CUT, LEASE
from tests.kit.shell import DATABASE, MORNING, OPEN, Recorder, Shell, a_config, make_root, opened

pytestmark = pytest.mark.xdist_group("several")

ANSWERS = ("trà xanh", "xong", "3", "Bà Tư")
HELLO = "Chào bạn, mình là Cầm Tay, máy trả lời tự động."
HEADS = [HELLO, "Chọn loại trà", "Đun nước", "Mấy chén?", "Mời ai?", "Xong 3 chén mời Bà Tư"]


@pytest.fixture
def url(server, monkeypatch):
    """The address of the database they share."""
    made = server.ready()
    monkeypatch.setenv(DATABASE, made)
    yield made
    server.drop(made)


@asynccontextmanager
async def _several(folder, number, mouth=Recorder):
    """So many bots that serve together, each with a channel of its own that is called the same, as processes are."""
    root = make_root(folder)
    config = a_config(root)
    async with AsyncExitStack() as stack:
        bots = []
        for _ in range(number):
            channel = mouth()
            app = await stack.enter_async_context(running(config, opened(config), [channel], serves=True))
            bots.append(Shell(app, channel, MORNING))
        await _fair(*bots)
        yield bots


async def _cut(url, bot):
    """The server ends the connection on which a bot writes, and with it all that the bot owns."""
    async with bot.app.database._lock:
        driver = bot.app.database._writer.sync_connection.connection.driver_connection
        pid = driver.get_server_pid()
    other = await open_database(url)
    async with other.read() as connection:
        await connection.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    await other.close()


async def _until(is_so, seconds=15.0):
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 (what is looked at belongs to others)
            await asyncio.sleep(0.02)


def _owned(bot):
    return bot.app.database.owner.parts


async def _fair(*bots):
    """Until these own everything among themselves, in fair parts, and send in it."""
    most = -(-PARTITIONS // len(bots))

    def is_fair():
        owners = [bot.app.database.owner for bot in bots]
        parts = [part for owner in owners for part in owner.parts]
        return sorted(parts) == [*range(PARTITIONS)] and all(
            len(owner.parts) <= most and not owner.unconfirmed and not owner._leaving for owner in owners
        )

    async with asyncio.timeout(15):
        while not is_fair():
            await _look(*bots)


async def _look(*bots):
    """They look what is theirs, without waiting for the next second."""
    for bot in bots:
        with contextlib.suppress(DBAPIError, OSError):  # it has just been cut off
            await bot.app.share.look(bot.app.database.owner)
    await asyncio.sleep(0.01)


async def _says(bot, chat, words):
    """Said to one of them, again and again until it is stored, as platforms do."""
    said = bot.incoming(chat, What.TEXT, text=words)
    while True:
        with contextlib.suppress(NotStored):
            return await bot.app.conversation.accept(said)
        await asyncio.sleep(0.05)


def _heads(bots, chat):
    """What a chat was sent by any of them, in order of time."""
    found = [
        (at, outgoing.head)
        for bot in bots
        for at, (to, outgoing) in zip(bot.channel.times, bot.channel.sent, strict=True)
        if to == chat and isinstance(outgoing, Message)
    ]
    return [head for _, head in sorted(found)]


async def _walk(bots, chat, dice, last=None):
    """One person; every word is brought to one of them by chance. The next is said when the last was answered.

    `last`: an event before which the last word is not said.
    """
    for number, words in enumerate(("/start tea", *ANSWERS), 2):
        if last is not None and words == ANSWERS[-1]:
            await last.wait()
        await _says(dice.choice(bots), chat, words)
        await _until(lambda number=number: len(_heads(bots, chat)) >= number)


async def test_a_crowd_walks_with_words_brought_to_anybody(tmp_path, url):
    """Three bots behind a balancer that knows nothing: each answer once, in order, by the owner of the chat."""
    dice = random.Random(1)
    async with _several(tmp_path, 3) as bots:
        people = [str(number) for number in range(30)]
        await asyncio.gather(*(_walk(bots, person, dice) for person in people))
        for person in people:
            assert _heads(bots, person) == HEADS, person
        senders = {person: [bool(bot.heads(person)) for bot in bots].count(True) for person in people}
        assert set(senders.values()) == {1}
        assert all(bot.channel.sent for bot in bots)
        assert await bots[0].rows(tables.relay) == []
        assert len(await bots[0].rows(tables.inbox)) == len(people) * 5


async def test_connections_that_are_cut_while_people_walk_lose_nothing_and_mix_nothing_up(tmp_path, url):
    """Whoever is cut loses all it owns; the others take it, it comes back. Every answer counts once."""
    dice = random.Random(2)
    async with _several(tmp_path, 3) as bots:
        people = [str(number) for number in range(20)]
        enough = asyncio.Event()
        walks = asyncio.gather(*(_walk(bots, person, dice, enough) for person in people))
        cuts = 0
        try:
            while not walks.done() and cuts < 6:
                await _cut(url, dice.choice(bots))
                cuts += 1
                if cuts == 3:
                    enough.set()
                await asyncio.sleep(0.1)
            await walks
        finally:
            walks.cancel()
        for person in people:
            heads = _heads(bots, person)
            assert list(dict.fromkeys(heads)) == HEADS, (person, heads)
        states = [row for row in await bots[0].rows(tables.session) if row["finished"]]
        assert len(states) == len(people)
        answered = Counter(row["chat"] for row in await bots[0].rows(tables.journal, what="answered"))
        assert set(answered.values()) == {4}, answered


async def test_who_joins_gets_a_fair_part_and_who_leaves_gives_it_back(tmp_path, url):
    """Three, four, three: 22, 16, 22 partitions at most; nothing is nobody's for long."""
    async with _several(tmp_path, 3) as bots:
        config = a_config(tmp_path)
        async with running(config, opened(config), [Recorder()], serves=True) as app:
            fourth = Shell(app, Recorder())
            await _fair(*bots, fourth)
            assert [len(_owned(bot)) for bot in (*bots, fourth)] == [16] * 4
        await _fair(*bots)
        assert max(len(_owned(bot)) for bot in bots) == 22


async def test_an_owner_that_hangs_is_taken_over_and_can_neither_store_nor_send(tmp_path, url):
    """No sign of life for long: its connection is ended, its chats are another's, what it still holds is dropped."""
    async with _several(tmp_path, 2) as (first, second):
        person = next(str(n) for n in range(99) if part_of(f"paper:{n}") in _owned(first))
        key = f"paper:{person}"
        await _says(second, person, "/start tea")
        await _until(lambda: first.heads(person) == HEADS[:2])
        async with asyncio.timeout(5):
            while await first.rows(tables.outbox, state="waiting"):  # noqa: ASYNC110 (the rows are the database's)
                await asyncio.sleep(0.02)
        first.app.share.stop()
        await _hurry(first)
        first.channel.open.clear()  # its next message hangs at the platform
        owner = first.app.database.owner
        row = OutboxRow(Ids().next(), "paper", person, Message("under way"))
        behind = OutboxRow(Ids().next(), "paper", person, Message("behind"))
        async with first.app.database.write() as connection:
            await outbox.add(connection, [row, behind], first.now)
        first.app.sender.put([row, behind])
        async with first.app.database._lock:  # it does nothing any more
            await _until(lambda: not owner.is_sure, 8)
            assert owner.sends(key)
            assert len(_owned(second)) < PARTITIONS
            await _until(lambda: len(_owned(second)) == PARTITIONS, 8)
            await _until(lambda: second.heads(person) == ["under way", "behind"])
        first.channel.open.set()
        await _until(lambda: not first.app.sender._flying)
        assert first.heads(person) == [*HEADS[:2], "under way"]  # what was under way comes twice; nothing else
        await _says(second, person, ANSWERS[0])
        await _until(lambda: second.heads(person)[-1] == HEADS[2])

        with pytest.raises(NotOwner), owner.bound(key):
            async with first.app.database.write() as connection:
                await journal.add(connection, [journal.Line(key, "tea", "s", "answered", "", 1)])
        await _says(first, person, ANSWERS[1])  # it is taken in, for its owner
        await _until(lambda: second.heads(person)[-1] == HEADS[3])
        assert await second.step(person) == "tea/cups"


async def _hurry(bot):
    """A bot's last sign of life is now; everything that counts from it comes four times as fast."""
    owner = bot.app.database.owner
    owner.lease = LEASE / 4
    async with bot.app.database.batch() as batch:
        for name in ("idle_session_timeout", "idle_in_transaction_session_timeout"):
            await batch.ask([(text("SELECT set_config(:name, :cut, false)"), {"name": name, "cut": f"{CUT / 4}s"})])
        await owner.look(batch, lambda _: ())


async def test_a_transaction_begun_by_an_owner_does_not_outlive_its_locks(tmp_path, url):
    """Cut in the middle: all of it is taken back, whoever owns the chat by then."""
    async with _several(tmp_path, 2) as (first, second):

        async def write() -> None:
            async with first.app.database.batch() as batch:
                await journal.add(batch, [journal.Line("paper:1", "tea", "s", "answered", "", 1)])
                await relay.waiting(batch, [0], 1)
                driver = first.app.database._writer.sync_connection.connection.driver_connection
                other = await open_database(url)
                async with other.read() as connection:
                    pid = {"pid": driver.get_server_pid()}
                    assert await connection.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), pid)
                await other.close()

        with pytest.raises(DBAPIError):
            await write()
        await _fair(first, second)
        assert await first.rows(tables.journal) == []


async def test_due_work_is_done_once_and_chores_by_one(tmp_path, url):
    """Each looks for what is due in its own chats; what is the bot's own is one bot's duty."""
    async with _several(tmp_path, 3) as bots:
        people = [str(number) for number in range(12)]
        for person in people:
            await _says(bots[0], person, "/start tea")
            await _says(bots[1], person, ANSWERS[0])
        await _until(lambda: all(len(_heads(bots, person)) == 3 for person in people))
        looked = [await bot.app.clock.look(MORNING + 3 * 3_600_000) for bot in bots]
        assert sum(looked) == len(people)
        assert max(looked) < len(people)
        await _until(lambda: all(_heads(bots, person)[-1] == "Nước nguội rồi" for person in people))
        assert all(len(_heads(bots, person)) == 4 for person in people)
        await _until(lambda: sum(bot.app.database.owner.leads(CHORES) for bot in bots) == 1)


async def test_a_job_of_somebody_elses_chat_is_left_alone(tmp_path, url):
    """It comes too late to who owned the chat a moment ago: nothing happens, and the row stays for the owner."""
    async with _several(tmp_path, 2) as (first, second):
        person = next(str(n) for n in range(99) if part_of(f"paper:{n}") in _owned(second))
        await _says(second, person, "/start tea")
        await _says(second, person, ANSWERS[0])
        [waiting] = await second.rows(tables.job, kind="wait")
        name = f"{waiting['key']}@{waiting['due_at']}"
        about = {"text": "tea", "detail": "boil"}
        await first.app.conversation.accept(Incoming("paper", person, name, waiting["due_at"], What.TIME, **about))
        assert await second.rows(tables.job, kind="wait") == [waiting]
        assert await second.rows(tables.relay) == []


async def test_what_others_took_in_and_cannot_be_dealt_with_is_set_aside_alone(tmp_path, url, caplog):
    """A fault of ours that one thing brings in keeps nobody else waiting."""
    async with _several(tmp_path, 2) as (first, second):
        mine = [str(n) for n in range(200) if part_of(f"paper:{n}") in _owned(second)][:3]
        bad = Incoming("paper", mine[1], "bad", MORNING, What.TEXT, text="/start tea")
        wrong = "IF NEW.external = 'bad' AND NEW.state = 'done' THEN RAISE SQLSTATE '22000'; END IF; RETURN NEW;"
        async with first.app.database.write() as connection:
            await connection.execute(
                text(f"CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {wrong} END $$")
            )
            await connection.execute(
                text("CREATE TRIGGER no BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION no()")
            )
        good = [Incoming("paper", chat, f"good {chat}", MORNING, What.TEXT, text="/start tea") for chat in mine]
        async with first.app.database.batch() as batch:
            await relay.add(batch, [good[0], bad, good[2]])
        await _until(lambda: all(second.heads(chat) for chat in (mine[0], mine[2])))
        await second.app.conversation.accept(good[1])
        await _until(lambda: HEADS[1] in second.heads(mine[1]))
        assert await second.rows(tables.relay) == []
        [parked] = await second.rows(tables.inbox, state="parked")
        assert parked["external"] == "bad"
        assert "set aside" in caplog.text


async def test_a_duty_is_ones_and_goes_to_another_with_the_connection(tmp_path, url):
    """Asking a platform: who waits for its turn gets it when the other is cut off."""
    async with _several(tmp_path, 2) as bots:
        turns = {index: asyncio.create_task(bot.app.database.owner.turn("poll x")) for index, bot in enumerate(bots)}
        await _look(*bots)
        await _look(*bots)
        assert [turn.done() for turn in turns.values()].count(True) == 1
        has = next(index for index, turn in turns.items() if turn.done())
        bots[has].app.share.stop()
        await _cut(url, bots[has])
        await asyncio.wait_for(turns[1 - has], 5)
        owner = bots[has].app.database.owner
        with pytest.raises(NotOwner), owner.bound("poll x"):
            async with bots[has].app.database.write() as connection:
                await jobs.add(connection, [jobs.Job("k", "", 1, {})])
        assert not owner.leads("poll x")


async def test_a_page_shows_the_answer_of_another_process(tmp_path, url):
    """Who has posted sees what came of it at once; a page that is open hears of it, wherever it is open."""
    async with _several(tmp_path, 2, Web) as (first, second):
        person = next(str(n) for n in range(99) if part_of(f"web:{n}") in _owned(second))
        with first.channel.listen(person) as listener:
            await first.app.conversation.accept(Incoming("web", person, "a", MORNING, What.TEXT, "/start tea"))
            async with first.app.database.read() as connection:
                shown = await outbox.history(connection, "web", person)
            assert [row.outgoing.head for row in shown] == HEADS[:2]
            await asyncio.wait_for(listener.event.wait(), 5)


async def test_when_the_platform_says_too_fast_to_one_all_of_them_wait(tmp_path, url):
    """And what one sends takes its room in the pace of all."""
    limited = dataclasses.replace(OPEN, rate=10.0)
    async with _several(tmp_path, 2, lambda: Recorder(capabilities=limited)) as bots:

        def leading():
            return [bot.app.database.owner.leads(BROADCASTS) for bot in bots]

        await _until(lambda: sum(leading()) == 1)
        speaker, other = sorted(bots, key=lambda bot: bot.app.database.owner.leads(BROADCASTS))
        person = next(str(n) for n in range(99) if part_of(f"paper:{n}") in _owned(speaker))
        speaker.channel.faults.append(SendFailed(Fault.WAIT, "slowly", retry_after=2.0))
        await _says(speaker, person, "/start tea")
        await _until(lambda: not speaker.channel.faults)
        await _look(speaker, other)
        assert other.app.sender.pace("paper").rest > 0
        assert speaker.heads(person) == []
        await _until(lambda: speaker.heads(person) == HEADS[:2], 8)
        await _look(speaker)
        assert (await other.rows(tables.pace))[0]["next_at"] > 0


async def test_a_copy_is_refused_while_anybody_serves_and_nobody_serves_during_a_copy(url):
    """The right to serve is shared; a copy needs it alone."""
    serving = [await open_database(url, serves=True) for _ in range(2)]
    with pytest.raises(DatabaseFault, match="another bot uses this database"):
        await open_database(url, alone=True)
    for each in serving:
        await each.close()
    copying = await open_database(url, alone=True)
    with pytest.raises(DatabaseFault, match="another bot uses this database"):
        await open_database(url, serves=True)
    await copying.close()


async def test_the_server_ends_a_silent_connection_that_writes(url):
    """What lets go of a process that hangs: the settings are those of that connection alone."""
    assert LEASE < CUT == 10
    serving = await open_database(url, serves=True)
    async with serving.write() as connection:
        for name in ("idle_session_timeout", "idle_in_transaction_session_timeout"):
            assert await connection.scalar(text(f"SHOW {name}")) == "10s"
    async with serving.read() as connection:
        assert await connection.scalar(text("SHOW idle_session_timeout")) == "0"
    await serving.close()


async def test_numbers_of_processes_and_of_rows_are_nobody_elses(url):
    """Two that serve have two numbers, and each keeps its own when it has to connect anew."""
    first, second = [await open_database(url, serves=True) for _ in range(2)]
    numbers = first.owner.number, second.owner.number
    assert len({0, *numbers}) == 3
    async with first.batch() as batch:
        await jobs.add(batch, [jobs.Job("k", "a:1", 1, {})])
    await first._writer.invalidate()
    async with first.batch() as batch:
        await first.owner.look(batch, lambda _: ())
    assert (first.owner.number, second.owner.number) == numbers
    assert first.owner.alive == set(numbers)
    assert Ids.process in numbers
    await first.close()
    await second.close()


async def test_rows_of_a_new_owner_stand_behind_those_that_wait_whatever_the_clocks_say(url):
    """The former owner's clock was an hour ahead; and ids that follow another's row are still nobody else's."""
    first = await open_database(url, serves=True)
    ahead = OutboxRow((Ids().next() + (3_600_000 << 22)), "paper", "1", Message("from an hour ahead"))
    async with first.write() as connection:
        await outbox.add(connection, [ahead], MORNING)
    await first.close()
    second = await open_database(url, serves=True)
    ids = [Ids().next() for _ in range(5_000)]
    assert ids[0] > ahead.id
    assert ids == sorted(set(ids))
    assert {each >> 12 & 0x3FF for each in ids} == {second.owner.number}
    await second.close()
    Ids._last = 0


async def test_a_connection_that_ends_takes_everything_with_it_at_once(url):
    """Before anybody asks the database again: nothing more is begun for chats that another may have by now."""
    serving = await open_database(url, serves=True)
    owner = serving.owner
    owner.confirm(owner.unconfirmed)
    assert owner.sends("paper:1")
    driver = serving._writer.sync_connection.connection.driver_connection
    beside = await open_database(url)
    async with beside.read() as connection:
        await connection.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": driver.get_server_pid()})
    await beside.close()
    await _until(lambda: not owner.sends("paper:1"), 2)
    assert (owner.is_sure, owner.parts) == (False, frozenset())
    await serving.close()


async def test_a_role_that_is_used_is_taken_away_before_or_after(url):
    """While one process uses a right, another cannot revoke the role; what is revoked gives no right to either."""
    grant = Grant(Role.VOLUNTEER, "doan-xa", "thanh-hoa/ngoc-lac")
    one, other = await open_database(url), await open_database(url)
    try:
        async with one.batch() as batch:
            await teams.save(batch, [Team("doan-xa", "Đoàn xã", "youth", grant.place, MORNING)])
            await roles.give(batch, "a:1/1", grant, MORNING)
        async with one.batch() as using:
            assert await rights.use(using, "a:1/1", Right.TAKE_TICKET, MORNING, team="doan-xa")
            with pytest.raises(DBAPIError, match="lock timeout"):
                await _revokes(other, "a:1/1", grant)
        async with other.batch() as revoking:
            assert await invitations.revoke(revoking, OPERATOR, "a:1/1", grant, MORNING)
            waits = asyncio.create_task(_uses(one, "a:1/1"))
            await asyncio.wait([waits], timeout=0.05)
        assert not await waits
    finally:
        await one.close()
        await other.close()


async def _revokes(database, person, grant):
    """The role is taken away, at once or not at all."""
    async with database.write() as connection:
        await connection.execute(text("SET LOCAL lock_timeout = '20ms'"))
        await invitations.revoke(connection, OPERATOR, person, grant, MORNING)


async def _uses(database, person):
    """Whether this person takes a call at this moment."""
    async with database.batch() as batch:
        return await rights.use(batch, person, Right.TAKE_TICKET, MORNING, team="doan-xa")
