"""What is SQLite's alone: its file and folder, how its transactions begin, what its errors mean."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.util import await_only

from bot import __version__
from bot.store.database import TAKEN, Database, DatabaseFault
from bot.store.driver import create_async_engine
from bot.store.owner import BROADCASTS, CHORES, Process
from bot.store.parts import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import URL, Connection
    from sqlalchemy.ext.asyncio import AsyncEngine

try:
    import fcntl
except ImportError:  # Windows knows no such locks
    fcntl = None  # type: ignore[assignment]

PATIENCE = 15.0
"""Seconds for which it is waited while another process writes."""

HINTS = {
    "not a database": "the file is damaged or no SQLite database: restore it with 'bot db restore'",
    "malformed": "the file is damaged: restore it with 'bot db restore'",
    "readonly": "it may not be written: check the rights of the file and its folder",
    "read-only": "the disk is read-only",
    "unable to open": "it cannot be opened: check the path and the rights of its folder",
    "full": "the disk is full: make room, nothing is lost",
    "locked": "another program holds it for too long",
}
"""A word of SQLite's, and what to do about it."""


class SqliteDatabase(Database):
    """A file, or a database in memory that is nobody else's."""

    reading: ClassVar[dict[str, Any]] = {"reads": True}

    def __init__(self, url: URL) -> None:
        super().__init__(url)
        path = url.database or ":memory:"
        self._file = None if path == ":memory:" or path.startswith("file:") else Path(path)
        self._held = ExitStack()
        try:
            if self._file is not None:
                self._file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseFault(f"the setting 'database': cannot make the folder of {path}: {error.strerror}") from None

    @staticmethod
    def engine_for(url: URL) -> AsyncEngine:
        """How SQLAlchemy connects there."""
        engine = create_async_engine(url, connect_args={"timeout": PATIENCE})
        event.listen(engine.sync_engine, "connect", _on_connect)
        event.listen(engine.sync_engine, "begin", _on_begin)
        return engine

    async def take(self) -> None:
        """Hold the file for one serving bot. Raises DatabaseFault.

        The lock is on a file of its own, "<database>.lock": it ends with the process however that ends, and the file
        stays.
        """
        if fcntl is None or self._file is None:
            return
        try:
            lock = self._held.enter_context(Path(f"{self._file}.lock").open("a"))  # noqa: ASYNC230, SIM115
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._held.callback(lock.truncate, 0)
            lock.truncate(0)
            lock.write(f"{socket.gethostname()}:{os.getpid()} {__version__}")
            lock.flush()
        except BlockingIOError:
            self._held.close()
            raise DatabaseFault(f"{TAKEN} (setting 'database')") from None
        except OSError:  # none can be made or locked there: opening the database tells what is wrong
            self._held.close()

    async def processes(self, channels: Iterable[str]) -> list[Process]:
        """The one that holds the file. Raises OSError."""
        del channels  # whether they are asked is known to nobody else
        path = Path(f"{self._file}.lock")
        if fcntl is None or self._file is None or not path.exists():  # noqa: ASYNC240 (a moment)
            return []
        with path.open() as lock:  # noqa: ASYNC230 (a few bytes)
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                name, _, version = lock.read().partition(" ")
                since = int(os.fstat(lock.fileno()).st_mtime * 1000)
                return [Process(name, version, since, tuple(range(PARTITIONS)), (CHORES, BROADCASTS))]
        return []

    async def close(self) -> None:
        """Waits for the running transaction, then lets go."""
        await super().close()
        self._held.close()

    @staticmethod
    def hint(error: Exception) -> str:
        """What an error of SQLite's means for an operator; "" if it is none of the known."""
        reason = str(getattr(error, "orig", error)).lower()
        return next((hint for word, hint in HINTS.items() if word in reason), "")


def _on_connect(connection: Any, _record: object) -> None:
    # The driver's own transaction handling would begin too late (at the first write) and not at once: switched off.
    connection.isolation_level = None
    cursor = connection.cursor()
    until = time.monotonic() + PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:  # of a new file SQLite itself does not wait: two start at once
            if "locked" not in str(error) or time.monotonic() > until:
                raise
        await_only(asyncio.sleep(0.02))
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    # IMMEDIATE: a writer that begins as a reader could not become one beside another process.
    reads = connection.get_execution_options().get("reads", False)
    begin = "BEGIN" if reads else "BEGIN IMMEDIATE"
    try:
        connection.connection.dbapi_connection.run_async(lambda driver: driver.execute(begin))  # type: ignore[union-attr]
    except sqlite3.Error as error:  # this short way passes by SQLAlchemy, which would wrap it
        raise OperationalError(begin, None, error) from error
