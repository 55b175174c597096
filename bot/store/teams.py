"""Teams: made, changed, ended. An ended team keeps its row, so that what it did can still be told."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import ColumnClause, and_, bindparam, func, literal_column, or_, select, update

from bot.people.team import Team
from bot.store import tables
from bot.store.database import upsert
from bot.store.hot import Connection, fetch, many

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

_TEAM, _ROLE = tables.team, tables.role
_COLUMNS = tuple(f.name for f in fields(Team))
_OWN = [_TEAM.c[name] for name in _COLUMNS]
_ZERO: ColumnClause[int] = literal_column("0")

_FIND = select(*_OWN).where(_TEAM.c.code == bindparam("of_code"))
_END = (
    update(_TEAM)
    .where(_TEAM.c.code == bindparam("of_code"), _TEAM.c.ended_at == _ZERO)
    .values(ended_at=bindparam("now"))
    .returning(_TEAM.c.code)
)
_END_ROLES = (
    update(_ROLE).where(_ROLE.c.team == bindparam("of_code"), _ROLE.c.until == _ZERO).values(until=bindparam("now"))
)
_HAS_PEOPLE = select(_ROLE.c.id).where(_ROLE.c.team == _TEAM.c.code, _ROLE.c.until == _ZERO).exists()
_SERVING = (
    select(*_OWN)
    .where(_TEAM.c.place == bindparam("of_place"), _TEAM.c.ended_at == _ZERO, _HAS_PEOPLE)
    .order_by(_TEAM.c.code)
)

_WITHIN = (
    select(*_OWN)
    .where(
        or_(
            _TEAM.c.place == bindparam("of_place"),
            and_(_TEAM.c.place >= bindparam("below"), _TEAM.c.place < bindparam("beyond")),
        ),
        _TEAM.c.ended_at == _ZERO,
    )
    .order_by(_TEAM.c.place, _TEAM.c.code)
)
"""`below` and `beyond` are what keys inside the place lie between: "thanh-hoa/" and "thanh-hoa0"."""


_ANY = select(_TEAM.c.code).where(_TEAM.c.ended_at == _ZERO, _HAS_PEOPLE)
_ANYWHERE = (
    select(*_OWN)
    .join(tables.duty, tables.duty.c.team == _TEAM.c.code)
    .where(_TEAM.c.ended_at == _ZERO)
    .order_by(tables.duty.c.since)
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A team, and how many hold each of its roles."""

    team: Team
    leads: int
    volunteers: int


async def find(connection: Connection, code: str) -> Team | None:
    """The team of that code, whether it is there or ended."""
    [rows] = await fetch(connection, (_FIND, {"of_code": code}))
    return Team(*rows[0]) if rows else None


async def save(connection: Connection, teams: Iterable[Team]) -> None:
    """Insert or overwrite teams."""
    rows = [{name: getattr(team, name) for name in _COLUMNS} for team in teams]
    await many(connection, upsert(connection, _TEAM), rows)


async def end(connection: Connection, code: str, now: int) -> bool:
    """A team ends, and with it all its roles. False when there is no such team any more."""
    values = {"of_code": code, "now": now}
    [ended] = await fetch(connection, (_END, values))
    if ended:
        await many(connection, _END_ROLES, [values])
    return bool(ended)


async def serving(connection: Connection, place: str) -> list[Team]:
    """The teams whose people help those who live in a place: its own, or else those of the whole province.

    A team without people serves nobody. An unknown place ("") has no team: it is for who looks after everything.
    """
    province = place.partition("/")[0]
    own, above = await fetch(connection, (_SERVING, {"of_place": place}), (_SERVING, {"of_place": province}))
    return [Team(*row) for row in own or above]


async def any_serves(connection: Connection) -> bool:
    """Whether there is any team with people at all."""
    [rows] = await fetch(connection, (_ANY, {}))
    return bool(rows)


async def anywhere(connection: Connection) -> list[Team]:
    """The teams with somebody on duty, the longest first, wherever: for a person nobody else serves."""
    [rows] = await fetch(connection, (_ANYWHERE, {}))
    return list(dict.fromkeys(Team(*row) for row in rows))


async def within(connection: Connection, place: str) -> list[Team]:
    """The teams of a place and of all in it (every team for ""), by place and code, without the ended ones."""
    values = {
        "of_place": place,
        "below": f"{place}/" if place else "",
        "beyond": f"{place}0" if place else "\U0010ffff",
    }
    [rows] = await fetch(connection, (_WITHIN, values))
    return [Team(*row) for row in rows]


async def listed(connection: AsyncConnection, place: str = "", *, ended: bool = False) -> list[Listed]:
    """The teams of a place and all in it (all teams for ""), by place and code; with the ended ones if wanted."""
    which: list[ColumnElement[bool]] = [] if ended else [_TEAM.c.ended_at == 0]
    if place:
        which.append(or_(_TEAM.c.place == place, _TEAM.c.place.startswith(f"{place}/", autoescape=True)))
    counted = select(_ROLE.c.team, _ROLE.c.role, func.count()).where(_ROLE.c.team != "", _ROLE.c.until == 0)
    rows = await connection.execute(counted.group_by(_ROLE.c.team, _ROLE.c.role))
    people: dict[tuple[str, str], int] = {(code, role): count for code, role, count in rows}
    found = await connection.execute(select(*_OWN).where(*which).order_by(_TEAM.c.place, _TEAM.c.code))
    teams = [Team(*row) for row in found]
    return [Listed(team, people.get((team.code, "lead"), 0), people.get((team.code, "volunteer"), 0)) for team in teams]
