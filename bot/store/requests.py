"""What people asked about their data: kept until it is done, and for as long as a backup may bring the data back."""

from __future__ import annotations

from dataclasses import dataclass, fields
from hashlib import blake2b
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from bot.store import tables
from bot.store.hot import Connection, many

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection

DAY = 24 * 3_600_000

DUE = {"see": 10, "correct": 10, "delete": 20, "withdraw": 15, "object": 15}
"""Days within which each kind of request has to be done.

Decree 356/2025/ND-CP as summarised by cdlaf.vn and frasersvn.com (2026-01-19), read 2026-11-23: 10 days to show or
correct, 20 to delete, 15 to withdraw, restrict or object; an answer within 2 working days.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `id` is the receipt; times are milliseconds, `done_at` 0 while it is open."""

    id: str
    kind: str
    subject: str
    asked_at: int
    due_at: int
    done_at: int = 0
    note: str = ""

    def is_about(self, person: str) -> bool:
        """Whether this was asked by that person (`Chat.person`); only known while the subject is kept."""
        return bool(self.subject) and self.subject == subject(person, self.id)


def subject(person: str, receipt: str) -> str:
    """A mark by which a person's key is known again by somebody who has it and the receipt, and by nobody else."""
    return blake2b(person.encode(), key=receipt.encode(), digest_size=16).hexdigest()


def done(kind: str, receipt: str, at: int, person: str = "") -> Request:
    """A request that the bot itself has fulfilled at once. `person` only where they must be known again."""
    return Request(receipt, kind, subject(person, receipt) if person else "", at, at + DUE[kind] * DAY, at)


COLUMNS = tuple(f.name for f in fields(Request))
_ADD = tables.request.insert().inline().values({name: bindparam(name) for name in COLUMNS})


async def add(connection: Connection, requests: Iterable[Request]) -> None:
    """Write requests down."""
    await many(connection, _ADD, [{name: getattr(r, name) for name in COLUMNS} for r in requests])


async def listed(connection: AsyncConnection, *, everything: bool = False) -> list[Request]:
    """The open requests, the most urgent first; or all of them."""
    table = tables.request
    query = select(table).order_by(table.c.due_at)
    rows = await connection.execute(query if everything else query.where(table.c.done_at == 0))
    return [Request(**row._mapping) for row in rows]  # noqa: SLF001 (the public name of a row's columns)


async def finish(connection: AsyncConnection, id_: str, at: int) -> bool:
    """A request is done; False when there is no open one of that id."""
    table = tables.request
    done = update(table).where(table.c.id == id_, table.c.done_at == 0).values(done_at=at)
    return (await connection.execute(done)).rowcount == 1


async def forget(connection: AsyncConnection, before: int) -> None:
    """Nobody need be known again whose request was done before `before`: no backup is that old."""
    table = tables.request
    await connection.execute(
        update(table).where(table.c.done_at > 0, table.c.done_at < before, table.c.subject != "").values(subject="")
    )
