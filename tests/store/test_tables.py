"""The schema: migrations and tables say the same, old databases come along, every statement suits PostgreSQL."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from bot.store import buttons, chats, database, files, hot, inbox, jobs, journal, migrate, outbox, tables
from bot.store.database import DatabaseFault, open_database, schema_version

SECOND = '''"""A second migration."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """A new column."""
    op.add_column("chat", sa.Column("place", sa.Text, nullable=False, server_default=""))
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
    return str(index.get("dialect_options", {}).get("sqlite_where"))


@pytest.fixture
def engine(tmp_path):
    """An empty SQLite file."""
    made = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    yield made
    made.dispose()


async def test_a_new_database_looks_like_one_that_went_through_all_migrations(tmp_path, engine):
    """Alembic finds no difference, and both ways give the same columns, keys and indexes."""
    with engine.begin() as connection:
        migrate.upgrade(connection)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
        migrated = _shape(connection)
    made = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}")
    async with made.read() as connection:
        assert await connection.run_sync(_shape) == migrated
    assert await schema_version(made) == database.HEAD
    await made.close()
    assert set(migrated) == set(tables.metadata.tables)


def test_head_is_the_newest_migration():
    """The number that new databases are stamped with."""
    versions = migrate.known_versions()
    assert max(versions) == database.HEAD
    assert versions == {f"{number:04}" for number in range(1, len(versions) + 1)}


def test_a_database_of_an_older_version_comes_along_with_its_rows(tmp_path, engine):
    """The next migration runs in the transaction it is given: all or nothing."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    with engine.begin() as connection:
        migrate.upgrade(connection)
        connection.execute(
            tables.chat.insert(),
            {"key": "a:1", "channel": "a", "external": "1", "language": "vi", "flow": "", "reachable": True}
            | {"created_at": 1, "seen_at": 1, "state_json": "{}"},
        )
    (folder / "versions" / "0002_second.py").write_text(SECOND)
    with engine.begin() as connection:
        migrate.upgrade(connection, folder)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT key, place FROM chat").fetchall() == [("a:1", "")]
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").fetchall() == [("0002",)]


async def test_a_newer_schema_and_a_strange_database_are_refused(tmp_path):
    """In one sentence that names the schema or the tables."""
    path = tmp_path / "x.db"
    await (await open_database(f"sqlite+aiosqlite:///{path}")).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0815'")
        connection.commit()
    with pytest.raises(DatabaseFault, match="schema 0815"):
        await open_database(f"sqlite+aiosqlite:///{path}")
    with closing(sqlite3.connect(tmp_path / "y.db")) as connection:
        connection.execute("CREATE TABLE books (title)")
    with pytest.raises(DatabaseFault, match="books"):
        await open_database(f"sqlite+aiosqlite:///{tmp_path / 'y.db'}")


async def test_a_commit_is_on_the_disk(tmp_path):
    """Write-ahead log, and every commit is synced: a power cut takes nothing that was accepted."""
    made = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}")
    async with made.write() as connection:
        assert (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar() == "wal"
        assert (await connection.exec_driver_sql("PRAGMA synchronous")).scalar() == 2
    await made.close()


async def test_a_transaction_that_raises_leaves_nothing_and_the_next_one_works(tmp_path):
    """All or nothing."""
    made = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}")

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


def _statements():
    """Every statement that the modules hold ready, by name."""
    for module in (buttons, chats, files, inbox, jobs, journal, outbox):
        for name, value in vars(module).items():
            if (
                hasattr(value, "compile")
                and hasattr(value, "is_dml") | hasattr(value, "get_children")
                and name.isupper()
            ):
                yield f"{module.__name__}.{name}", value


def test_every_statement_compiles_for_postgresql():
    """Tables, indexes, upserts, and what is kept compiled: nothing of it is SQLite's alone."""
    dialect = postgresql.dialect()
    for table in tables.metadata.sorted_tables:
        text = str(CreateTable(table).compile(dialect=dialect))
        assert "BIGINT" in text or table.name in {"button", "file"}
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
