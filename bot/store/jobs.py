"""Due work as rows: written in the transaction that causes it, one row per key, kept until it is done.

`kind` says who carries a job out (bot/service/clock.py). A job that fails is due again later; one that failed too
often, or by a fault of ours, is parked with a reason until somebody has looked (`bot jobs`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import bindparam, case, delete, func, literal_column, or_, select, update

from bot.store import tables
from bot.store.database import insert_new, upsert
from bot.store.hot import Connection, among, fetch, many, places, size_for
from bot.store.parts import among_parts, part_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import Row, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

WAIT, SWEEP, NOTICE = "wait", "sweep", "notice"
"""Kinds: a step waits for its answer (a reminder, a silence); what was kept long enough is dropped; something that
happened in another chat is to be told in this one."""

SERIES = "series"
"""One more: a series of broadcasts is due."""

WAITING, PARKED = "waiting", "parked"


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done at `due_at` (milliseconds). A second job with the same key replaces the first.

    `chat` is whom it is for; "": nobody, it is the bot's own. `attempts` were made in vain, the last one for `reason`.
    """

    key: str
    chat: str
    due_at: int
    payload: dict[str, Any]
    kind: str = WAIT
    attempts: int = 0
    reason: str = ""

    @property
    def name(self) -> str:
        """What tells it from the one it replaced, and from the one that will replace it."""
        return f"{self.key}@{self.due_at}"


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that was tried in vain; due again `again_at`, or parked (None)."""

    job: Job
    reason: str
    again_at: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """All waiting jobs of a kind: how many, when the first is due, how many are due already, how many have failed."""

    kind: str
    count: int
    next_at: int
    late: int
    failed: int


def waiting_for(chat: str) -> str:
    """The key of the job that wakes an open step of a chat: one for each chat, the newest counts."""
    return f"wait:{chat}"


def key_of(name: str) -> str:
    """The key of the job with that name."""
    return name.rpartition("@")[0]


async def add(connection: Connection, jobs: Iterable[Job]) -> None:
    """Write or replace jobs."""
    await many(connection, upsert(connection, tables.job), [_to_row(job) for job in jobs])


async def keep(connection: AsyncConnection, job: Job, latest: int) -> None:
    """Let a job that recurs be there. One that is parked, or due after `latest`, begins anew; any other stays."""
    table = tables.job
    await many(connection, insert_new(connection, table), [_to_row(job)])
    lost = or_(table.c.state == PARKED, table.c.due_at > latest)
    await connection.execute(
        update(table)
        .where(table.c.key == job.key, lost)
        .values(state=WAITING, due_at=job.due_at, attempts=0, reason="")
    )


_KEY = tables.job.c.key == bindparam("of_key")
_CANCEL = delete(tables.job).where(_KEY)
_PARK = update(tables.job).where(_KEY).values(state=literal_column("'parked'"), reason=bindparam("why"))
_FAIL = (
    update(tables.job)
    .where(_KEY, tables.job.c.due_at == bindparam("of_due"), tables.job.c.state == literal_column("'waiting'"))
    .values(
        state=bindparam("new_state"),
        due_at=bindparam("new_due"),
        attempts=bindparam("new_attempts"),
        reason=bindparam("why"),
    )
)


async def cancel(connection: Connection, keys: Iterable[str]) -> None:
    """These need not be done any more."""
    await many(connection, _CANCEL, [{"of_key": key} for key in keys])


async def due(
    connection: AsyncConnection,
    now: int,
    channel: str,
    kinds: Collection[str] = (WAIT,),
    most: int = 200,
    *,
    parts: Collection[int] | None = None,
) -> list[Job]:
    """What is due, oldest first: for the chats of a channel (in all partitions: None), or the bot's own ("")."""
    table = tables.job
    whose = table.c.chat.startswith(f"{channel}:", autoescape=True) if channel else table.c.chat == ""
    mine = among_parts(table.c.chat, parts)
    is_due = (table.c.state == WAITING, table.c.due_at <= now, table.c.kind.in_(kinds), whose, mine)
    return [
        _of_row(row)
        for row in await connection.execute(select(table).where(*is_due).order_by(table.c.due_at).limit(most))
    ]


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


