"""Families: who invites, who came, and whether they let it be seen what they have finished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, literal_column, select, update

from bot.store import tables
from bot.store.database import insert_new, upsert
from bot.store.hot import Connection, fetch, many

if TYPE_CHECKING:
    from collections.abc import Iterable

_FAMILY, _RELATIVE, _AUDIT = tables.family, tables.relative, tables.audit

TRIED = "family_code"
"""In the audit log: a wrong code."""

AGREED = "family_show"
"""In the audit log: whether a relative lets the head see what they finish, each time they say so."""


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody in the family of `head`. `called` names a form of address; `shows`: `head` may see what they finish."""

    person: str
    head: str
    called: str
    shows: bool
    since: int


_NAMES = ("person", "head", "called", "shows", "since")
_ALL = select(*(_RELATIVE.c[name] for name in _NAMES)).order_by(_RELATIVE.c.since, _RELATIVE.c.person)
_OF_HEAD = _ALL.where(_RELATIVE.c.head == bindparam("of_head"))
_OF_PERSON = _ALL.where(_RELATIVE.c.person == bindparam("of_person"))
_HEAD = select(_FAMILY.c.head).where(_FAMILY.c.head == bindparam("of_person"))
_OPEN = (
    update(_FAMILY)
    .where(_FAMILY.c.hash == bindparam("of_hash"), _FAMILY.c.until > bindparam("now"))
    .values(hash=_FAMILY.c.hash)
    .returning(_FAMILY.c.head)
)
"""Changes nothing, but nobody else comes in by this code until the transaction ends: so that they can be counted."""
_COUNT = select(func.count()).select_from(_RELATIVE).where(_RELATIVE.c.head == bindparam("of_head"))
_TRIES = (
    select(func.count())
    .select_from(_AUDIT)
    .where(
        _AUDIT.c.who == bindparam("of_person"),
        _AUDIT.c.right == literal_column(f"'{TRIED}'"),
        _AUDIT.c.at > bindparam("since"),
    )
)
_SHOW = update(_RELATIVE).where(_RELATIVE.c.person == bindparam("of_person")).values(shows=bindparam("it_shows"))
_DROP = (
    delete(_RELATIVE).where(_RELATIVE.c.person == bindparam("of_person")),
    delete(_RELATIVE).where(_RELATIVE.c.head == bindparam("of_person")),
    delete(_FAMILY).where(_FAMILY.c.head == bindparam("of_person")),
)


async def invite(connection: Connection, head: str, hash_: str, until: int) -> None:
    """A new code for the family of `head`, which begins now if there was none; an older code is good no more."""
    await many(connection, upsert(connection, _FAMILY), [{"head": head, "hash": hash_, "until": until}])


async def is_head(connection: Connection, person: str) -> bool:
    """Whether somebody has a family of their own."""
    [rows] = await fetch(connection, (_HEAD, {"of_person": person}))
    return bool(rows)


async def invited_by(connection: Connection, hash_: str, now: int) -> str:
    """Whose family a code opens; "" where it opens none."""
    [rows] = await fetch(connection, (_OPEN, {"of_hash": hash_, "now": now}))
    return str(rows[0][0]) if rows else ""


async def count(connection: Connection, head: str) -> int:
    """How many relatives are in a family, without its head."""
    [[(number,)]] = await fetch(connection, (_COUNT, {"of_head": head}))
    return int(number)


async def tries(connection: Connection, person: str, since: int) -> int:
    """How many wrong codes somebody has typed since then."""
    [[(number,)]] = await fetch(connection, (_TRIES, {"of_person": person, "since": since}))
    return int(number)


async def join(connection: Connection, relative: Relative) -> None:
    """Somebody comes into a family."""
    row = {name: getattr(relative, name) for name in _NAMES}
    await many(connection, insert_new(connection, _RELATIVE), [row])


async def find(connection: Connection, person: str) -> Relative | None:
    """In whose family somebody is."""
    [rows] = await fetch(connection, (_OF_PERSON, {"of_person": person}))
    return _of_row(*rows[0]) if rows else None


async def of_head(connection: Connection, head: str) -> list[Relative]:
    """The relatives of somebody, the longest there first."""
    [rows] = await fetch(connection, (_OF_HEAD, {"of_head": head}))
    return [_of_row(*row) for row in rows]


async def show(connection: Connection, person: str, *, shows: bool) -> None:
    """Somebody lets it be seen what they have finished, or no more."""
    await many(connection, _SHOW, [{"of_person": person, "it_shows": shows}])


async def drop(connection: Connection, persons: Iterable[str]) -> None:
    """These persons are in no family; one that was theirs is no more."""
    rows = [{"of_person": person} for person in persons]
    for statement in _DROP:
        await many(connection, statement, rows)


def _of_row(person: str, head: str, called: str, shows: object, since: int) -> Relative:
    return Relative(person, head, called, bool(shows), since)
