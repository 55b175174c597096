"""Every function of the store on a real file."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from bot.channel.base import Button, Deletion, Incoming, Keyboard, Message, Picture, VoiceNote, What
from bot.engine.button import ButtonMeaning
from bot.engine.chat import Chat
from bot.engine.session import Session, Visit
from bot.store import buttons, chats, files, inbox, jobs, journal, outbox, tables
from bot.store.database import DatabaseFault, open_database
from bot.store.hot import fetch
from bot.store.journal import DAY
from bot.store.outbox import Ids, OutboxRow, Outcome
from tests.kit.shell import refuse

LONG = Message(
    "Đầu đề 🍵",
    "Thân\n\nbài “ngoặc” <b>&",
    "Bước 1/3",
    Picture("tea/a.svg", "Ấm trà"),
    (Button("abc", "Xong", "main"), Button("def", "Chưa")),
    ("🏠", "🔊"),
)
KINDS = [
    Message("Chỉ đầu"),
    LONG,
    VoiceNote("vi/a.ogg"),
    Keyboard("7", (Button("x", "y", "small"),)),
    Keyboard("#9", ()),
]
KINDS.append(Deletion("12"))


@pytest.fixture
async def database(database_url):
    """An empty database of either kind."""
    made = await open_database(database_url)
    yield made
    await made.close()


async def _all(database, table):
    async with database.read() as connection:
        query = select(table).order_by(*table.primary_key)
        return [dict(row) for row in (await connection.execute(query)).mappings()]


def _chat(external="1", **about):
    return Chat(f"a:{external}", "a", external, "vi", 5, 6, **about)


def _incoming(chat, external):
    return Incoming("a", chat, external, 7, What.TEXT, text="never stored")


async def test_a_chat_and_its_sessions_come_back_as_they_were(database):
    """Round trip; a second save overwrites; unknown keys are simply not there."""
    chat = _chat(flow="tea", address="bac", welcomed=True, offers=("a", "b"), offers_step="s", asked=1 << 62, misses=2)
    session = Session(
        "tea", "digest", "boil", 9, (Visit("kind", "green", 8),), Visit("kind", "green", 8), 1, muted=True
    )
    async with database.write() as connection:
        await chats.save(connection, [chat, _chat("2")])
        await chats.save_sessions(connection, [("a:1", session), ("a:1", replace(session, flow="rice"))], 9)
    async with database.write() as connection:
        chat = replace(chat, reachable=False, flow="")
        await chats.save(connection, [chat])
        await chats.save_sessions(connection, [("a:1", replace(session, step="cups", finished=True))], 10)
    async with database.read() as connection:
        found, sessions = await chats.load(connection, {"a:1", "a:2", "a:3"})
    assert found == {"a:1": chat, "a:2": _chat("2")}
    assert sessions["a:1"] == {
        "tea": replace(session, step="cups", finished=True),
        "rice": replace(session, flow="rice"),
    }
    assert sessions["a:2"] == sessions["a:3"] == {}


@pytest.mark.parametrize("count", [1, 2, 3, 200, 256])
async def test_any_number_of_chats_is_loaded_at_once(database, count):
    """Lists of every length, up to a whole batch."""
    people = [_chat(str(n)) for n in range(count)]
    async with database.write() as connection:
        await chats.save(connection, people)
    async with database.read() as connection:
        found, _ = await chats.load(connection, [chat.key for chat in people])
        news = [_incoming(chat.external, chat.external) for chat in people]
        assert await fetch(connection, inbox.known(news)) == [[]]
    assert found == {chat.key: chat for chat in people}


async def test_marking_unreachable_hits_the_named_chats_of_the_channel_only(database):
    """The same id on another channel is somebody else."""
    other = replace(_chat(), key="b:1", channel="b")
    async with database.write() as connection:
        await chats.save(connection, [_chat(), _chat("2"), other])
        await chats.mark_unreachable(connection, [("a", chat) for chat in ["1"]])
    assert {row["key"]: row["reachable"] for row in await _all(database, tables.chat)} == {
        "a:1": False,
        "a:2": True,
        "b:1": True,
    }


async def test_erasing_leaves_nothing_of_that_chat_and_everything_of_others(database):
    """All tables but what every chat shares; what still has to be sent is sent, and what was counted stays a count."""
    ids = Ids()
    async with database.write() as connection:
        await chats.save(connection, [_chat(), _chat("2")])
        session = Session("tea", "d", "s", 1)
        await chats.save_sessions(connection, [("a:1", session), ("a:2", session)], 1)
        await inbox.add(connection, [(_incoming("1", "x"), ""), (_incoming("2", "y"), "")])
        at = DAY + 7
        await journal.add(connection, [journal.Line(key, "tea", "s", "answered", "yes", at) for key in ("a:1", "a:2")])
        await jobs.add(connection, [jobs.Job(f"wait:{key}", key, 1, {}) for key in ("a:1", "a:2")])
        rows = [OutboxRow(ids.next(), "a", chat, Message("x")) for chat in ("1", "1", "2")]
        await outbox.add(connection, rows, 1)
        await outbox.finish(connection, [Outcome(rows[0], "sent", "5")])
        await chats.erase(connection, _chat())
    lines = [(line["chat"], line["answer"], line["at"]) for line in await _all(database, tables.journal)]
    assert lines == [("", "", DAY), ("a:2", "yes", DAY + 7)]
    for table in (tables.chat, tables.session, tables.inbox, tables.job):
        left = await _all(database, table)
        assert len(left) == 1, table.name
        assert "a:2" in left[0].values()
    assert [(row["chat"], row["state"]) for row in await _all(database, tables.outbox)] == [("2", "waiting")]


async def test_what_was_sent_to_the_erased_is_swept_and_to_others_kept(database):
    """The farewell outlives the chat by an hour at most."""
    ids = Ids()
    async with database.write() as connection:
        await chats.save(connection, [_chat("2")])
        rows = [OutboxRow(ids.next(), "a", chat, Message("x")) for chat in ("1", "2", "1")]
        await outbox.add(connection, rows, 100)
        await outbox.finish(connection, [Outcome(row, "sent") for row in rows[:2]])
        await outbox.forget_erased(connection, 100)
        assert await outbox.counts(connection) == {("a", "sent"): 2, ("a", "waiting"): 1}
        await outbox.forget_erased(connection, 101)
    assert [row["id"] for row in await _all(database, tables.outbox)] == [rows[1].id, rows[2].id]


async def test_the_inbox_knows_what_it_has_seen_and_forgets_in_time(database):
    """Unique per channel; a parked one stays until somebody has looked."""
    async with database.write() as connection:
        await inbox.add(connection, [(_incoming("1", "x"), ""), (_incoming("1", "y"), "ValueError")])
        await inbox.add(connection, [(_incoming("9", "x"), "")])
    async with database.write() as connection:
        asked = [_incoming("1", "x"), replace(_incoming("1", "x"), channel="b"), _incoming("1", "z")]
        assert await fetch(connection, inbox.known(asked)) == [[("a", "x")]]
        await inbox.forget(connection, 7)
        assert len(await fetch(connection, inbox.known(asked))) == 1
        await inbox.forget(connection, 8)
    (left,) = await _all(database, tables.inbox)
    assert (left["external"], left["state"], left["reason"]) == ("y", "parked", "ValueError")
    assert "never stored" not in str(left)


@pytest.mark.parametrize("outgoing", KINDS, ids=lambda o: type(o).__name__)
async def test_every_kind_of_outgoing_thing_survives_the_outbox(database, outgoing):
    """What is sent after a restart is what was meant."""
    row = OutboxRow(Ids().next(), "a", "1", outgoing)
    async with database.write() as connection:
        await outbox.add(connection, [row], 1)
    async with database.read() as connection:
        assert await outbox.waiting(connection, ["a"]) == [row]


async def test_waiting_rows_come_oldest_first_in_pages_and_of_the_channels_served(database):
    """Order is by id, whatever the order of writing."""
    ids = Ids()
    rows = [OutboxRow(ids.next(), "ab"[n % 2], str(n), Message(str(n))) for n in range(10)]
    async with database.write() as connection:
        await outbox.add(connection, reversed(rows), 1)
    async with database.read() as connection:
        assert await outbox.waiting(connection, ["a"]) == rows[::2]
        assert await outbox.waiting(connection, ["a", "b"], most=3) == rows[:3]
        assert await outbox.waiting(connection, ["a", "b"], rows[2].id, 3) == rows[3:6]
        assert await outbox.waiting(connection, ["c"]) == []


async def test_outcomes_are_written_down_and_words_dropped_unless_shown_from_here(database):
    """State, receipt, reason, tries; `keeps` decides about the words; history shows what is kept."""
    ids = Ids()
    rows = [OutboxRow(ids.next(), "a", "1", Message(str(n)), attempts=n) for n in range(4)]
    async with database.write() as connection:
        await outbox.add(connection, rows, 1)
        await outbox.finish(
            connection,
            [
                Outcome(rows[0], "sent", "77", keeps=True),
                Outcome(rows[1], "sent", "78"),
                Outcome(rows[2], "failed", reason="gone", keeps=True),
            ],
        )
        assert await outbox.receipt(connection, rows[0].id) == "77"
        assert await outbox.receipt(connection, 123) == ""
        history = await outbox.history(connection, "a", "1")
        assert [row.outgoing.head for row in history] == ["0", "2", "3"]
        assert [row.id for row in await outbox.history(connection, "a", "1", after=rows[0].id, most=1)] == [rows[3].id]
        assert await outbox.counts(connection) == {("a", "sent"): 2, ("a", "failed"): 1, ("a", "waiting"): 1}
    found = [
        (row["state"], row["receipt"], row["reason"], row["attempts"]) for row in await _all(database, tables.outbox)
    ]
    assert found == [("sent", "77", "", 1), ("sent", "78", "", 2), ("failed", "", "gone", 3), ("waiting", "", "", 0)]
    async with database.write() as connection:
        await outbox.forget(connection, 2)
    assert [row["state"] for row in await _all(database, tables.outbox)] == ["waiting"]


def test_ids_grow_strictly_in_one_process_however_fast():
    """They order the outbox, so none repeats and none falls back."""
    ids = Ids()
    made = [ids.next() for _ in range(20_000)]
    assert made == sorted(set(made))
    assert 0 < made[-1] < 1 << 63


def test_ids_of_several_counters_at_once_grow_each():
    """A restart within a millisecond goes on above what it can know."""
    found: list[list[int]] = []

    def count():
        ids = Ids()
        found.append([ids.next() for _ in range(2_000)])

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each == sorted(set(each)) for each in found)


async def test_jobs_are_due_in_order_replaced_put_off_parked_and_cancelled(database):
    """One row per key, from writing to done."""
    async with database.write() as connection:
        await jobs.add(connection, [jobs.Job(f"k{n}", "a:1", 100 - n, {"step": f"s{n}"}) for n in range(4)])
        assert [job.key for job in await jobs.due(connection, 99, "a")] == ["k3", "k2", "k1"]
        assert [job.key for job in await jobs.due(connection, 99, "a", most=1)] == ["k3"]
        await jobs.add(connection, [jobs.Job("k3", "a:1", 200, {"step": "new"})])
        old = [jobs.Job(f"k{n}", "a:1", 100 - n, {}) for n in range(4)]
        again = [jobs.Failure(old[2], "OSError", 150), jobs.Failure(old[3], "OSError", 150)]  # k3 was replaced
        await jobs.fail(connection, again)
        await jobs.park(connection, {"k1": "ValueError"})
        assert [job.key for job in await jobs.due(connection, 120, "a")] == ["k0"]
        assert await jobs.names(connection, {"k1", "k2", "k9"}) == {"k2": "k2@150"}
        assert await jobs.names(connection, set()) == {}
        assert await jobs.counts(connection) == {"waiting": 3, "parked": 1}
        await jobs.cancel(connection, ["k0", "k2"])
        await jobs.cancel(connection, [])
        (job,) = await jobs.due(connection, 1000, "a")
    assert (job.payload, job.name) == ({"step": "new"}, "k3@200")
    async with database.write() as connection:
        await jobs.add(connection, [jobs.Job("k1", "a:1", 1, {})])  # waiting anew is no longer parked
        assert await jobs.counts(connection) == {"waiting": 2}


async def test_due_jobs_are_those_of_a_channel_and_of_kinds_that_are_known(database):
    """Whatever letters a channel's name has; the bot's own are nobody's."""
    whose = ("zalo:1", "zalo_bot:1", "zaloXbot:1", "ZALO_bot:1:2", "")
    async with database.write() as connection:
        await jobs.add(connection, [jobs.Job(f"k{chat}", chat, 1, {}, "wait" if chat else "sweep") for chat in whose])
        await jobs.add(connection, [jobs.Job("new", "zalo_bot:1", 1, {}, "riddle")])
        assert [job.chat for job in await jobs.due(connection, 1, "zalo")] == ["zalo:1"]
        assert [job.chat for job in await jobs.due(connection, 1, "")] == []
        assert [job.kind for job in await jobs.due(connection, 1, "", ["sweep"])] == ["sweep"]
        found = await jobs.due(connection, 1, "zalo_bot", {"wait": 1, "riddle": 2})
        assert {job.key for job in found} >= {"kzalo_bot:1", "new"}
        assert not {job.chat for job in found} & {"zalo:1", "zaloXbot:1", ""}


