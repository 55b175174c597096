"""The few statements of every message: compiled once, run many rows at a time, straight on the driver.

SQLAlchemy costs about 0.1 ms a statement, and each goes to the driver's thread several times; at hundreds of messages
a second that is most of the work. Here it builds the text once for either database, and the driver runs it.
"""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import bindparam
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Dialect
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.sql.base import Executable

Rows: TypeAlias = "list[tuple[Any, ...]]"

Question: TypeAlias = "tuple[Executable, Mapping[str, Any]]"
"""A reading statement and its values."""

SIZES = (2, 8, 32, 128, 256)
"""Lengths of the lists in `among`: few, so that few statements are compiled."""

COMMIT, ROLLBACK = "COMMIT", "ROLLBACK"

_OURS = (ValueError, TypeError, OverflowError, sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError)
"""Errors that no second try would mend: a value of ours that the database cannot hold."""

_OURS_TOO = ("22", "54")
"""The same on PostgreSQL: how its codes of such errors begin (data exception, program limit exceeded)."""


class Batch:
    """A transaction straight on the driver, in few trips to its thread: a trip costs more than most statements.

    It begins with the first thing asked; what is written waits for the next question, or for the end.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        assert connection.sync_connection is not None, "connected"
        self._driver: Any = connection.sync_connection.connection.driver_connection
        self.dialect = connection.dialect
        self._writes: list[tuple[str, list[tuple[Any, ...]]]] = []
        self._begun = False

    def tell(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write something for each row."""
        text, pick = _compiled(self.dialect, statement)
        self._writes.append((text, [pick(row) for row in rows]))

    async def ask(self, questions: Sequence[Question]) -> list[Rows]:
        """The rows of reading statements, in one trip. Raises DBAPIError, without the values."""
        asked = []
        for statement, values in questions:
            text, pick = _compiled(self.dialect, statement)
            asked.append((text, pick(values)))
        return await self._trip(asked)

    async def commit(self) -> None:
        """Make it all so. Raises DBAPIError."""
        await self._trip([], COMMIT)

    async def rollback(self) -> None:
        """Take it all back."""
        self._writes.clear()
        if self._begun:
            await self._trip([], ROLLBACK)

    async def _trip(self, asked: Sequence[tuple[str, tuple[Any, ...]]], end: str = "") -> list[Rows]:
        """Begin if need be, write what waits, ask, end."""
        writes, self._writes = self._writes, []
        begin, self._begun = not self._begun, True  # until it has ended well there may be something to take back
        try:
            if self.dialect.name == "sqlite":
                # aiosqlite's own way to its thread; its public methods take one statement at a time.
                found: list[Rows] = await self._driver._execute(  # noqa: SLF001
                    _run,
                    self._driver._conn,  # noqa: SLF001
                    begin,
                    writes,
                    asked,
                    end,
                )
            else:
                found = await _run_postgres(self._driver, begin, writes, asked, end)
        except _OURS:
            raise
        except Exception as error:  # the drivers have no class of error in common
            if str(getattr(error, "sqlstate", "")).startswith(_OURS_TOO):
                raise ValueError(type(error).__name__) from None  # its words hold the value
            raise DBAPIError(end or asked[0][0], None, error) from error
        self._begun = not end
        return found


def _run(
    connection: sqlite3.Connection,
    begin: bool,
    writes: Sequence[tuple[str, list[tuple[Any, ...]]]],
    asked: Sequence[tuple[str, tuple[Any, ...]]],
    end: str,
) -> list[Rows]:
    """One trip, in the driver's thread."""
    if end == ROLLBACK and not connection.in_transaction:
        return []  # it never began, or SQLite has taken it back itself: the disk was full
    if begin:
        connection.execute("BEGIN IMMEDIATE")
    for text, rows in writes:
        connection.executemany(text, rows)
    found = [connection.execute(text, values).fetchall() for text, values in asked]
    if end:
        connection.execute(end)
    return found


async def _run_postgres(
    connection: Any,
    begin: bool,
    writes: Sequence[tuple[str, list[tuple[Any, ...]]]],
    asked: Sequence[tuple[str, tuple[Any, ...]]],
    end: str,
) -> list[Rows]:
    """The same over the wire: one trip for each statement, whatever the number of its rows."""
    if end == ROLLBACK and (connection.is_closed() or not connection.is_in_transaction()):
        return []  # it never began, or the connection is gone: then the server takes it back
    if begin:
        await connection.execute("BEGIN")
    for text, rows in writes:
        await connection.executemany(text, rows)
    found = [[tuple(row) for row in await connection.fetch(text, *values)] for text, values in asked]
    if end and await connection.execute(end) != end:  # a failed transaction ends with ROLLBACK whatever is asked
        raise RuntimeError("the transaction had failed before its end")
    return found


Connection: TypeAlias = "AsyncConnection | Batch"
"""Where a store function works: a transaction of SQLAlchemy's, or a batch for the functions of every message."""


async def many(connection: Connection, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run a writing statement for each row, in a batch later. Does nothing for no rows. Raises DBAPIError."""
    if not rows:
        return
    if isinstance(connection, Batch):
        connection.tell(statement, rows)
    else:
        await connection.execute(statement, list(rows))


async def fetch(connection: Connection, *questions: Question) -> list[Rows]:
    """The rows of reading statements, in a batch in one trip. Raises DBAPIError."""
    if isinstance(connection, Batch):
        return await connection.ask(questions)
    return [[tuple(row) for row in await connection.execute(*question)] for question in questions]


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
    """The statement's text for a database, and what picks its values in their order."""
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    names = compiled.positiontup or ()
    if not names:
        return compiled.string, lambda _: ()
    if not names:
        return compiled.string, lambda _: ()
    if len(names) == 1:
        return compiled.string, lambda row: (row[names[0]],)
    return compiled.string, itemgetter(*names)
