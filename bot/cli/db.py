"""`bot db backup` and `bot db restore`, for SQLite: PostgreSQL has its own tools."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.cli.report import FINDINGS, OK, SETUP, USAGE, complain
from bot.cli.settings import settings
from bot.store import chats, profiles, requests
from bot.store.database import HEAD, open_database

EVER = 2**62
"""A time (in milliseconds) after all others."""


def backup(to: str) -> int:
    """Copy the database while it may be in use (SQLite's own online backup)."""
    source = _file()
    if source is None:
        return SETUP
    target = Path(to)
    if target.exists():
        complain(f"{to} is there already: name another file.")
        return USAGE
    if not source.is_file():
        complain(f"There is no database at {source} yet: nothing to copy.")
        return FINDINGS
    try:
        with closing(_read_only(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        complain(f"The backup failed: {error}.")
        return FINDINGS
    fault = _fault_of(target)
    if fault:
        complain(f"Copied to {to}, but the database cannot be used by this version: {fault}.")
        return FINDINGS
    complain(f"Written to {to}.")
    return OK


def restore(source: str, *, yes: bool) -> int:
    """Put a backup in place; what was there is kept beside it."""
    target = _file()
    if target is None:
        return SETUP
    copy = Path(source)
    if not copy.is_file():
        complain(f"There is no file {source}.")
        return USAGE
    fault = _fault_of(copy)
    if fault:
        complain(f"{source} is no backup of this bot: {fault}.")
        return FINDINGS
    if target.exists() and not yes:
        complain(f"{target} is there. Stop the bot, then say it again with --yes: the old database is kept beside it.")
        return USAGE
    if target.exists() and _in_use(target):
        complain("The database is in use: stop the bot first.")
        return FINDINGS
    erased = _erased(target)
    kept = target.with_name(f"{target.name}.before-restore-{time.strftime('%Y%m%d-%H%M%S')}")
    fresh = target.with_name(f"{target.name}.restoring")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copy, fresh)  # all that takes room first: if it fails, nothing has changed
        for suffix in ("", "-wal", "-shm"):
            part = Path(f"{target}{suffix}")
            if part.exists():
                part.rename(f"{kept}{suffix}")
        fresh.rename(target)
    except OSError as error:
        complain(f"Cannot restore to {target}: {error.strerror}.")
        return FINDINGS
    complain(f"Restored from {source}." + (f" The old database is {kept.name}." if kept.exists() else ""))
    if erased:
        again = asyncio.run(_erase_again(target, erased))
        complain(f"{again} chats that were erased after the backup are erased again.")
    return OK


def _erased(path: Path) -> list[requests.Request]:
    """Whom this database has erased and would still know again."""
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(path)) as old:
            columns = ", ".join(requests.COLUMNS)
            rows = old.execute(f"SELECT {columns} FROM request WHERE kind = 'delete' AND subject != ''")  # noqa: S608
            return [requests.Request(*row) for row in rows]
    except sqlite3.Error as error:
        complain(f"Whom the old database had erased cannot be read ({type(error).__name__}).")
        return []


async def _erase_again(restored: Path, erased: list[requests.Request]) -> int:
    """A backup brings nobody back who wanted to be forgotten; how many those were."""
    database = await open_database(f"sqlite+aiosqlite:///{restored}")
    try:
        async with database.write() as connection:
            known = {request.id for request in await requests.listed(connection, everything=True)}
            await requests.add(connection, [request for request in erased if request.id not in known])
            found = [
                chat
                for chat in await chats.unseen(connection, EVER, most=None)
                if any(chat.created_at < request.done_at and request.is_about(chat.person) for request in erased)
            ]
            for chat in found:
                await profiles.forget(connection, chat)
        return len(found)
    finally:
        await database.close()


def _file() -> Path | None:
    config = settings()
    if config is None:
        return None
    try:
        url = make_url(config.database)
    except ArgumentError:
        complain("The setting 'database' is no database address.")
        return None
    if url.get_backend_name() != "sqlite" or not url.database:
        complain("The database is not SQLite: use the tools of its own server (pg_dump, pg_restore).")
        return None
    return Path(url.database)


def _fault_of(path: Path) -> str:
    """What is wrong with a database file; empty if nothing is."""
    try:
        with closing(_read_only(path)) as connection:
            (state,) = connection.execute("PRAGMA integrity_check").fetchone()
            version = connection.execute("SELECT max(version_num) FROM alembic_version").fetchone()[0] or ""
    except sqlite3.Error as error:
        return str(error)
    if state != "ok":
        return str(state)
    return "" if version <= HEAD else f"it was written by a newer bot (schema {version})"


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _in_use(path: Path) -> bool:
    """Whether another process holds the database open: it then has a write-ahead log that cannot be taken over."""
    try:
        connection = sqlite3.connect(path, timeout=0.2, isolation_level=None)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    except sqlite3.DatabaseError:
        return False  # damaged: all the more reason to restore
    return False