async def test_parked_jobs_are_listed_tried_again_and_dropped(database):
    """With reason and tries; what waits is told by kind, and neither dropped nor hastened."""
    made = [jobs.Job(f"k{n}", "a:1", n, {"n": n}) for n in range(1, 6)]
    async with database.write() as connection:
        await jobs.add(connection, [*made, jobs.Job("s", "", 9, {"last": 3}, "sweep")])
        await jobs.fail(connection, [jobs.Failure(each, "KeyError", None) for each in made[:3]])
        await jobs.fail(connection, [jobs.Failure(made[3], "OSError", 700)])
        assert [(j.key, j.due_at, j.attempts, j.reason) for j in await jobs.parked(connection)] == [
            (f"k{n}", n, 1, "KeyError") for n in (1, 2, 3)
        ]
        assert await jobs.waiting(connection, 8) == [
            jobs.Waiting("sweep", 1, 9, 0, 0),
            jobs.Waiting("wait", 2, 5, 1, 1),
        ]
        found = await jobs.find(connection, "s")
        assert found is not None
        assert (found.payload, found.kind) == ({"last": 3}, "sweep")
        assert await jobs.find(connection, "k9") is None
        assert [await jobs.drop(connection, key) for key in ("k1", "k1", "k5", "k9")] == [True, False, False, False]
        assert [await jobs.retry(connection, key, 50) for key in ("k2", "k2", "k5")] == [1, 0, 0]
        assert await jobs.retry(connection, "", 60) == 1
        due = {job.key: (job.due_at, job.attempts, job.reason) for job in await jobs.due(connection, 800, "a")}
    assert due == {"k2": (50, 0, ""), "k3": (60, 0, ""), "k4": (700, 1, "OSError"), "k5": (5, 0, "")}


