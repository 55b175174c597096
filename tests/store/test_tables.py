"""The schema: migrations and tables say the same, old databases come along, every statement suits PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Executable, inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import CreateIndex, CreateTable

from bot.store import (
    audit,
    buttons,
    chats,
    claims,
    database,
    files,
    hot,
    inbox,
    invitations,
    jobs,
    journal,
    keys,
    migrate,
    optouts,
    outbox,
    pace,
    recipients,
    relay,
    roles,
    tables,
    teams,
)
from bot.store.database import DatabaseFault, open_database, schema_version

SECOND = '''"""A second migration."""

import sqlalchemy as sa
from alembic import op

revision = "0099"
down_revision = "{newest}"


def upgrade() -> None:
    """A new column."""
    op.add_column("chat", sa.Column("village", sa.Text, nullable=False, server_default=""))
'''


def _shape(connection):
    """Everything of a schema that matters: columns, keys, indexes with their conditions."""
    look = inspect(connection)
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(table)],
            sorted(look.get_pk_constraint(table)["constrained_columns"]),
            sorted((i["name"], i["column_names"], _condition(i)) for i in look.get_indexes(table)),
        )
        for table in look.get_table_names()
        if table != "alembic_version"
    }


def _condition(index):
    options = index.get("dialect_options", {})
    return str(options.get("sqlite_where", options.get("postgresql_where")))


@pytest.fixture
async def engine(bare_url):
    """An empty database of either kind."""
    if bare_url.startswith("sqlite"):
        Path(make_url(bare_url).database).parent.mkdir()
    made = create_async_engine(bare_url)
    yield made
    await made.dispose()


async def test_a_new_database_looks_like_one_that_went_through_all_migrations(bare_url, engine):
    """Alembic finds no difference, and both ways give the same columns, keys and indexes."""
    async with engine.begin() as connection:
        await connection.run_sync(migrate.upgrade)
        assert await connection.run_sync(_differences) == []
        migrated = await connection.run_sync(_shape)
        await connection.run_sync(tables.metadata.drop_all)
        await connection.execute(text("DROP TABLE alembic_version"))
    made = await open_database(bare_url)
    async with made.read() as connection:
        assert await connection.run_sync(_shape) == migrated
    assert await schema_version(made) == database.HEAD
    await made.close()
    assert set(migrated) == set(tables.metadata.tables)


def _differences(connection):
    return compare_metadata(MigrationContext.configure(connection), tables.metadata)


def test_head_is_the_newest_migration():
    """The number that new databases are stamped with."""
    versions = migrate.known_versions()
    assert max(versions) == database.HEAD
    assert versions == {f"{number:04}" for number in range(1, len(versions) + 1)}


async def test_a_database_of_an_older_version_comes_along_with_its_rows(tmp_path, engine):
    """The next migration runs in the transaction it is given: all or nothing."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    async with engine.begin() as connection:
        await connection.run_sync(migrate.upgrade)
        await connection.execute(
            tables.chat.insert(),
            {"key": "a:1", "channel": "a", "external": "1", "language": "vi", "flow": "", "reachable": True}
            | {"created_at": 1, "seen_at": 1, "state_json": "{}"},
        )
    (folder / "versions" / "0099_second.py").write_text(SECOND.format(newest=max(migrate.known_versions())))
    async with engine.begin() as connection:
        await connection.run_sync(migrate.upgrade, folder)
        assert (await connection.execute(text("SELECT key, village FROM chat"))).all() == [("a:1", "")]
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).all() == [("0099",)]


async def test_the_first_schema_is_brought_up_to_date_by_opening(bare_url, engine):
    """Nobody has to run a command; two bots that start at once do it once."""
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(migrate.config(sync), "0001"))
    opened = await asyncio.gather(*(open_database(bare_url) for _ in range(3)))
    versions = [await schema_version(made) for made in opened]
    for made in opened:
        await made.close()
    assert versions == [database.HEAD] * 3


