"""Broadcasts that were sent or are to be sent: one row each, which says how things stand and what is to be done."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import bindparam, literal_column, or_, select, update

from bot.broadcast.model import Broadcast, Newer
from bot.store import tables
from bot.store.hot import Connection, many

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection

ASKED, SCHEDULED, RUNNING, PAUSED = "asked", "scheduled", "running", "paused"
WAITING, STOPPING, STOPPED, DONE = "waiting", "stopping", "stopped", "done"

OPEN = (ASKED, SCHEDULED, RUNNING, WAITING, PAUSED)
"""States in which it can still be stopped. A part of a series waits from one time to the next."""

ENDED = (STOPPED, DONE)


@dataclass(frozen=True, slots=True)
class Row:
    """A broadcast and how it stands; the columns are explained in bot/store/tables.py."""

    id: int
    name: str
    kind: str
    topic: str
    state: str
    reason: str
    content: Broadcast
    version: int
    change: str
    sender: str
    approvals: tuple[str, ...]
    expected: int
    created_at: int
    start_at: int
    gathered_at: int
    ended_at: int
    rest_until: int
    until_n: int
    waits: int
    counts: dict[str, Any]
    series: str
    gathered_to: str


def _row(found: Any) -> Row:
    values = dict(found._mapping)  # noqa: SLF001 (the public name of a row's columns)
    content = Broadcast.from_json(orjson.loads(values.pop("content_json")))
    approvals = tuple(orjson.loads(values.pop("approvals_json")))
    counts = orjson.loads(values.pop("counts_json") or "{}")
    return Row(content=content, approvals=approvals, counts=counts, **values)


def _rows(found: Iterable[Any]) -> list[Row]:
    """Those that this version understands; the others are left to the newer bot that wrote them."""
    rows = []
    for each in found:
        with contextlib.suppress(Newer):
            rows.append(_row(each))
    return rows


async def add(
    connection: AsyncConnection,
    content: Broadcast,
    *,
    name: str,
    state: str,
    sender: str,
    expected: int,
    created_at: int,
    start_at: int,
    series: str = "",
) -> int | None:
    """Write one down; its id, or None when that name has been sent before: nothing goes out twice by mistake."""
    table = tables.broadcast
    if (await connection.execute(select(table.c.id).where(table.c.name == name))).first() is not None:
        return None
    values = {
        "name": name,
        "kind": content.kind.value,
        "topic": content.topic,
        "state": state,
        "reason": "",
        "content_json": orjson.dumps(content.to_json()).decode(),
        "version": 1,
        "change": "",
        "sender": sender,
        "approvals_json": "[]",
        "expected": expected,
        "created_at": created_at,
        "start_at": start_at,
        "gathered_at": 0,
        "ended_at": 0,
        "rest_until": 0,
        "until_n": 0,
        "waits": 0,
        "counts_json": "",
        "series": series,
        "gathered_to": "",
    }
    return int((await connection.execute(table.insert().values(values).returning(table.c.id))).scalar_one())


async def find(connection: AsyncConnection, name: str) -> Row | None:
    """The broadcast of that name."""
    found = (await connection.execute(select(tables.broadcast).where(tables.broadcast.c.name == name))).first()
    return None if found is None else _row(found)


async def family(connection: AsyncConnection, name: str) -> list[Row]:
    """The broadcast of that name, or all parts of that series, in their order."""
    table = tables.broadcast
    query = select(table).where(or_(table.c.name == name, table.c.series == name)).order_by(table.c.id)
    return _rows(await connection.execute(query))


async def lasting(connection: AsyncConnection) -> dict[str, Broadcast]:
    """The series that go on, by name; of each the content of its first part."""
    table = tables.broadcast
    query = select(table).where(table.c.series != "", table.c.state.not_in((ASKED, STOPPING, *ENDED)))
    rows = _rows(await connection.execute(query.order_by(table.c.id.desc())))
    return {row.series: row.content for row in rows}


async def listed(connection: AsyncConnection) -> list[Row]:
    """All of them, the newest first."""
    table = tables.broadcast
    return _rows(await connection.execute(select(table).order_by(table.c.id.desc())))


async def at_work(connection: AsyncConnection, now: int) -> list[Row]:
    """Those for which something is to be done: emergencies first, then in the order of their start."""
    table = tables.broadcast
    due = (table.c.state == SCHEDULED) & (table.c.start_at <= now)
    query = select(table).where(or_(table.c.state.in_((RUNNING, STOPPING)), due, table.c.change != ""))
    rows = _rows(await connection.execute(query.order_by(table.c.start_at, table.c.id)))
    return sorted(rows, key=lambda row: row.kind != "emergency")


async def some_count(connection: AsyncConnection, kinds: Collection[str], since: int, besides: int) -> bool:
    """Whether any other broadcast of these classes may have reached somebody since then."""
    table = tables.broadcast
    lately = or_(table.c.ended_at == 0, table.c.ended_at > since)
    others = (table.c.kind.in_(kinds), table.c.id != besides, lately)
    return (await connection.execute(select(table.c.id).where(*others).limit(1))).first() is not None


async def forgettable(connection: AsyncConnection, before: int) -> list[Row]:
    """Those that ended before `before` and still have recipients."""
    table = tables.broadcast
    ended = (table.c.state.in_(ENDED), table.c.ended_at > 0, table.c.ended_at < before)
    old = select(table).where(*ended, table.c.counts_json == "")
    return _rows(await connection.execute(old))


async def change(connection: AsyncConnection, id_: int, *, only_if: Collection[str] = (), **values: Any) -> bool:
    """Set columns; False when the broadcast is not in one of the states `only_if` (somebody was quicker)."""
    table = tables.broadcast
    if "content" in values:
        values["content_json"] = orjson.dumps(values.pop("content").to_json()).decode()
    if "approvals" in values:
        values["approvals_json"] = orjson.dumps(list(values.pop("approvals"))).decode()
    if "counts" in values:
        values["counts_json"] = orjson.dumps(values.pop("counts")).decode()
    where = [table.c.id == id_, *([table.c.state.in_(only_if)] if only_if else [])]
    return (await connection.execute(update(table).where(*where).values(**values))).rowcount == 1


_WAITS = (
    update(tables.broadcast)
    .where(tables.broadcast.c.id == bindparam("of"))
    .values(waits=tables.broadcast.c.waits + literal_column("1"))
)


async def count_waits(connection: Connection, ids: Iterable[int]) -> None:
    """The platform said "too fast" once more to each of these."""
    await many(connection, _WAITS, [{"of": id_} for id_ in ids])
