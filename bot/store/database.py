"""Opens the database, brings its schema up to date, hands out transactions: one writer at a time, readers beside it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, InvalidRequestError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store.hot import Batch
from bot.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection
    from sqlalchemy.sql.dml import Insert

try:
    import fcntl
except ImportError:  # Windows knows no such locks
    fcntl = None  # type: ignore[assignment]

HEAD = "0001"
"""The newest migration; tests hold it against bot/store/migrations."""


class DatabaseFault(Exception):
    """The database cannot be used. The message is for an operator and names the setting."""


class Database:
    """An open database. `write()` is a transaction that commits at its end; `read()` sees committed data."""

    def __init__(self, url: str, engine: AsyncEngine) -> None:
        self.url = url
        self._engine = engine
        self._lock = asyncio.Lock()
        self._writer: AsyncConnection | None = None

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction. Raises sqlalchemy.exc.DBAPIError when it cannot be committed: then nothing is."""
        async with self._lock:
            if self._writer is None:
                self._writer = await self._engine.connect()
            async with self._writer.begin():
                yield self._writer

    @asynccontextmanager
    async def batch(self) -> AsyncIterator[Batch]:
        """The same for what every message needs, with few trips to the driver. Raises DBAPIError; then nothing is."""
        async with self._lock:
            if self._writer is None:
                self._writer = await self._engine.connect()
            batch = Batch(self._writer)
            try:
                yield batch
                await batch.commit()
            except BaseException:
                await batch.rollback()
                raise

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading, beside the writer."""
        async with self._engine.connect() as connection:
            yield await connection.execution_options(reads=True)

    async def close(self) -> None:
        """Waits for the running transaction, then lets go."""
        async with self._lock:
            if self._writer is not None:
                await self._writer.close()
            await self._engine.dispose()


async def open_database(url: str) -> Database:
    """The database at `url` ("sqlite+aiosqlite:///path" or "postgresql+asyncpg://…"), made and migrated if need be.

    Raises DatabaseFault in one sentence for what an operator can mend: path, rights, disk, damage, a newer schema.
    """
    try:
        parsed = make_url(url)
        is_sqlite = parsed.get_backend_name() == "sqlite"
        engine = create_async_engine(url, **({"connect_args": {"timeout": 15}} if is_sqlite else {}))
    except ImportError as error:
        reason = f"the setting 'database' needs the Python package {error.name}, which is not there"
        raise DatabaseFault(reason) from None
    except (ArgumentError, InvalidRequestError):
        raise DatabaseFault(
            f"the setting 'database' is no database address: {url.rsplit('@', maxsplit=1)[-1]} "
            "(one looks like sqlite+aiosqlite:////var/lib/cam-tay/bot.db)"
        ) from None
    if is_sqlite:
        _make_folder(parsed.database)
    if is_sqlite:
        event.listen(engine.sync_engine, "connect", _sqlite_connect)
        event.listen(engine.sync_engine, "begin", _sqlite_begin)
    database = Database(url, engine)
    try:
        await _bring_up_to_date(database)
    except (DatabaseError, OSError) as error:
        await database.close()
        await asyncio.sleep(0.1)  # the driver's thread reports its end to our loop, which may be about to close
        raise explain(parsed.database if is_sqlite else parsed.render_as_string(hide_password=True), error) from error
    except BaseException:
        await database.close()
        raise
    return database


@contextmanager
def alone(url: str) -> Iterator[None]:
    """Holds the SQLite file at `url` for one serving bot: two would send everything twice. Raises DatabaseFault.

    The lock is on a file of its own, "<database>.lock": it ends with the process however that ends, and the file stays.
    Anything but a file is not held: PostgreSQL, a database in memory, an address that `open_database` will refuse.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    path = parsed.database if parsed is not None and parsed.get_backend_name() == "sqlite" else None
    if fcntl is None or not path or path == ":memory:" or path.startswith("file:"):
        yield
        return
    _make_folder(path)
    with ExitStack() as held:
        try:
            file = held.enter_context(Path(f"{path}.lock").open("a"))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatabaseFault("another bot uses this database (setting 'database')") from None
        except OSError:  # none can be made or locked there: opening the database tells what is wrong
            held.close()
        yield


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


def _make_folder(path: str | None) -> None:
    if not path or path == ":memory:":
        return
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseFault(f"the setting 'database': cannot make the folder of {path}: {error.strerror}") from None


def _sqlite_connect(connection: Any, _record: object) -> None:
    # The driver's own transaction handling would begin too late (at the first write) and not at once: switched off.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 15000", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    # IMMEDIATE: a writer that begins as a reader could not become one beside another process.
    reads = connection.get_execution_options().get("reads", False)
    begin = "BEGIN" if reads else "BEGIN IMMEDIATE"
    try:
        connection.connection.dbapi_connection.run_async(lambda driver: driver.execute(begin))  # type: ignore[union-attr]
    except sqlite3.Error as error:  # this short way passes by SQLAlchemy, which would wrap it
        raise OperationalError(begin, None, error) from error


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
        await connection.run_sync(migrate.upgrade)


def _create(connection: Connection) -> None:
    """Make the tables of an empty database as they are today: the same as all migrations one after the other."""
    names = set(connection.dialect.get_table_names(connection))
    if "alembic_version" in names:  # another process has just been here
        return
    if names:
        raise DatabaseFault(f"the database holds tables of something else ({', '.join(sorted(names)[:3])} …)")
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


def explain(where: str | None, error: Exception) -> DatabaseFault:
    """What the database at `where` said, in one sentence for an operator."""
    reason = str(getattr(error, "orig", error)).lower()
    hints = {
        "not a database": "the file is damaged or no SQLite database: restore it with 'bot db restore'",
        "malformed": "the file is damaged: restore it with 'bot db restore'",
        "readonly": "it may not be written: check the rights of the file and its folder",
        "read-only": "the disk is read-only",
        "unable to open": "it cannot be opened: check the path and the rights of its folder",
        "full": "the disk is full: make room, nothing is lost",
        "locked": "another program holds it for too long",
    }
    hint = next((h for word, h in hints.items() if word in reason), reason.splitlines()[0])
    kind = "refused" if isinstance(error, OperationalError) else "failed"
    return DatabaseFault(f"the database {where} {kind}: {hint} (setting 'database')")
