"""Calls for help: what each is about, who takes part, who is on duty. No words that anybody typed are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import ColumnClause, bindparam, delete, func, literal_column, select, update

from bot.store import tables
from bot.store.database import upsert
from bot.store.hot import Connection, fetch, many

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

OPEN, CLAIMED, CLOSED = "open", "claimed", "closed"

_TICKET, _SIDE, _DUTY = tables.ticket, tables.ticket_side, tables.duty
_ZERO: ColumnClause[int] = literal_column("0")
_IS_OPEN: ColumnClause[str] = literal_column("'open'")
_IS_CLAIMED: ColumnClause[str] = literal_column("'claimed'")
_IS_CLOSED: ColumnClause[str] = literal_column("'closed'")


@dataclass(frozen=True, slots=True)
class Ticket:
    """One call for help. `about` is what a helper sees: guide, step, what was tried, how to call the person."""

    id: int
    person: str
    chat: str
    team: str
    place: str
    guide: str
    step: str
    about: dict[str, Any]
    state: str
    opened_at: int
    claimed_at: int = 0
    closed_at: int = 0
    how: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """Somebody who takes part in a call; `asks`: the person who called."""

    ticket: int
    person: str
    chat: str
    asks: bool = field(default=False)


_COLUMNS = (
    *("person", "chat", "team", "place", "guide", "step", "about_json"),
    *("state", "opened_at", "claimed_at", "closed_at", "how"),
)
_OWN = [_TICKET.c.id, *(_TICKET.c[name] for name in _COLUMNS)]
_ADD = _TICKET.insert().values({name: bindparam(f"its_{name}") for name in _COLUMNS}).returning(_TICKET.c.id)
_ID = _TICKET.c.id == bindparam("of_ticket")
_FIND = select(*_OWN).where(_ID)
_CLAIM = (
    update(_TICKET)
    .where(_ID, _TICKET.c.state == _IS_OPEN)
    .values(state=_IS_CLAIMED, claimed_at=bindparam("now"))
    .returning(_TICKET.c.id)
)
_REOPEN = (
    update(_TICKET)
    .where(_ID, _TICKET.c.state == _IS_CLAIMED)
    .values(state=_IS_OPEN, claimed_at=_ZERO)
    .returning(_TICKET.c.id)
)
_CLOSE = (
    update(_TICKET)
    .where(_ID, _TICKET.c.state != _IS_CLOSED)
    .values(state=_IS_CLOSED, closed_at=bindparam("now"), how=bindparam("why"))
    .returning(_TICKET.c.id)
)
_DESCRIBE = (
    update(_TICKET)
    .where(_ID, _TICKET.c.about_json == bindparam("as_it_was"))
    .values(about_json=bindparam("as_it_is"))
    .returning(_TICKET.c.id)
)
_WAITING = (
    select(*_OWN)
    .where(_TICKET.c.team == bindparam("of_team"), _TICKET.c.state == _IS_OPEN)
    .order_by(_TICKET.c.opened_at, _TICKET.c.id)
)
_OF_PERSON = select(*_OWN).where(_TICKET.c.person == bindparam("of_person"), _TICKET.c.opened_at > bindparam("since"))
_NAMELESS = (
    update(_TICKET)
    .where(_TICKET.c.person == bindparam("of_person"))
    .values(person=literal_column("''"), chat=literal_column("''"), about_json=literal_column("'{}'"), state=_IS_CLOSED)
)
_SIDES = select(_SIDE.c.ticket, _SIDE.c.person, _SIDE.c.chat, _SIDE.c.asks).where(
    _SIDE.c.ticket == bindparam("of_ticket")
)
_OF_CHAT = select(_SIDE.c.ticket, _SIDE.c.person, _SIDE.c.chat, _SIDE.c.asks).where(
    _SIDE.c.chat == bindparam("of_chat")
)
_LEAVE = (
    delete(_SIDE)
    .where(_SIDE.c.ticket == bindparam("of_ticket"), _SIDE.c.person == bindparam("of_person"))
    .returning(_SIDE.c.person)
)
_EMPTY = delete(_SIDE).where(_SIDE.c.ticket == bindparam("of_ticket"))
_DROP_SIDE = delete(_SIDE).where(_SIDE.c.person == bindparam("of_person"))
_ON_DUTY = select(_DUTY.c.person, _DUTY.c.chat).where(_DUTY.c.team == bindparam("of_team")).order_by(_DUTY.c.since)
_IS_ON_DUTY = select(_DUTY.c.team).where(_DUTY.c.person == bindparam("of_person"))
_OFF_DUTY = delete(_DUTY).where(_DUTY.c.person == bindparam("of_person")).returning(_DUTY.c.team)


async def add(connection: Connection, ticket: Ticket) -> int:
    """Write a new call; its number."""
    values = {f"its_{name}": getattr(ticket, name) for name in _COLUMNS if name != "about_json"}
    values["its_about_json"] = _said(ticket.about)
    [[(id_,)]] = await fetch(connection, (_ADD, values))
    return int(id_)


async def find(connection: Connection, id_: int) -> Ticket | None:
    """The call of that number."""
    [rows] = await fetch(connection, (_FIND, {"of_ticket": id_}))
    return _of_row(rows[0]) if rows else None


async def claim(connection: Connection, id_: int, now: int) -> bool:
    """Somebody takes the call. False: somebody else was quicker, or it is over."""
    [taken] = await fetch(connection, (_CLAIM, {"of_ticket": id_, "now": now}))
    return bool(taken)


async def reopen(connection: Connection, id_: int) -> bool:
    """The call waits for somebody else. False: nobody had taken it."""
    [again] = await fetch(connection, (_REOPEN, {"of_ticket": id_}))
    return bool(again)


async def close(connection: Connection, id_: int, how: str, now: int) -> bool:
    """The call is over: solved, thanks, left, gone, silent, abuse. False: it was over before."""
    [closed] = await fetch(connection, (_CLOSE, {"of_ticket": id_, "now": now, "why": how}))
    await many(connection, _EMPTY, [{"of_ticket": id_}])
    return bool(closed)


async def describe(connection: Connection, ticket: Ticket, about: dict[str, Any]) -> bool:
    """Write down what a call is about, if nobody else has since `ticket` was read. False: somebody has."""
    values = {"of_ticket": ticket.id, "as_it_was": _said(ticket.about), "as_it_is": _said(about)}
    [changed] = await fetch(connection, (_DESCRIBE, values))
    return bool(changed)


async def waiting(connection: Connection, team: str) -> list[Ticket]:
    """The calls of a team that nobody has taken, the longest first."""
    [rows] = await fetch(connection, (_WAITING, {"of_team": team}))
    return [_of_row(row) for row in rows]


async def of_person(connection: Connection, person: str, since: int) -> list[Ticket]:
    """The calls of a person after `since`."""
    [rows] = await fetch(connection, (_OF_PERSON, {"of_person": person, "since": since}))
    return [_of_row(row) for row in rows]


async def sides(connection: Connection, id_: int) -> list[Side]:
    """Who takes part in a call."""
    [rows] = await fetch(connection, (_SIDES, {"of_ticket": id_}))
    return [Side(ticket, person, chat, bool(asks)) for ticket, person, chat, asks in rows]


async def of_chat(connection: Connection, chat: str) -> list[Side]:
    """The calls that somebody in this chat takes part in."""
    [rows] = await fetch(connection, (_OF_CHAT, {"of_chat": chat}))
    return [Side(ticket, person, chat, bool(asks)) for ticket, person, chat, asks in rows]


async def join(connection: Connection, side: Side) -> None:
    """Somebody takes part."""
    row = {"ticket": side.ticket, "person": side.person, "chat": side.chat, "asks": side.asks}
    await many(connection, upsert(connection, _SIDE), [row])


async def leave(connection: Connection, id_: int, person: str) -> bool:
    """Somebody takes part no more. False: they did not."""
    [left] = await fetch(connection, (_LEAVE, {"of_ticket": id_, "of_person": person}))
    return bool(left)


async def on_duty(connection: Connection, team: str) -> list[tuple[str, str]]:
    """The people of a team who are told of calls: (person, chat)."""
    [rows] = await fetch(connection, (_ON_DUTY, {"of_team": team}))
    return [(person, chat) for person, chat in rows]


async def is_on_duty(connection: Connection, person: str) -> bool:
    """Whether this person is told."""
    [rows] = await fetch(connection, (_IS_ON_DUTY, {"of_person": person}))
    return bool(rows)


async def go_on_duty(connection: Connection, person: str, chat: str, team: str, now: int) -> None:
    """From now on this person is told, in this chat."""
    row = {"person": person, "chat": chat, "team": team, "since": now}
    await many(connection, upsert(connection, _DUTY), [row])


async def go_off_duty(connection: Connection, person: str) -> bool:
    """This person is told no more. False: they were not."""
    [gone] = await fetch(connection, (_OFF_DUTY, {"of_person": person}))
    return bool(gone)


async def drop(connection: Connection, persons: Iterable[str]) -> None:
    """Nothing names these persons any more; their calls stay as counts."""
    rows = [{"of_person": person} for person in persons]
    for statement in (_NAMELESS, _DROP_SIDE, _OFF_DUTY):
        await many(connection, statement, rows)


async def forget(connection: AsyncConnection, before: int) -> None:
    """The same for calls that were over before `before`."""
    old = update(_TICKET).where(_TICKET.c.state == CLOSED, _TICKET.c.closed_at < before, _TICKET.c.person != "")
    await connection.execute(old.values(person="", chat="", about_json="{}"))


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """Calls by state."""
    rows = await connection.execute(select(_TICKET.c.state, func.count()).group_by(_TICKET.c.state))
    return {state: count for state, count in rows}  # noqa: C416 (rows are no tuples)


def _said(about: dict[str, Any]) -> str:
    return orjson.dumps(about).decode()


def _of_row(row: Sequence[Any]) -> Ticket:
    id_, person, chat, team, place, guide, step, about, *rest = row
    return Ticket(id_, person, chat, team, place, guide, step, orjson.loads(about), *rest)
