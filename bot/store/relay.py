"""What one process takes in for a chat that another one owns: kept until that one takes it, in the order it came.

PostgreSQL only. A row is taken in the very transaction that holds all it leads to.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import BigInteger, Integer, any_, bindparam, delete, func, select

from bot.channel.base import Incoming, What
from bot.store import news, tables
from bot.store.hot import Connection, fetch, many
from bot.store.parts import NUMBERS, part_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

_table = tables.relay

_ADD = _table.insert().values(
    {
        name: bindparam(name) for name in ("part", "chat", "external", "payload", "at")
    }  # the id is counted by the database
)

_OF_PARTS = (
    select(_table.c.id, _table.c.payload)
    .where(_table.c.part == any_(bindparam("parts", type_=NUMBERS)))
    .order_by(_table.c.id)
    .limit(bindparam("most", type_=Integer))
)

_FIELDS = frozenset(field.name for field in fields(Incoming))

_TAKE = delete(_table).where(_table.c.id == bindparam("of_id", type_=BigInteger))


async def add(connection: Connection, incoming: Sequence[Incoming]) -> None:
    """Keep these for their owners, and tell them."""
    rows = [
        {"part": part_of(i.key), "chat": i.key, "external": i.external, "payload": payload, "at": i.at}
        for i, payload in ((i, orjson.dumps(i).decode()) for i in incoming)
    ]
    if rows:
        await many(connection, _ADD, rows)
        await news.tell(connection, news.RELAY, [" ".join(sorted({str(row["part"]) for row in rows}))])


async def waiting(connection: Connection, parts: Collection[int], most: int) -> list[tuple[int, Incoming]]:
    """The next of these partitions, in order."""
    [rows] = await fetch(connection, (_OF_PARTS, {"parts": list(parts), "most": most}))
    return [(id_, _read(payload)) for id_, payload in rows]


async def take(connection: Connection, ids: Collection[int]) -> None:
    """These have been dealt with."""
    await many(connection, _TAKE, [{"of_id": id_} for id_ in ids])


async def is_waiting(connection: AsyncConnection, chat: str) -> bool:
    """Whether something of this chat has not been dealt with yet."""
    return (await connection.execute(select(_table.c.id).where(_table.c.chat == chat).limit(1))).first() is not None


async def backlog(connection: AsyncConnection) -> dict[int, tuple[int, int]]:
    """How many wait in each partition, and when the oldest came in."""
    table = _table.c
    rows = await connection.execute(select(table.part, func.count(), func.min(table.at)).group_by(table.part))
    return {part: (count, oldest) for part, count, oldest in rows}


def _read(payload: str) -> Incoming:
    """An incoming thing from its stored form. What only a newer version knows of it is left out."""
    data = {name: value for name, value in orjson.loads(payload).items() if name in _FIELDS}
    try:
        what = What(data["what"])
    except ValueError:
        what = What.OTHER
    return Incoming(**{**data, "what": what})
