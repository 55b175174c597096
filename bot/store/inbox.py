"""What came in and was dealt with: unique on (channel, external id), so that a redelivery changes nothing."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from bot.store import tables
from bot.store.database import insert_new
from bot.store.hot import Connection, Question, among, many, places, size_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.channel.base import Incoming

CHANNELS = 8
"""Channels that may be in one batch."""


@cache
def _known(size: int) -> Select[Any]:
    """Looked up by the external ids alone; two channels that use the same one are told apart afterwards."""
    table = tables.inbox
    return select(table.c.channel, table.c.external).where(
        among(table.c.channel, "channel", CHANNELS), among(table.c.external, "external", size)
    )


def known(incoming: Sequence[Incoming]) -> Question:
    """Which of these (at most 256, of at most 8 channels) have been dealt with already: rows (channel, external id)."""
    size = size_for(len(incoming))
    channels = sorted({i.channel for i in incoming})
    values = places("channel", channels, CHANNELS) | places("external", [i.external for i in incoming], size)
    return _known(size), values


async def add(connection: Connection, incoming: Iterable[tuple[Incoming, str]]) -> None:
    """Remember these as dealt with; with a reason, as parked: our own fault, to be looked at."""
    rows = [
        {
            "channel": i.channel,
            "external": i.external,
            "chat": i.key,
            "what": i.what.value,
            "at": i.at,
            "state": "parked" if reason else "done",
            "reason": reason,
        }
        for i, reason in incoming
    ]
    await many(connection, insert_new(connection, tables.inbox), rows)


async def forget(connection: AsyncConnection, before: int) -> None:
    """Drop what came in before `before`: no platform redelivers that late."""
    await connection.execute(delete(tables.inbox).where(tables.inbox.c.at < before, tables.inbox.c.state == "done"))
