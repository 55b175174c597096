"""Wrong codes that somebody typed: so many since the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select

from bot.store.database import upsert
from bot.store.hot import fetch, many

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.hot import Connection


class Tries:
    """Those of one kind of code, in a table of its own: person, since, tries."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._read = select(table.c.since, table.c.tries).where(table.c.person == bindparam("of_person"))
        self._forget = delete(table).where(table.c.person == bindparam("of_person"))

    async def count(self, connection: Connection, person: str, since: int) -> int:
        """How many since their first one, if that was after `since`."""
        [rows] = await fetch(connection, (self._read, {"of_person": person}))
        return next((number for first, number in rows if first > since), 0)

    async def add(self, connection: Connection, person: str, since: int, now: int) -> int:
        """One more; how many that makes since their first one, if that was after `since`."""
        [rows] = await fetch(connection, (self._read, {"of_person": person}))
        first, number = next(((first, number) for first, number in rows if first > since), (now, 0))
        row = {"person": person, "since": first, "tries": number + 1}
        await many(connection, upsert(connection, self._table), [row])
        return number + 1

    async def forget(self, connection: Connection, person: str) -> None:
        """All of somebody's."""
        await many(connection, self._forget, [{"of_person": person}])

    async def sweep(self, connection: AsyncConnection, before: int) -> None:
        """Those that began before then."""
        await connection.execute(delete(self._table).where(self._table.c.since < before))