async def test_a_new_database_is_made_once_by_many_that_start_at_once(bare_url):
    """Tables and the number of the schema in one transaction, and one at a time."""
    opened = await asyncio.gather(*(open_database(bare_url) for _ in range(4)))
    stamps = []
    for made in opened:
        async with made.read() as connection:
            stamps += (await connection.execute(text("SELECT version_num FROM alembic_version"))).all()
        await made.close()
    assert stamps == [(database.HEAD,)] * 4


async def test_who_starts_while_another_makes_the_file_waits_for_it(tmp_path):
    """SQLite refuses at once to change how a file is kept while another process writes to it."""
    path = tmp_path / "x.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        opening = asyncio.create_task(open_database(f"sqlite+aiosqlite:///{path}"))
        await asyncio.sleep(0.1)
        assert not opening.done()
        other.execute("ROLLBACK")
        made = await opening
    assert await schema_version(made) == database.HEAD
    await made.close()


async def test_a_newer_schema_is_refused(bare_url, engine):
    """In one sentence that names it."""
    await (await open_database(bare_url)).close()
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0815'"))
    with pytest.raises(DatabaseFault, match="schema 0815"):
        await open_database(bare_url)


async def test_a_strange_database_is_refused(bare_url, engine):
    """In one sentence that names its tables, and nothing is made in it."""
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE books (title TEXT)"))
    with pytest.raises(DatabaseFault, match="books"):
        await open_database(bare_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == ["books"]


async def test_a_commit_is_on_the_disk(tmp_path):
    """Write-ahead log, and every commit is synced: a power cut takes nothing that was accepted."""
    made = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}")
    async with made.write() as connection:
        assert (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar() == "wal"
        assert (await connection.exec_driver_sql("PRAGMA synchronous")).scalar() == 2
    await made.close()


async def test_a_transaction_that_raises_leaves_nothing_and_the_next_one_works(database_url):
    """All or nothing."""
    made = await open_database(database_url)

    async def fail():
        async with made.write() as connection:
            await jobs.add(connection, [jobs.Job("k", "a:1", 1, {})])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with made.write() as connection:
        assert await jobs.counts(connection) == {}
        await jobs.add(connection, [jobs.Job("k", "a:1", 1, {})])
    async with made.read() as connection:
        assert await jobs.counts(connection) == {"waiting": 1}
    await made.close()


def test_a_start_on_a_file_loads_nothing_of_postgresql():
    """Its dialect and its driver would take 45 ms of each start."""
    code = "import sys, bot.app, bot.store.sqlite; print([name for name in sys.modules if 'postgres' in name or name == 'asyncpg'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _statements():
    """Every statement that the modules hold ready, by name."""
    for module in (
        *(audit, buttons, chats, claims, files, inbox, invitations, jobs, journal, keys, optouts, outbox, pace),
        *(recipients, relay, roles, teams),
    ):
        for name, value in vars(module).items():
            if isinstance(value, Executable) and name.isupper():
                yield f"{module.__name__}.{name}", value


def test_every_statement_compiles_for_postgresql():
    """Tables, indexes, upserts, and what is kept compiled: nothing of it is SQLite's alone."""
    dialect = postgresql.dialect()
    for table in tables.metadata.sorted_tables:
        text = str(CreateTable(table).compile(dialect=dialect))
        assert "BIGINT" in text or "BIGSERIAL" in text or table.name in {"button", "file"}
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect))
        assert "ON CONFLICT" in str(database._upsert("postgresql", table).compile(dialect=dialect)) or table in {
            tables.journal,
            tables.outbox,
        }
        assert "DO NOTHING" in str(database._insert_new("postgresql", table).compile(dialect=dialect))
    found = dict(_statements())
    assert len(found) >= 5, found
    for name, statement in found.items():
        assert str(statement.compile(dialect=dialect)), name
    assert "%s" not in hot._compiled(postgresql.asyncpg.dialect(), found["bot.store.outbox._DONE"])[0]