async def test_what_recurs_is_made_once_and_begins_anew_only_when_it_is_lost(database):
    """Parked, or due so late that the clock must have been wrong; what it knows stays."""
    async with database.write() as connection:
        for due, wanted in ((10, 10), (20, 10), (30, 10)):
            await jobs.keep(connection, jobs.Job("s", "", due, {}, "sweep"), due + 100)
            assert [job.due_at for job in await jobs.due(connection, 999, "", ["sweep"])] == [wanted]
        await jobs.add(connection, [jobs.Job("s", "", 500, {"last": 4}, "sweep")])
        await jobs.keep(connection, jobs.Job("s", "", 40, {}, "sweep"), 140)
        assert await jobs.find(connection, "s") == jobs.Job("s", "", 40, {"last": 4}, "sweep")
        await jobs.park(connection, {"s": "ValueError"})
        await jobs.keep(connection, jobs.Job("s", "", 50, {}, "sweep"), 150)
        assert await jobs.find(connection, "s") == jobs.Job("s", "", 50, {"last": 4}, "sweep")
        assert await jobs.counts(connection) == {"waiting": 1}


async def test_buttons_are_kept_for_ever_and_the_first_meaning_stays(database):
    """Adding again changes nothing; what was never shown is not found."""
    first, other = ButtonMeaning("tea", "d1", "kind", "green"), ButtonMeaning("tea", "d2", "kind", "black")
    async with database.write() as connection:
        await buttons.add(connection, {"id1": first})
        await buttons.add(connection, {"id1": other, "id2": other})
        await buttons.add(connection, {})
        assert await buttons.find(connection, ["id1", "id2", "id3"]) == {"id1": first, "id2": other}


