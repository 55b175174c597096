"""Due work as rows: written in the transaction that causes it, one row per key, kept until it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import delete, func, select, update

from bot.store import tables
from bot.store.database import upsert
from bot.store.hot import many

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done at `due_at` (milliseconds). A second job with the same key replaces the first."""

    key: str
    kind: str
    chat: str
    due_at: int
    payload: dict[str, Any]
    attempts: int = 0

    @property
    def name(self) -> str:
        """What tells it from the one it replaced, and from the one that will replace it."""
        return f"{self.key}@{self.due_at}"


async def add(connection: AsyncConnection, jobs: Iterable[Job]) -> None:
    """Write or replace jobs."""
    rows = [
        {
            "key": job.key,
            "kind": job.kind,
            "chat": job.chat,
            "due_at": job.due_at,
            "payload_json": orjson.dumps(job.payload).decode(),
            "state": "waiting",
            "attempts": job.attempts,
            "reason": "",
        }
        for job in jobs
    ]
    await many(connection, upsert(connection, tables.job), rows)


async def cancel(connection: AsyncConnection, keys: Collection[str]) -> None:
    """These need not be done any more."""
    if keys:
        await connection.execute(delete(tables.job).where(tables.job.c.key.in_(list(keys))))


async def due(connection: AsyncConnection, now: int, most: int = 200) -> list[Job]:
    """What is due, oldest first."""
    table = tables.job
    rows = await connection.execute(
        select(table).where(table.c.state == "waiting", table.c.due_at <= now).order_by(table.c.due_at).limit(most)
    )
    return [Job(r.key, r.kind, r.chat, r.due_at, orjson.loads(r.payload_json), r.attempts) for r in rows]


async def names(connection: AsyncConnection, keys: Collection[str]) -> dict[str, str]:
    """The names of those of these jobs that are still to be done, by key."""
    if not keys:
        return {}
    table = tables.job
    rows = await connection.execute(select(table).where(table.c.key.in_(list(keys)), table.c.state == "waiting"))
    return {r.key: f"{r.key}@{r.due_at}" for r in rows}


async def put_off(connection: AsyncConnection, key: str, due_at: int) -> None:
    """Do it later."""
    await connection.execute(update(tables.job).where(tables.job.c.key == key).values(due_at=due_at))


async def park(connection: AsyncConnection, key: str, reason: str) -> None:
    """Set a job aside that cannot be done, with the reason."""
    await connection.execute(update(tables.job).where(tables.job.c.key == key).values(state="parked", reason=reason))


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """Jobs by state."""
    rows = await connection.execute(select(tables.job.c.state, func.count()).group_by(tables.job.c.state))
    return {state: count for state, count in rows}  # noqa: C416 (rows are no tuples)
