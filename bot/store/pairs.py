"""Helpers who sit beside somebody: the code that brings them together, who they are, from when to when."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import ColumnClause, bindparam, delete, literal_column, or_, select, update

from bot.store import tables
from bot.store.hot import Connection, fetch, many
from bot.store.tries import Tries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.engine.chat import Chat

_PAIR = tables.pair
_ZERO: ColumnClause[int] = literal_column("0")
_NOTHING: ColumnClause[str] = literal_column("''")


@dataclass(frozen=True, slots=True)
class Pair:
    """A person and (once `joined_at`) who sits beside them. It goes on while `ended_at` is 0."""

    id: int
    code: str
    person: str
    chat: str
    helper: str
    helper_chat: str
    team: str
    made_at: int
    joined_at: int
    ended_at: int

    @property
    def goes_on(self) -> bool:
        """Whether a helper is there."""
        return bool(self.joined_at) and not self.ended_at


_NAMES = tuple(f.name for f in fields(Pair) if f.name != "id")
_OWN = [_PAIR.c.id, *(_PAIR.c[name] for name in _NAMES)]
_STANDS = (_PAIR.c.joined_at == _ZERO, _PAIR.c.ended_at == _ZERO)
_ADD = (
    _PAIR.insert()
    .values(
        code=bindparam("its_code"),
        person=bindparam("its_person"),
        chat=bindparam("its_chat"),
        made_at=bindparam("now"),
        helper=_NOTHING,
        helper_chat=_NOTHING,
        team=_NOTHING,
        joined_at=_ZERO,
        ended_at=_ZERO,
    )
    .returning(_PAIR.c.id)
)
_FIND = select(*_OWN).where(_PAIR.c.id == bindparam("of_id"))
_BY_CODE = select(*_OWN).where(_PAIR.c.code == bindparam("of_code"), *_STANDS, _PAIR.c.made_at > bindparam("since"))
_CODES = select(_PAIR.c.code).where(*_STANDS, _PAIR.c.made_at > bindparam("since"), _PAIR.c.code != _NOTHING)
_LATELY = select(_PAIR.c.id).where(_PAIR.c.person == bindparam("of_person"), _PAIR.c.made_at > bindparam("since"))
_OF_HELPER = select(*_OWN).where(
    _PAIR.c.helper == bindparam("of_person"),
    _PAIR.c.id != bindparam("not_id"),
    _PAIR.c.joined_at > _ZERO,
    _PAIR.c.ended_at == _ZERO,
)
_JOIN = (
    update(_PAIR)
    .where(_PAIR.c.id == bindparam("of_id"), *_STANDS)
    .values(
        code=_NOTHING,
        helper=bindparam("its_helper"),
        helper_chat=bindparam("its_chat"),
        team=bindparam("its_team"),
        joined_at=bindparam("now"),
    )
    .returning(_PAIR.c.id)
)
_END = (
    update(_PAIR)
    .where(_PAIR.c.id == bindparam("of_id"), _PAIR.c.ended_at == _ZERO)
    .values(ended_at=bindparam("now"), code=_NOTHING)
    .returning(_PAIR.c.id)
)
_REPLACED = (
    update(_PAIR)
    .where(_PAIR.c.person == bindparam("of_person"), *_STANDS)
    .values(ended_at=bindparam("now"), code=_NOTHING)
)
_DROP = delete(_PAIR).where(or_(_PAIR.c.person == bindparam("of_person"), _PAIR.c.helper == bindparam("of_person")))

TRIES = Tries(tables.pair_try)
"""Wrong codes that helpers typed."""


async def add(connection: Connection, code: str, person: str, chat: str, now: int) -> int:
    """A code is shown to somebody; one they were shown before is good no more. The pair's number."""
    await many(connection, _REPLACED, [{"of_person": person, "now": now}])
    values = {"its_code": code, "its_person": person, "its_chat": chat, "now": now}
    [[(id_,)]] = await fetch(connection, (_ADD, values))
    return int(id_)


async def find(connection: Connection, id_: int) -> Pair | None:
    """The pair of that number."""
    [rows] = await fetch(connection, (_FIND, {"of_id": id_}))
    return Pair(*rows[0]) if rows else None


async def by_code(connection: Connection, code: str, since: int) -> Pair | None:
    """The pair whose code somebody typed, if it was shown after `since` and nobody has used it."""
    [rows] = await fetch(connection, (_BY_CODE, {"of_code": code, "since": since}))
    return Pair(*rows[0]) if rows else None


async def codes(connection: Connection, since: int) -> set[str]:
    """The codes that are good."""
    [rows] = await fetch(connection, (_CODES, {"since": since}))
    return {code for (code,) in rows}


async def lately(connection: Connection, person: str, since: int) -> int:
    """How many codes somebody was shown after `since`."""
    [rows] = await fetch(connection, (_LATELY, {"of_person": person, "since": since}))
    return len(rows)


async def of_helper(connection: Connection, person: str, besides: int) -> list[Pair]:
    """Whom else this helper sits beside."""
    [rows] = await fetch(connection, (_OF_HELPER, {"of_person": person, "not_id": besides}))
    return [Pair(*row) for row in rows]


async def join(connection: Connection, id_: int, helper: Chat, team: str, now: int) -> bool:
    """A helper sits down beside the person. False: somebody else was quicker, or it is over."""
    values = {"of_id": id_, "its_helper": helper.person, "its_chat": helper.key, "its_team": team, "now": now}
    [joined] = await fetch(connection, (_JOIN, values))
    return bool(joined)


async def end(connection: Connection, id_: int, now: int) -> bool:
    """It is over. False: it was before."""
    [ended] = await fetch(connection, (_END, {"of_id": id_, "now": now}))
    return bool(ended)


async def drop(connection: Connection, persons: Iterable[str]) -> None:
    """Nothing is known any more of these persons sitting beside anybody."""
    rows = [{"of_person": person} for person in persons]
    await many(connection, _DROP, rows)
    for row in rows:
        await TRIES.forget(connection, row["of_person"])


async def forget(connection: AsyncConnection, before: int) -> None:
    """Drop what was made before `before`."""
    await connection.execute(delete(_PAIR).where(_PAIR.c.made_at < before))
    await TRIES.sweep(connection, before)
