"""Links that were passed on, and what came of them: numbers by team and day. Nobody is known by any of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, literal_column, select, update

from bot.people.link import Kind, Link
from bot.store import tables
from bot.store.database import insert_new
from bot.store.hot import Connection, fetch, many

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.sql.dml import Insert, ReturningInsert

_LINK, _COUNT, _SEEN = tables.link, tables.link_count, tables.link_seen

_FIND = select(_LINK.c.guide, _LINK.c.step, _LINK.c.team, _LINK.c.kind).where(_LINK.c.code == bindparam("of_code"))
_OF_TEAM = (
    select(_COUNT.c.day, _COUNT.c.guide, _COUNT.c.kind, _COUNT.c.what, _COUNT.c.count)
    .where(_COUNT.c.team == bindparam("of_team"), _COUNT.c.day >= bindparam("first"), _COUNT.c.day <= bindparam("last"))
    .order_by(_COUNT.c.day, _COUNT.c.guide, _COUNT.c.kind, _COUNT.c.what)
)

_ONE_MORE = (
    update(_COUNT)
    .where(*(_COUNT.c[name] == bindparam(f"of_{name}") for name in ("team", "day", "guide", "kind", "what")))
    .values(count=_COUNT.c.count + literal_column("1"))
)


@dataclass(frozen=True, slots=True)
class Counted:
    """So many people did `what` on a day ("2026-11-23") in a guide they came to by a link of that kind."""

    day: str
    guide: str
    kind: Kind
    what: str
    count: int


async def keep(connection: Connection, code: str, link: Link, now: int) -> None:
    """Let a short code stand for a link; it stays as it is when it is kept again."""
    row = {"code": code, "guide": link.guide, "step": link.step, "team": link.team, "kind": link.kind.value}
    await many(connection, insert_new(connection, _LINK), [{**row, "made_at": now}])


async def find(connection: Connection, code: str) -> Link | None:
    """What a short code stands for."""
    [rows] = await fetch(connection, (_FIND, {"of_code": code}))
    if not rows:
        return None
    guide, step, team, kind = rows[0]
    return Link(guide, step, team, Kind(kind))


async def count(connection: Connection, link: Link, day: str, what: str) -> None:
    """One more who came by such a link; its step does not matter."""
    row = {"team": link.team, "day": day, "guide": link.guide, "kind": link.kind.value, "what": what}
    await many(connection, insert_new(connection, _COUNT), [{**row, "count": 0}])
    await many(connection, _ONE_MORE, [{f"of_{name}": value for name, value in row.items()}])


async def is_new(connection: Connection, hash_: str, until: int) -> bool:
    """Whether nobody with this hash was counted before; from now on somebody was. Of two at once one is new."""
    [rows] = await fetch(connection, (_new(insert_new(connection, _SEEN)), {"hash": hash_, "until": until}))
    return bool(rows)


async def of_team(connection: Connection, team: str, first: str, last: str) -> list[Counted]:
    """What came of a team's links from the first day to the last, both counted, in order."""
    [rows] = await fetch(connection, (_OF_TEAM, {"of_team": team, "first": first, "last": last}))
    return [Counted(day, guide, Kind(kind), what, number) for day, guide, kind, what, number in rows]


async def forget(connection: AsyncConnection, now: int) -> None:
    """Drop the hashes whose time is over."""
    await connection.execute(delete(_SEEN).where(_SEEN.c.until < now))


@cache
def _new(insert: Insert) -> ReturningInsert[Any]:
    return insert.returning(_SEEN.c.hash)