async def park(connection: Connection, jobs: Mapping[str, str]) -> None:
    """Set jobs aside that cannot be done: key -> why."""
    await many(connection, _PARK, [{"of_key": key, "why": why} for key, why in jobs.items()])


async def fail(connection: Connection, failures: Iterable[Failure]) -> None:
    """Write down what was tried in vain. A job that was replaced, parked or done meanwhile stays as it is."""
    rows = [
        {
            "of_key": each.job.key,
            "of_due": each.job.due_at,
            "new_state": PARKED if each.again_at is None else WAITING,
            "new_due": each.job.due_at if each.again_at is None else each.again_at,
            "new_attempts": each.job.attempts + 1,
            "why": each.reason,
        }
        for each in failures
    ]
    await many(connection, _FAIL, rows)


async def retry(connection: AsyncConnection, key: str, now: int) -> int:
    """Let a parked job (every one for "") be done now, as if it had never been tried; how many those are."""
    again = update(tables.job).where(*_parked(key)).values(state=WAITING, due_at=now, attempts=0, reason="")
    return (await connection.execute(again)).rowcount


async def drop(connection: AsyncConnection, key: str) -> bool:
    """Let a parked job never be done; whether there was one."""
    return (await connection.execute(delete(tables.job).where(*_parked(key)))).rowcount > 0


async def find(connection: AsyncConnection, key: str) -> Job | None:
    """The job of that key, whatever its state."""
    row = (await connection.execute(select(tables.job).where(tables.job.c.key == key))).one_or_none()
    return None if row is None else _of_row(row)


async def waiting(connection: AsyncConnection, now: int) -> list[Waiting]:
    """What waits, by kind."""
    table = tables.job
    late, failed = (func.sum(case((is_so, 1), else_=0)) for is_so in (table.c.due_at <= now, table.c.attempts > 0))
    query = select(table.c.kind, func.count(), func.min(table.c.due_at), late, failed).where(table.c.state == WAITING)
    return [Waiting(*row) for row in await connection.execute(query.group_by(table.c.kind).order_by(table.c.kind))]


async def backlog(connection: AsyncConnection, now: int) -> dict[int, tuple[int, int]]:
    """How many jobs of people are due in each partition, and since when the oldest."""
    table, of = tables.job, part_at(connection, tables.job.c.chat)
    late = (table.c.state == WAITING, table.c.due_at <= now, table.c.chat != "")
    rows = await connection.execute(select(of, func.count(), func.min(table.c.due_at)).where(*late).group_by(of))
    return {number: (count, oldest) for number, count, oldest in rows}


async def parked(connection: AsyncConnection) -> list[Job]:
    """What is set aside, the longest first."""
    query = select(tables.job).where(tables.job.c.state == PARKED).order_by(tables.job.c.due_at, tables.job.c.key)
    return [_of_row(row) for row in await connection.execute(query)]


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """Jobs by state."""
    rows = await connection.execute(select(tables.job.c.state, func.count()).group_by(tables.job.c.state))
    return {state: count for state, count in rows}  # noqa: C416 (rows are no tuples)


def _parked(key: str) -> tuple[Any, ...]:
    is_parked = tables.job.c.state == PARKED
    return (is_parked, tables.job.c.key == key) if key else (is_parked,)


def _to_row(job: Job) -> dict[str, Any]:
    return {
        "key": job.key,
        "kind": job.kind,
        "chat": job.chat,
        "due_at": job.due_at,
        "payload_json": orjson.dumps(job.payload).decode(),
        "state": WAITING,
        "attempts": 0,
        "reason": "",
    }


def _of_row(row: Row[Any]) -> Job:
    try:
        payload = orjson.loads(row.payload_json)
    except orjson.JSONDecodeError:  # a damaged row must not hide the others: who carries it out will miss something
        payload = {}
    return Job(row.key, row.chat, row.due_at, payload, row.kind, row.attempts, row.reason)
