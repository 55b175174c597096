"""Invitations as rows, known by the hash of their token. One is used once, whoever tries at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnClause, bindparam, delete, func, literal_column, select, update

from bot.people.invitation import Invitation
from bot.people.role import Grant, Role
from bot.store import tables
from bot.store.hot import Connection, fetch, many

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

_TABLE = tables.invitation
_NAMES = ("hash", "role", "team", "place", "by", "expires_at", "used_by", "used_at", "withdrawn_at")
_ALL = select(*(_TABLE.c[name] for name in _NAMES))
_ZERO: ColumnClause[int] = literal_column("0")
_NOBODY: ColumnClause[str] = literal_column("''")
_STANDS = (_TABLE.c.used_at == _ZERO, _TABLE.c.withdrawn_at == _ZERO)

_ADD = _TABLE.insert().inline().values({name: bindparam(name) for name in _NAMES})
_FIND = _ALL.where(_TABLE.c.hash == bindparam("of_hash"))
_USE = (
    update(_TABLE)
    .where(_TABLE.c.hash == bindparam("of_hash"), *_STANDS, _TABLE.c.expires_at > bindparam("now"))
    .values(used_by=bindparam("of_person"), used_at=bindparam("now"))
    .returning(_TABLE.c.hash)
)
_WITHDRAW = (
    update(_TABLE)
    .where(_TABLE.c.hash == bindparam("of_hash"), *_STANDS)
    .values(withdrawn_at=bindparam("now"))
    .returning(_TABLE.c.hash)
)
_OPEN = (
    select(func.count())
    .select_from(_TABLE)
    .where(_TABLE.c.by == bindparam("of_person"), *_STANDS, _TABLE.c.expires_at > bindparam("now"))
)
_DROP = delete(_TABLE).where(_TABLE.c.by == bindparam("of_person"), _TABLE.c.used_at == _ZERO)
_GAVE = update(_TABLE).where(_TABLE.c.by == bindparam("of_person")).values(by=_NOBODY)
_USED = update(_TABLE).where(_TABLE.c.used_by == bindparam("of_person")).values(used_by=_NOBODY)


async def add(connection: Connection, invitation: Invitation) -> None:
    """Write an invitation."""
    row = {name: getattr(invitation, name, "") for name in _NAMES}
    grant = invitation.grant
    place = "" if grant.role.of_team else grant.place
    await many(connection, _ADD, [row | {"role": grant.role.value, "team": grant.team, "place": place}])


async def find(connection: Connection, hash_: str) -> Invitation | None:
    """The invitation with this hash, whatever became of it."""
    [rows] = await fetch(connection, (_FIND, {"of_hash": hash_}))
    return _of_row(rows[0]) if rows else None


async def use(connection: Connection, hash_: str, person: str, now: int) -> bool:
    """Somebody takes the invitation. False: it is not good any more, or somebody else was quicker."""
    [used] = await fetch(connection, (_USE, {"of_hash": hash_, "of_person": person, "now": now}))
    return bool(used)


async def withdraw(connection: Connection, hash_: str, now: int) -> bool:
    """The invitation is good no more. False: it was used or withdrawn before, or there is none."""
    [withdrawn] = await fetch(connection, (_WITHDRAW, {"of_hash": hash_, "now": now}))
    return bool(withdrawn)


async def standing(connection: Connection, person: str, now: int) -> int:
    """How many invitations of a person can still be used."""
    [[(count,)]] = await fetch(connection, (_OPEN, {"of_person": person, "now": now}))
    return int(count)


async def listed(connection: AsyncConnection, now: int) -> list[Invitation]:
    """Those that can still be used, the next to expire first."""
    query = _ALL.where(*_STANDS, _TABLE.c.expires_at > now).order_by(_TABLE.c.expires_at)
    return [_of_row(row) for row in await connection.execute(query)]


async def drop(connection: Connection, persons: Iterable[str]) -> None:
    """What these persons gave is good no more; nobody knows that they gave or took any."""
    rows = [{"of_person": person} for person in persons]
    for statement in (_DROP, _GAVE, _USED):
        await many(connection, statement, rows)


async def forget(connection: AsyncConnection, before: int) -> None:
    """Drop those that expired before `before`."""
    await connection.execute(delete(_TABLE).where(_TABLE.c.expires_at < before))


def _of_row(row: Sequence[Any]) -> Invitation:
    hash_, role, team, place, *rest = row
    return Invitation(hash_, Grant(Role(role), team, place), *rest)
