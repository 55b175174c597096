"""Due work as rows: written in the transaction that causes it, one row per key, kept until it is done."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import bindparam, delete, func, literal_column, select, update

from bot.store import tables
from bot.store.database import upsert
from bot.store.hot import Connection, among, fetch, many, places, size_for

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done at `due_at` (milliseconds). A second job with the same key replaces the first."""

    key: str
    chat: str
    due_at: int
    payload: dict[str, Any]

    @property
    def name(self) -> str:
        """What tells it from the one it replaced, and from the one that will replace it."""
        return f"{self.key}@{self.due_at}"


def waiting_for(chat: str) -> str:
    """The key of the job that wakes an open step of a chat: one for each chat, the newest counts."""
    return f"wait:{chat}"


async def add(connection: Connection, jobs: Iterable[Job]) -> None:
    """Write or replace jobs."""
    rows = [
        {
            "key": job.key,
            "kind": "wait",
            "chat": job.chat,
            "due_at": job.due_at,
            "payload_json": orjson.dumps(job.payload).decode(),
            "state": "waiting",
            "attempts": 0,
            "reason": "",
        }
        for job in jobs
    ]
    await many(connection, upsert(connection, tables.job), rows)


_KEY = tables.job.c.key == bindparam("of_key")
_CANCEL = delete(tables.job).where(_KEY)
_PARK = update(tables.job).where(_KEY).values(state=literal_column("'parked'"), reason=bindparam("why"))


async def cancel(connection: Connection, keys: Iterable[str]) -> None:
    """These need not be done any more."""
    await many(connection, _CANCEL, [{"of_key": key} for key in keys])


async def due(connection: AsyncConnection, now: int, most: int = 200) -> list[Job]:
    """What is due, oldest first."""
    table = tables.job
    rows = await connection.execute(
        select(table).where(table.c.state == "waiting", table.c.due_at <= now).order_by(table.c.due_at).limit(most)
    )
    return [Job(r.key, r.chat, r.due_at, orjson.loads(r.payload_json)) for r in rows]


@cache
def _names(size: int) -> Select[Any]:
    table = tables.job
    return select(table.c.key, table.c.due_at).where(
        among(table.c.key, "key", size), table.c.state == literal_column("'waiting'")
    )


async def names(connection: Connection, keys: Collection[str]) -> dict[str, str]:
    """The names of those of these jobs (at most 256) that are still to be done, by key."""
    if not keys:
        return {}
    size = size_for(len(keys))
    [rows] = await fetch(connection, (_names(size), places("key", list(keys), size)))
    return {key: f"{key}@{due_at}" for key, due_at in rows}


async def put_off(connection: AsyncConnection, key: str, due_at: int) -> None:
    """Do it later."""
    await connection.execute(update(tables.job).where(tables.job.c.key == key).values(due_at=due_at))


async def park(connection: Connection, jobs: Mapping[str, str]) -> None:
    """Set jobs aside that cannot be done: key -> why."""
    await many(connection, _PARK, [{"of_key": key, "why": why} for key, why in jobs.items()])


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """Jobs by state."""
    rows = await connection.execute(select(tables.job.c.state, func.count()).group_by(tables.job.c.state))
    return {state: count for state, count in rows}  # noqa: C416 (rows are no tuples)