async def test_files_are_remembered_per_account_and_a_failing_database_costs_an_upload_only(database):
    """Keep, find, drop; another account has its own."""
    mine, other = files.Files(database, "telegram:1"), files.Files(database, "telegram:2")
    assert await mine.find("sha") == ""
    await mine.keep("sha", "id-1")
    assert await files.Files(database, "telegram:1").find("sha") == "id-1"
    assert await other.find("sha") == ""
    await mine.drop("sha")
    assert await mine.find("sha") == ""
    assert await files.Files(database, "telegram:1").find("sha") == ""
    await refuse(database)
    await mine.keep("sha", "id-2")
    assert await mine.find("sha") == "id-2"


async def test_journal_lines_are_added_in_order(database):
    """They are the source of every count."""
    lines = [journal.Line("a:1", "tea", f"s{n}", "answered", "green", n) for n in range(3)]
    async with database.write() as connection:
        await journal.add(connection, lines)
        await journal.add(connection, [])
    assert [row["step"] for row in await _all(database, tables.journal)] == ["s0", "s1", "s2"]


async def test_readers_do_not_wait_for_the_writer(database):
    """A page can be rendered while a batch is being written; it sees what was committed before."""
    async with database.write() as connection:
        await jobs.add(connection, [jobs.Job("k", "a:1", 1, {})])
        async with asyncio.timeout(2), database.read() as reader:
            assert await jobs.counts(reader) == {}


