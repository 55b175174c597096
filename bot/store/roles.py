"""Who holds which role. What ended keeps its row: who gave it, from when to when. A person is `Chat.person`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnClause, and_, bindparam, case, delete, literal_column, or_, select, update

from bot.people.role import Grant, Role
from bot.store import tables
from bot.store.database import insert_new
from bot.store.hot import Connection, fetch, many

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.sql.dml import Insert

_ROLE, _TEAM = tables.role, tables.team
_ZERO: ColumnClause[int] = literal_column("0")
_WHERE = case((_ROLE.c.team != literal_column("''"), _TEAM.c.place), else_=_ROLE.c.place)
"""The place a role is for: of a team's people the team's."""

_HELD = (
    select(_ROLE.c.role, _ROLE.c.team, _WHERE, _ROLE.c.person, _ROLE.c.since, _ROLE.c.given_by, _ROLE.c.id)
    .select_from(_ROLE.outerjoin(_TEAM, and_(_TEAM.c.code == _ROLE.c.team, _TEAM.c.ended_at == _ZERO)))
    .where(_ROLE.c.until == _ZERO, or_(_ROLE.c.team == literal_column("''"), _TEAM.c.code.is_not(None)))
    .order_by(_ROLE.c.since, _ROLE.c.id)
)
_OF_PERSON = _HELD.where(_ROLE.c.person == bindparam("of_person"))
_KEPT = _OF_PERSON.with_for_update(read=True, of=_ROLE)
"""The same, and they stay as they are until the end of the transaction. (On SQLite one alone writes as it is.)"""

_OF_ID = _HELD.where(_ROLE.c.id == bindparam("of_id"))
_OF_TEAM = _HELD.where(_ROLE.c.team == bindparam("of_team"))
_OF_PLACE = _HELD.where(_ROLE.c.role == bindparam("of_role"), _ROLE.c.place == bindparam("of_place"))
_END = (
    update(_ROLE)
    .where(
        _ROLE.c.person == bindparam("of_person"),
        _ROLE.c.role == bindparam("of_role"),
        _ROLE.c.team == bindparam("of_team"),
        _ROLE.c.place == bindparam("of_place"),
        _ROLE.c.until == _ZERO,
    )
    .values(until=bindparam("now"))
    .returning(_ROLE.c.id)
)
_LEAVE = (
    update(_ROLE)
    .where(_ROLE.c.person == bindparam("of_person"), _ROLE.c.team == bindparam("of_team"), _ROLE.c.until == _ZERO)
    .values(until=bindparam("now"))
    .returning(_ROLE.c.role)
)
_DROP = delete(_ROLE).where(_ROLE.c.person == bindparam("of_person"))
_GAVE = update(_ROLE).where(_ROLE.c.given_by == bindparam("of_person")).values(given_by=literal_column("''"))


@dataclass(frozen=True, slots=True)
class Held:
    """A role somebody holds, since when (milliseconds), and who gave it ("": the operator, or who was forgotten)."""

    person: str
    grant: Grant
    since: int
    given_by: str
    id: int = 0


async def grants(connection: Connection, person: str, *, kept: bool = False) -> list[Grant]:
    """All roles somebody holds at this moment; none of a team that has ended.

    `kept`: whoever takes one away meanwhile, also in another process, waits for the end of this transaction.
    """
    query = _KEPT if kept else _OF_PERSON
    return [held.grant for held in await _fetched(connection, query, of_person=person)]


async def give(connection: Connection, person: str, grant: Grant, now: int, by: str = "") -> None:
    """Somebody holds a role from now on; who holds it already goes on."""
    row = {
        "person": person,
        "role": grant.role.value,
        "team": grant.team,
        "place": _place(grant),
        "since": now,
        "until": 0,
        "given_by": by,
    }
    await many(connection, _add(insert_new(connection, _ROLE)), [row])


async def end(connection: Connection, person: str, grant: Grant, now: int) -> bool:
    """A role is taken away, or laid down: from now on it gives no right. False when they do not hold it."""
    values = {
        "of_person": person,
        "of_role": grant.role.value,
        "of_team": grant.team,
        "of_place": _place(grant),
        "now": now,
    }
    [ended] = await fetch(connection, (_END, values))
    return bool(ended)


async def leave(connection: Connection, person: str, team: str, now: int) -> list[Role]:
    """Somebody leaves a team: all their roles in it end. Which those were."""
    [ended] = await fetch(connection, (_LEAVE, {"of_person": person, "of_team": team, "now": now}))
    return sorted((Role(name) for (name,) in ended), key=list(Role).index)


async def drop(connection: Connection, persons: Iterable[str]) -> None:
    """Nothing is known any more of the roles of these persons, nor of what they gave."""
    rows = [{"of_person": person} for person in persons]
    for statement in (_DROP, _GAVE):
        await many(connection, statement, rows)


async def find(connection: Connection, id_: int) -> Held | None:
    """The role of that number, if somebody holds it."""
    return next(iter(await _fetched(connection, _OF_ID, of_id=id_)), None)


async def of_team(connection: Connection, team: str) -> list[Held]:
    """Who belongs to a team, the longest first."""
    return await _fetched(connection, _OF_TEAM, of_team=team)


async def of_place(connection: Connection, role: Role, place: str) -> list[Held]:
    """Who holds a role for exactly this place ("": for everywhere): its commune admins, the admins."""
    return await _fetched(connection, _OF_PLACE, of_role=role.value, of_place=place)


async def listed(connection: AsyncConnection) -> list[Held]:
    """Everybody who holds a role."""
    return await _fetched(connection, _HELD)


@cache
def _add(insert: Insert) -> Insert:
    """INSERT of a row whose id the database gives."""
    names = (column.name for column in _ROLE.columns if column is not _ROLE.c.id)
    return insert.inline().values({name: bindparam(name) for name in names})


def _place(grant: Grant) -> str:
    """What stands in the row: where a team is, is the team's affair."""
    return "" if grant.role.of_team else grant.place


async def _fetched(connection: Connection, query: Select[Any], **values: str | int) -> list[Held]:
    [rows] = await fetch(connection, (query, values))
    return [_of_row(row) for row in rows]


def _of_row(row: Sequence[Any]) -> Held:
    role, team, place, person, since, given_by, id_ = row
    return Held(person, Grant(Role(role), team, place), since, given_by, id_)
