"""What only a server can do to us: cut the wire, refuse the user, fail at the very commit, serve another bot."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from dataclasses import replace

import pytest
from sqlalchemy import Float, bindparam, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from bot.store import chats, jobs, journal
from bot.store.database import DatabaseFault, open_database
from tests.kit.process import REPOSITORY

LINE = journal.Line("a:1", "tea", "s", "answered", "", 1)

CUT = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid()"


@pytest.fixture
def url(server):
    """The address of a database with our tables."""
    made = server.ready()
    yield made
    server.drop(made)


@pytest.fixture
async def database(url):
    """The same, open."""
    made = await open_database(url)
    yield made
    await made.close()


async def _cut(server, url):
    """The server ends every connection to this database."""
    assert await asyncio.to_thread(server.execute, CUT.format(make_url(url).database))
    await asyncio.sleep(0.02)  # our end hears of it


async def _lines(database):
    async with database.read() as connection:
        return (await connection.execute(text("SELECT count(*) FROM journal"))).scalar()


async def test_a_connection_cut_between_two_transactions_is_not_noticed(database, server, url):
    """Batches, transactions and readers each find a new one."""
    for number in range(1, 4):
        async with database.batch() as batch:
            await journal.add(batch, [LINE])
        assert await _lines(database) == 2 * number - 1
        await _cut(server, url)
        async with database.write() as connection:
            await journal.add(connection, [LINE])
        await _cut(server, url)
        assert await _lines(database) == 2 * number


async def test_a_connection_cut_within_a_batch_takes_all_of_it_back(database, server, url):
    """Whatever was asked and written before: the batch fails as the contract says, and the next one works."""

    async def cut_short(*, early: bool) -> None:
        async with database.batch() as batch:
            await journal.add(batch, [LINE])
            if early:
                await chats.load(batch, ["a:1"])
            await _cut(server, url)
            await journal.add(batch, [LINE])

    for early in (True, False, True):
        async with database.batch() as batch:
            await journal.add(batch, [LINE])
        before = await _lines(database)
        with pytest.raises(DBAPIError):
            await cut_short(early=early)
        assert await _lines(database) == before


async def test_a_connection_cut_within_a_transaction_takes_all_of_it_back(database, server, url):
    """The same for what goes through SQLAlchemy."""

    async def cut_short() -> None:
        async with database.write() as connection:
            await journal.add(connection, [LINE])
            await _cut(server, url)
            await journal.add(connection, [LINE])

    with pytest.raises(DBAPIError):
        await cut_short()
    assert await _lines(database) == 0
    async with database.write() as connection:
        await journal.add(connection, [LINE])
    assert await _lines(database) == 1


async def test_a_commit_that_fails_takes_all_back(database):
    """A rule that is looked at only at the end is broken: DBAPIError, nothing stored, the next batch works."""
    async with database.write() as connection:
        await connection.execute(
            text("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'")
        )
        late = "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
        await connection.execute(text(late + "WHEN (NEW.flow = 'bad') EXECUTE FUNCTION no()"))

    async def both() -> None:
        async with database.batch() as batch:
            await journal.add(batch, [LINE, replace(LINE, flow="bad")])

    with pytest.raises(DBAPIError):
        await both()
    assert await _lines(database) == 0
    async with database.batch() as batch:
        await journal.add(batch, [LINE])
    assert await _lines(database) == 1


async def test_a_batch_that_has_failed_cannot_seem_committed(database):
    """PostgreSQL answers the COMMIT of a failed transaction with a quiet ROLLBACK."""

    async def hushed() -> None:
        async with database.batch() as batch:
            await journal.add(batch, [LINE])
            await journal.add(batch, [replace(LINE, step=None)])
            with pytest.raises(DBAPIError):
                await chats.load(batch, ["a:1"])
            await journal.add(batch, [])

    with pytest.raises(DBAPIError):
        await hushed()
    assert await _lines(database) == 0


async def test_a_batch_that_is_cancelled_is_taken_back(database):
    """A task that is stopped in the middle of a trip leaves a connection that works."""
    begun = asyncio.Event()

    async def slow() -> None:
        async with database.batch() as batch:
            await journal.add(batch, [LINE])
            begun.set()
            await batch.ask([(select(func.pg_sleep(bindparam("seconds", type_=Float))), {"seconds": 30.0})])

    task = asyncio.create_task(slow())
    await begun.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    async with asyncio.timeout(5), database.batch() as batch:
        await journal.add(batch, [LINE])
    assert await _lines(database) == 1


@pytest.mark.parametrize("value", ["half \udfff", "nothing \0 here", "long " * 100_000], ids=["half", "zero", "long"])
async def test_a_value_that_no_second_try_would_store_is_a_fault_of_ours(database, value):
    """Not a database that refuses: the one who sent it is set aside. The value is not in the words of the error."""

    async def write() -> None:
        async with database.batch() as batch:
            await jobs.add(batch, [jobs.Job(f"{value}{_noise()}", "a:1", 1, {})])

    with pytest.raises(ValueError, match=r"^\w+$") as raised:
        await write()
    assert raised.value.__suppress_context__
    async with database.batch() as batch:
        await jobs.add(batch, [jobs.Job("k", "a:1", 1, {})])
        assert await jobs.names(batch, ["k"]) == {"k": "k@1"}


def _noise():
    """Letters that do not let themselves be compressed below what an index takes."""
    import hashlib

    return "".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(200))


async def test_who_lost_the_server_serves_again_when_nobody_else_does(server, url):
    """The right to serve ends with the connection that writes, and comes back with the next one."""
    serving = await open_database(url, alone=True)
    await _cut(server, url)
    async with serving.batch() as batch:
        await journal.add(batch, [LINE])
    with pytest.raises(DatabaseFault, match="another bot uses this database"):
        await open_database(url, alone=True)
    await serving.close()


async def test_who_lost_the_right_to_serve_commits_nothing(server, url, caplog):
    """Another bot was quicker: the first one is refused until that one has gone, then it goes on."""
    first = await open_database(url, alone=True)
    await _cut(server, url)
    second = await open_database(url, alone=True)

    async def write() -> None:
        async with first.batch() as batch:
            await journal.add(batch, [LINE])

    for _ in range(3):
        with pytest.raises(DBAPIError):
            await write()
    assert "another bot uses this database" in caplog.text
    assert await _lines(second) == 0
    await second.close()
    await write()
    assert await _lines(first) == 1
    await first.close()


async def test_both_ends_ask_whether_the_other_is_still_there(database):
    """A machine that is gone without a word frees its locks within half a minute, and ours notices as soon."""
    async with database.write() as connection:
        shown = await connection.execute(
            text("SELECT name, setting FROM pg_settings WHERE name LIKE 'tcp_keepalives_%' ORDER BY name")
        )
        assert dict(map(tuple, shown)) == {
            "tcp_keepalives_count": "3",
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
        }
        driver = (await connection.get_raw_connection()).driver_connection
    wire = driver._transport.get_extra_info("socket")
    assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
    assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 25_000


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"username": "stranger", "password": "hush-hush"}, "the user or the password is refused"),
        ({"database": "nowhere"}, "there is no such database: make one with 'createdb'"),
        ({"port": 1}, "it cannot be reached (["),
        ({"host": "no.such.host.invalid"}, "it cannot be reached (["),
        ({"query": {"sslmode": "require"}}, "what stands after '?' in the address is not understood"),
        ({"query": {"ssl": "perhaps"}}, "what stands after '?' in the address is not understood"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
async def test_an_address_that_leads_nowhere_is_told_in_one_sentence(server, wrong, said):
    """What it is and which setting, and never the password."""
    url = server.url.set(**wrong)
    with pytest.raises(DatabaseFault) as raised:
        await open_database(url.render_as_string(hide_password=False))
    words = str(raised.value)
    assert said in words
    assert words.startswith("the database postgresql+asyncpg://")
    assert words.endswith("(setting 'database')")
    assert url.password not in words
    assert "\n" not in words


async def test_a_user_without_rights_is_told_what_is_missing(server):
    """Tables can be made by the owner of a database."""
    url = make_url(server.empty())
    server.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    try:
        server.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", url.render_as_string(hide_password=False))
        guest = url.set(username="guest", password="guest").render_as_string(hide_password=False)
        with pytest.raises(DatabaseFault, match="make the user owner of the database"):
            await open_database(guest)
    finally:
        server.drop(url.render_as_string(hide_password=False))
        server.execute("DROP ROLE guest")


@pytest.mark.parametrize("url", ["postgresql://u:hush@h/x", "postgres://u:hush@h/x", "postgresql+psycopg://u:hush@h/x"])
async def test_another_driver_is_no_address_of_ours(url):
    """The sentence shows one that is right, and not the password."""
    with pytest.raises(DatabaseFault, match=r"no database address: h/x .*postgresql\+asyncpg://") as raised:
        await open_database(url)
    assert "hush" not in str(raised.value)


async def test_the_password_may_stand_outside_the_address(server, url, monkeypatch):
    """In the environment, or in ~/.pgpass: then no list of processes shows it."""
    monkeypatch.setenv("PGPASSWORD", server.url.password)
    address = make_url(url)._replace(password=None)
    assert "@" in str(address)
    assert server.url.password not in str(address)
    await (await open_database(str(address))).close()


def test_the_driver_is_loaded_only_where_it_is_used(tmp_path):
    """An installation on a file starts without it."""
    code = (
        "import asyncio, sys; from bot.app import open_database; "
        f"asyncio.run(asyncio.wait_for(open_database('sqlite+aiosqlite:///{tmp_path}/x.db'), 20)); "
        "sys.stdout.write(str('asyncpg' in sys.modules)); sys.stdout.flush(); import os; os._exit(0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout == "False"
