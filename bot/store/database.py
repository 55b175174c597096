"""Opens the database, brings its schema up to date, hands out transactions: one writer at a time, readers beside it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import asynccontextmanager
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from bot.store.hot import Batch
from bot.store.owner import Owner, Process
from bot.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from sqlalchemy import Table
    from sqlalchemy.engine import URL, Connection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
    from sqlalchemy.sql.dml import Insert

LOCKS = 20_611
"""The first number of our advisory locks on PostgreSQL; more in bot/store/shares.py."""

SCHEMA, SERVING = 1, 2
"""What is locked: the making of tables; the right to serve, together or alone."""

TAKEN = "another bot uses this database"
"""Why a bot does not start, or a copy is not made."""

HEAD = "0014"
"""The newest migration; tests hold it against bot/store/migrations."""


class DatabaseFault(Exception):
    """The database cannot be used. The message is for an operator and names the setting."""


class Database(ABC):
    """An open database. `write()` is a transaction that commits at its end; `read()` sees committed data."""

    reading: ClassVar[dict[str, Any]]
    """How a connection for reading differs, in SQLAlchemy's words."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.owner = Owner()
        self._engine = self.engine_for(url)
        self._lock = asyncio.Lock()
        self._writer: AsyncConnection | None = None

    @staticmethod
    @abstractmethod
    def engine_for(url: URL) -> AsyncEngine:
        """How SQLAlchemy connects there."""

    @abstractmethod
    async def take(self) -> None:
        """Be the only one who uses it, until `close`. Raises DatabaseFault, DBAPIError, OSError."""

    async def serve(self) -> None:
        """Serve from here, until `close`: alone, or with others where there is a way to share. Raises the same."""
        await self.take()

    async def share(self) -> None:  # noqa: B027 (who is alone has nothing to take)
        """Take a first part of the work, once the tables are there. Raises the same."""

    @abstractmethod
    async def processes(self, channels: Iterable[str]) -> list[Process]:
        """Who serves from here; `channels`: those that may be asked for updates. Raises DBAPIError, OSError."""

    @staticmethod
    @abstractmethod
    def hint(error: Exception) -> str:
        """What an error of this kind of database means for an operator; "" if it is none of the known."""

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction. Raises sqlalchemy.exc.DBAPIError or OSError when it cannot be committed: then nothing is."""
        async with self._lock:
            writer = await self._connected()
            async with writer.begin():
                yield writer

    @asynccontextmanager
    async def batch(self) -> AsyncIterator[Batch]:
        """The same for what every message needs, with few trips to the driver. Raises the same; then nothing is."""
        async with self._lock:
            batch = Batch(await self._connected())
            try:
                yield batch
                await batch.commit()
            except BaseException:
                try:
                    await batch.rollback()
                except DBAPIError:
                    await self._drop()  # the end of its connection takes it back
                raise

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading, beside the writer: what it is asked first and last is as of one moment."""
        async with self._engine.connect() as connection:
            yield await connection.execution_options(**self.reading)

    async def close(self) -> None:
        """Waits for the running transaction, then lets go."""
        async with self._lock:
            if self._writer is not None:
                await self._writer.close()
            await self._engine.dispose()

    async def _connected(self) -> AsyncConnection:
        """The one connection that writes."""
        if self._writer is None:
            self._writer = await self._engine.connect()
        return self._writer

    async def _drop(self) -> None:
        """Give the writing connection up; the next transaction makes another."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.invalidate()
            await writer.close()


async def open_database(url: str, *, alone: bool = False, serves: bool = False) -> Database:
    """The database at `url` ("sqlite+aiosqlite:///path" or "postgresql+asyncpg://…"), made and migrated if need be.

    `serves`: for a bot; what it owns of the work says `owner`. `alone`: while no bot serves, for a copy.

    Raises DatabaseFault in one sentence for what an operator can mend: path, rights, disk, damage, a newer schema,
    a server that is not there or refuses, another bot that serves.
    """
    try:
        parsed = make_url(url)
        made = _kind(parsed)(parsed)
    except ArgumentError:
        raise DatabaseFault(
            f"the setting 'database' is no database address: {url.rsplit('@', maxsplit=1)[-1]} "
            "(one looks like sqlite+aiosqlite:////var/lib/cam-tay/bot.db or postgresql+asyncpg://user@host/name)"
        ) from None
    try:
        if alone:
            await made.take()
        elif serves:
            await made.serve()
        await _bring_up_to_date(made)
        if serves:
            await made.share()
    except (DBAPIError, OSError) as error:
        await made.close()
        await asyncio.sleep(0.1)  # the driver's thread reports its end to our loop, which may be about to close
        raise explain(url, error) from error
    except BaseException:
        await made.close()
        raise
    return made


def _kind(url: URL) -> type[Database]:
    """The kind of database at this address; only its own driver is loaded."""
    if url.drivername == "sqlite+aiosqlite":
        from bot.store.sqlite import SqliteDatabase  # noqa: PLC0415

        return SqliteDatabase
    if url.drivername == "postgresql+asyncpg":
        from bot.store.postgres import PostgresDatabase  # noqa: PLC0415

        return PostgresDatabase
    raise ArgumentError


def explain(url: str, error: Exception) -> DatabaseFault:
    """What the database at `url` said, in one sentence for an operator, without its password."""
    parsed = make_url(url)
    is_file = parsed.get_backend_name() == "sqlite"
    where = parsed.database if is_file else parsed.render_as_string(hide_password=True)
    kind = "refused" if isinstance(error, OperationalError | OSError) else "failed"
    reason = _kind(parsed).hint(error) or str(getattr(error, "orig", error)).splitlines()[0]
    return DatabaseFault(f"the database {where} {kind}: {reason} (setting 'database')")


def upsert(connection: AsyncConnection | Batch, table: Table) -> Insert:
    """INSERT that overwrites the row with the same primary key."""
    return _upsert(connection.dialect.name, table)


def insert_new(connection: AsyncConnection | Batch, table: Table) -> Insert:
    """INSERT that leaves a row with the same primary key as it is."""
    return _insert_new(connection.dialect.name, table)


@cache
def _upsert(dialect: str, table: Table) -> Insert:
    statement = _insert(dialect, table)
    keys = [column.name for column in table.primary_key]
    values = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=values)  # type: ignore[no-any-return]


@cache
def _insert_new(dialect: str, table: Table) -> Insert:
    return _insert(dialect, table).on_conflict_do_nothing()  # type: ignore[no-any-return]


def _insert(dialect: str, table: Table) -> Any:
    """INSERT with what to do on a conflict: each dialect has its own, and only the one in use is loaded."""
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)


async def _bring_up_to_date(database: Database) -> None:
    version = await schema_version(database)
    if version == HEAD:
        return
    if version is None:
        async with database.write() as connection:
            await connection.run_sync(_create)
        return
    from bot.store import migrate  # noqa: PLC0415 (Alembic is slow to import and rarely needed)

    if version not in migrate.known_versions():
        raise DatabaseFault(
            f"the database has schema {version}, this version of the bot knows up to {HEAD}: "
            "run the newer bot, or restore a backup made with this one"
        )
    async with database.write() as connection:
        await connection.run_sync(keep_others_out)
        await connection.run_sync(migrate.upgrade)


def keep_others_out(connection: Connection) -> None:
    """Until this transaction ends nobody else makes or changes tables."""
    if connection.dialect.name == "postgresql":  # on SQLite a transaction that writes is alone anyway
        connection.execute(select(func.pg_advisory_xact_lock(LOCKS, SCHEMA)))


def _create(connection: Connection) -> None:
    """Make the tables of an empty database as they are today: the same as all migrations one after the other."""
    keep_others_out(connection)
    names = set(connection.dialect.get_table_names(connection))
    if "alembic_version" in names:  # another process has just been here
        return
    if names:
        where = connection.engine.url.render_as_string(hide_password=True)
        some = ", ".join(sorted(names)[:3])
        raise DatabaseFault(f"the database {where} holds tables of something else ({some} …) (setting 'database')")
    metadata.create_all(connection)
    connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:head)"), {"head": HEAD})


async def schema_version(database: Database) -> str | None:
    """The newest migration that was applied; None for a database without tables."""
    async with database.read() as connection:
        names = await connection.run_sync(lambda sync: sync.dialect.get_table_names(sync))
        if "alembic_version" not in names:
            return None
        version = await connection.execute(select(text("version_num")).select_from(text("alembic_version")))
        return version.scalar()  # type: ignore[no-any-return]
