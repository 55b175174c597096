"""The few statements of every message: compiled once, run many rows at a time, straight on the driver.

SQLAlchemy costs about 0.1 ms a statement; at hundreds of messages a second that is most of the work. Here it builds
the text once for either database, and the driver runs it inside the transaction that SQLAlchemy has begun.
"""

from __future__ import annotations

import sqlite3
from contextlib import asynccontextmanager
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Dialect
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.sql.base import Executable

SIZES = (2, 8, 32, 128, 256)
"""Lengths of the lists in `among`: few, so that few statements are compiled."""


_OURS = (ValueError, TypeError, OverflowError, sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError)
"""Errors that no second try would mend: a value of ours that the database cannot hold."""

_GATHERED = "gathered"


@asynccontextmanager
async def together(connection: AsyncConnection) -> AsyncIterator[None]:
    """What `many` is given inside goes to the driver's thread in one trip, in its order, at the end.

    A trip costs more than most statements. Nothing may be read inside of what is written there.
    """
    gathered: list[tuple[str, list[tuple[Any, ...]]]] = []
    connection.info[_GATHERED] = gathered
    try:
        yield
    finally:
        del connection.info[_GATHERED]
    driver = _driver(connection)
    try:
        if connection.dialect.name == "sqlite":
            # aiosqlite's own way to its thread, which its public methods take one statement at a time.
            await driver._execute(_run, driver._conn, gathered)  # noqa: SLF001
        else:
            for text, values in gathered:
                await driver.executemany(text, values)
    except _OURS:
        raise
    except Exception as error:  # the drivers have no class of error in common
        raise DBAPIError("together", None, error) from error


async def many(connection: AsyncConnection, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run a writing statement for each row. Does nothing for no rows. Raises DBAPIError, without the values."""
    if not rows:
        return
    text, pick = _compiled(connection.dialect, statement)
    values = [pick(row) for row in rows]
    gathered = connection.info.get(_GATHERED)
    if gathered is not None:
        gathered.append((text, values))
        return
    try:
        await _driver(connection).executemany(text, values)
    except _OURS:
        raise
    except Exception as error:
        raise DBAPIError(text, None, error) from error


async def fetch(connection: AsyncConnection, statement: Executable, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a reading statement. Raises DBAPIError, without the values."""
    text, pick = _compiled(connection.dialect, statement)
    driver = _driver(connection)
    arguments = pick(values)
    try:
        if connection.dialect.name == "sqlite":
            return list(await driver.execute_fetchall(text, arguments))
        return list(await driver.fetch(text, *arguments))
    except _OURS:
        raise
    except Exception as error:
        raise DBAPIError(text, None, error) from error


def _run(connection: sqlite3.Connection, gathered: Sequence[tuple[str, list[tuple[Any, ...]]]]) -> None:
    for text, values in gathered:
        connection.executemany(text, values)


def size_for(count: int) -> int:
    """The length of list to compile for `count` values (at most 256 of them)."""
    return next(size for size in SIZES if size >= count)


def among(column: ColumnElement[Any], name: str, size: int) -> ColumnElement[bool]:
    """`column IN (…)` with `size` places called name0, name1 …: filled by `places`."""
    return column.in_([bindparam(f"{name}{index}", type_=column.type) for index in range(size)])


def places(name: str, values: Sequence[Any], size: int) -> dict[str, Any]:
    """Values for `among`; the last one fills what is left."""
    filled = [*values, *[values[-1]] * (size - len(values))]
    return {f"{name}{index}": value for index, value in enumerate(filled)}


@lru_cache(maxsize=200)
def _compiled(dialect: Dialect, statement: Executable) -> tuple[str, Callable[[Mapping[str, Any]], tuple[Any, ...]]]:
    """The statement's text for a database, and what picks its (two or more) values in their order."""
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    return compiled.string, itemgetter(*compiled.positiontup)


def _driver(connection: AsyncConnection) -> Any:
    """The driver's own connection, in whose transaction we are."""
    assert connection.sync_connection is not None, "connected"
    return connection.sync_connection.connection.driver_connection
