"""Token pairs that a platform gives and takes back: an access token for hours, a refresh token for the next pair.

A refresh token is good once. So one at a time may use it, and the new pair is written down before anybody does.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from bot.store import tables
from bot.store.database import upsert

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_table = tables.token


@dataclass(frozen=True, slots=True)
class Pair:
    """What an account has been given. Times are milliseconds since 1970 UTC."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_until: int
    refresh_until: int
    renewed_at: int


async def find(connection: AsyncConnection, account: str) -> Pair | None:
    """The pair of an account, if there is one."""
    names = ("access", "refresh", "access_until", "refresh_until", "renewed_at")
    query = select(*(_table.c[name] for name in names)).where(_table.c.account == account)
    row = (await connection.execute(query)).first()
    return None if row is None else Pair(*row)


async def keep(connection: AsyncConnection, account: str, pair: Pair) -> None:
    """Write a new pair down; nobody is renewing it any more."""
    row = {"account": account, **asdict(pair), "busy_until": 0}
    await connection.execute(upsert(connection, _table), row)


async def claim(connection: AsyncConnection, account: str, refresh: str, now: int, until: int) -> bool:
    """Whether this refresh token may be used by whoever asks; until then nobody else may."""
    free = (_table.c.account == account, _table.c.refresh == refresh, _table.c.busy_until <= now)
    return (await connection.execute(update(_table).where(*free).values(busy_until=until))).rowcount == 1


async def release(connection: AsyncConnection, account: str) -> None:
    """It was not used after all."""
    await connection.execute(update(_table).where(_table.c.account == account).values(busy_until=0))
