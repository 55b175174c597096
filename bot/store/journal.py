"""What happened, step by step, without words a person typed: the source of every count."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import ColumnClause, bindparam, literal_column, update

from bot.store import counts, tables
from bot.store.hot import Connection, many

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection


DAY = 24 * 3_600_000
"""Milliseconds."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened in one chat. `answer` is empty where it might be personal."""

    chat: str
    flow: str
    step: str
    what: str
    answer: str
    at: int


_COLUMNS = tuple(f.name for f in fields(Line))
_ADD = tables.journal.insert().inline().values({name: bindparam(name) for name in _COLUMNS})


_NOTHING: ColumnClause[str] = literal_column("''")
_NOBODYS = {
    "chat": _NOTHING,
    "answer": _NOTHING,
    "at": tables.journal.c.at - tables.journal.c.at % literal_column(str(DAY)),
}
_NAMELESS = update(tables.journal).where(tables.journal.c.chat == bindparam("key")).values(**_NOBODYS)


async def make_nameless(connection: Connection, chats: Iterable[str]) -> None:
    """Lines of these chats count on, but belong to nobody: no chat, no answer, only the day."""
    keys = list(chats)
    await counts.let_go(connection, keys)
    await counts.keep(connection, keys)
    await many(connection, _NAMELESS, [{"key": key} for key in keys])


async def forget(connection: AsyncConnection, before: int) -> None:
    """The same for all lines of days (in Viet Nam) before that of `before`: a day is counted as a whole."""
    table = tables.journal
    before = counts.beginning(before)
    await counts.keep_old(connection, before)
    old = update(table).where(table.c.at < before, table.c.chat != "")
    await connection.execute(old.values(**_NOBODYS))


async def add(connection: Connection, lines: Iterable[Line]) -> None:
    """Write lines."""
    await many(connection, _ADD, [{name: getattr(line, name) for name in _COLUMNS} for line in lines])
