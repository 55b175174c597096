"""The register of breaches: what happened, when it was found, when the authority was told."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from bot.store import tables

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

HOUR = 3_600_000

TELL_WITHIN = 72 * HOUR
"""From finding a breach to telling the authority: 72 hours (Law 91/2025/QH15, article 23, as summarised in the notes of
law firms read 2026-11-23; Decree 13/2023, article 23, had the same)."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach; `told_at` is 0 until the authority was told."""

    id: str
    found_at: int
    told_at: int
    note: str

    @property
    def due_at(self) -> int:
        """By when the authority has to know."""
        return self.found_at + TELL_WITHIN


async def add(connection: AsyncConnection, breach: Breach) -> None:
    """Write one down."""
    await connection.execute(tables.breach.insert(), asdict(breach))


async def listed(connection: AsyncConnection) -> list[Breach]:
    """All of them, the newest first."""
    rows = await connection.execute(select(tables.breach).order_by(tables.breach.c.found_at.desc()))
    return [Breach(**row._mapping) for row in rows]  # noqa: SLF001 (the public name of a row's columns)


async def tell(connection: AsyncConnection, id_: str, at: int) -> bool:
    """The authority was told; False when there is no such breach that is still to be told."""
    table = tables.breach
    told = update(table).where(table.c.id == id_, table.c.told_at == 0).values(told_at=at)
    return (await connection.execute(told)).rowcount == 1
