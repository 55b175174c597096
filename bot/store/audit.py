"""Every use of a right: who, what, over which team and place, and whether it was allowed. No words of anybody."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, literal_column, or_, select, update

from bot.store import tables
from bot.store.hot import Connection, fetch, many

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

OPERATOR = "operator"
"""Who uses the commands on the machine itself."""

_AUDIT = tables.audit


@dataclass(frozen=True, slots=True)
class Entry:
    """One use of a right, or an attempt at it. `who` is a person, OPERATOR, or "" once they are forgotten."""

    at: int
    who: str
    right: str
    team: str = ""
    place: str = ""
    what: str = ""
    allowed: bool = True


_COLUMNS = tuple(f.name for f in fields(Entry))
_ADD = _AUDIT.insert().inline().values({name: bindparam(name) for name in _COLUMNS})
_USES = (
    select(func.count())
    .select_from(_AUDIT)
    .where(
        _AUDIT.c.who == bindparam("of_person"),
        _AUDIT.c.right == bindparam("of_right"),
        _AUDIT.c.at >= bindparam("since"),
        _AUDIT.c.allowed,
    )
)
_NAMELESS = update(_AUDIT).where(_AUDIT.c.who == bindparam("of_person")).values(who=literal_column("''"))


async def add(connection: Connection, entries: Iterable[Entry]) -> None:
    """Write entries."""
    await many(connection, _ADD, [{name: getattr(entry, name) for name in _COLUMNS} for entry in entries])


async def uses(connection: Connection, person: str, right: str, since: int) -> int:
    """How often somebody has used a right since then (milliseconds)."""
    [[(count,)]] = await fetch(connection, (_USES, {"of_person": person, "of_right": right, "since": since}))
    return int(count)


async def make_nameless(connection: Connection, persons: Iterable[str]) -> None:
    """What these persons did stays, but nobody knows that it was they."""
    await many(connection, _NAMELESS, [{"of_person": person} for person in persons])


async def forget(connection: AsyncConnection, before: int) -> None:
    """The same for everything older than `before`."""
    old = update(_AUDIT).where(_AUDIT.c.at < before, _AUDIT.c.who != "")
    await connection.execute(old.values(who=""))


async def listed(
    connection: AsyncConnection, *, who: str = "", team: str = "", place: str = "", since: int = 0, most: int = 100
) -> list[Entry]:
    """The newest entries, newest first: of a person, a team, a place and all in it; of all for ""."""
    which: list[ColumnElement[bool]] = [_AUDIT.c.at >= since]
    if who:
        which.append(_AUDIT.c.who == who)
    if team:
        which.append(_AUDIT.c.team == team)
    if place:
        which.append(or_(_AUDIT.c.place == place, _AUDIT.c.place.startswith(f"{place}/", autoescape=True)))
    query = select(*(_AUDIT.c[name] for name in _COLUMNS)).where(*which)
    rows = await connection.execute(query.order_by(_AUDIT.c.at.desc(), _AUDIT.c.id.desc()).limit(most))
    return [Entry(**row._mapping) for row in rows]  # noqa: SLF001 (the public name of a row's columns)
