"""All rows of one database into another one, of either kind: all or nothing, and counted on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text

from bot.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.database import Database

AT_ONCE = 500
"""Rows in memory."""


class NotCopied(Exception):
    """Nothing was copied. The message is for an operator."""


async def copy(source: Database, target: Database, tell: Callable[[str, int], None]) -> None:
    """Copy everything into a target whose tables are empty; `tell` hears of each table with its number of rows.

    Nobody may write to either meanwhile. Raises NotCopied, DBAPIError, OSError: then the target is as it was.
    """
    async with source.read() as reader, target.write() as writer:
        filled = [table.name for table in metadata.sorted_tables if await _count(writer, table)]
        if filled:
            raise NotCopied(f"the target is not empty, there are rows in: {', '.join(filled)}")
        for table in metadata.sorted_tables:
            rows = await reader.stream(select(table).execution_options(yield_per=AT_ONCE))
            async for part in rows.partitions():
                await _put(writer, table, part)
            expected, found = await _count(reader, table), await _count(writer, table)
            if expected != found:
                raise NotCopied(f"of {expected} rows in '{table.name}' {found} have arrived")
            tell(table.name, found)
        if writer.dialect.name == "postgresql":
            await _settle(writer)


async def _count(connection: AsyncConnection, table: Table) -> int:
    return await connection.scalar(select(func.count()).select_from(table)) or 0


async def _put(writer: AsyncConnection, table: Table, rows: Sequence[Any]) -> None:
    try:
        if writer.dialect.name == "postgresql":
            driver: Any = (await writer.get_raw_connection()).driver_connection
            columns = list(table.columns.keys())
            await driver.copy_records_to_table(table.name, columns=columns, records=map(tuple, rows))
        else:
            await writer.execute(table.insert(), [dict(row._mapping) for row in rows])  # noqa: SLF001 (public)
    except Exception as error:  # the drivers have no class of error in common
        reason = str(error).splitlines()[0]
        raise NotCopied(f"the target does not take the rows of '{table.name}': {reason}") from error


async def _settle(writer: AsyncConnection) -> None:
    """Ids go on above the copied ones, and the planner knows how much there is."""
    for table in metadata.sorted_tables:
        counted = table.autoincrement_column
        if counted is not None:
            highest = f"SELECT setval(pg_get_serial_sequence('{table.name}', '{counted.name}'), max({counted.name}))"
            await writer.execute(text(f"{highest} FROM {table.name} HAVING count(*) > 0"))
        await writer.execute(text(f"ANALYZE {table.name}"))
