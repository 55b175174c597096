"""How many messages went over a channel in a month, and how many people use it: what a platform's plan counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from bot.store import tables
from bot.store.database import insert_new

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Used:
    """What is used. `received_until`: when the newest message that came in was sent, milliseconds since 1970 UTC."""

    people: int = 0
    sent: int = 0
    received: int = 0
    received_until: int = 0


async def used(connection: AsyncConnection, channel: str, month: str) -> Used:
    """How it stands in a month such as "2026-11"."""
    table, chat = tables.quota, tables.chat
    people = select(func.count(chat.c.external.distinct())).where(chat.c.channel == channel)
    row = select(table.c.sent, table.c.received, table.c.received_until).where(
        table.c.channel == channel, table.c.month == month
    )
    counted = (await connection.execute(row)).first() or (0, 0, 0)
    return Used((await connection.execute(people)).scalar() or 0, *counted)


async def add(connection: AsyncConnection, channel: str, month: str, more: Used) -> None:
    """Count what was sent and received since the last time."""
    table = tables.quota
    empty = {"channel": channel, "month": month, "sent": 0, "received": 0, "received_until": 0}
    await connection.execute(insert_new(connection, table), empty)
    await connection.execute(
        update(table)
        .where(table.c.channel == channel, table.c.month == month)
        .values(
            sent=table.c.sent + more.sent,
            received=table.c.received + more.received,
            received_until=more.received_until,
        )
    )