@pytest.mark.parametrize("url", ["sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"])
async def test_a_database_in_memory_is_not_held(url):
    """It is nobody else's."""
    for made in [await open_database(url, alone=True) for _ in range(2)]:
        await made.close()


async def test_a_database_is_held_by_one_serving_bot(database_url):
    """A second one is refused for as long as the first serves; what does not serve (the terminal chat) may use it."""
    serving = await open_database(database_url, alone=True)
    with pytest.raises(DatabaseFault, match=r"another bot uses this database \(setting 'database'\)"):
        await open_database(database_url, alone=True)
    await (await open_database(database_url)).close()
    async with serving.write() as connection:
        await jobs.add(connection, [jobs.Job("k", "a:1", 1, {})])
    await serving.close()
    serving = await open_database(database_url, alone=True)
    assert [job["key"] for job in await _all(serving, tables.job)] == ["k"]
    await serving.close()


async def test_the_lock_of_a_file_is_a_file_beside_it(tmp_path):
    """It stays there, empty, and says nothing of who held it."""
    await (await open_database(f"sqlite+aiosqlite:///{tmp_path}/new/bot.db", alone=True)).close()
    assert {path.name: path.stat().st_size > 0 for path in (tmp_path / "new").iterdir()} == {
        "bot.db": True,
        "bot.db.lock": False,
    }


@pytest.mark.parametrize(("fault", "raised"), [(None, DBAPIError), (object(), (sqlite3.ProgrammingError, ValueError))])
async def test_a_batch_that_fails_at_its_end_leaves_the_connection_free(database, fault, raised):
    """A write is refused on the way to the commit: all of the batch is taken back, and the next one works."""
    good = journal.Line("a:1", "tea", "s", "answered", "", 1)

    async def both() -> None:
        async with database.batch() as batch:
            await journal.add(batch, [good])
            await journal.add(batch, [replace(good, step=fault)])

    with pytest.raises(raised):
        await both()
    assert await _all(database, tables.journal) == []
    async with database.batch() as batch:
        await journal.add(batch, [good])
    async with database.write() as connection:
        await journal.add(connection, [good])
    assert len(await _all(database, tables.journal)) == 2


async def test_what_a_reader_is_told_is_as_of_one_moment(database):
    """Sums of several questions add up, whatever is written between them."""
    async with database.read() as reader:
        assert await jobs.counts(reader) == {}
        async with database.write() as connection:
            await jobs.add(connection, [jobs.Job("k", "a:1", 1, {})])
        assert await jobs.counts(reader) == {}
    async with database.read() as reader:
        assert await jobs.counts(reader) == {"waiting": 1}


async def test_a_database_that_refuses_for_a_while_is_written_to_again(database):
    """Both ways of writing fail as DBAPIError, and nothing is left of it."""

    async def batch() -> None:
        async with database.batch() as connection:
            await jobs.add(connection, [jobs.Job("k", "a:1", 1, {})])

    async def write() -> None:
        async with database.write() as connection:
            await jobs.add(connection, [jobs.Job("l", "a:1", 1, {})])

    for way in (batch, write):
        await refuse(database)
        with pytest.raises(DBAPIError):
            await way()
        await refuse(database, refuses=False)
        await way()
    assert [row["key"] for row in await _all(database, tables.job)] == ["k", "l"]
