"""Chats that are one person's: which they are, the codes that join them, wrong codes that were typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from bot.store import tables
from bot.store.database import insert_new, upsert
from bot.store.hot import Connection, fetch, many
from bot.store.tries import Tries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.engine.chat import Chat

_JOINED, _CODE = tables.joined, tables.join_code


@dataclass(frozen=True, slots=True)
class Member:
    """One of the chats of a person: `person` as of `Chat.person`, `chat` the key under which it is kept now."""

    person: str
    chat: str
    group: str


_OWN = (_JOINED.c.person, _JOINED.c.chat, _JOINED.c.group)
_GROUP = select(_JOINED.c.group).where(_JOINED.c.person == bindparam("of_person"))
_MEMBERS = select(*_OWN).where(_JOINED.c.group == bindparam("of_group")).order_by(_JOINED.c.since, _JOINED.c.person)
_MINE = _JOINED.alias("mine")
ALL_OF = select(_JOINED.c.person).where(
    _JOINED.c.group.in_(select(_MINE.c.group).where(_MINE.c.person == bindparam("of_person")))
)
"""Whoever is one person with `of_person`, who is among them; nobody where they are in one chat alone."""

_BY_CODE = (
    update(_CODE)
    .where(_CODE.c.hash == bindparam("of_hash"), _CODE.c.until > bindparam("now"))
    .values(hash=_CODE.c.hash)
    .returning(_CODE.c.person, _CODE.c.chat)
)
"""Changes nothing, but nobody else finds the code until the transaction ends: it is good once."""
_USE_UP = delete(_CODE).where(_CODE.c.person == bindparam("of_person"))
_LEAVE = delete(_JOINED).where(_JOINED.c.person == bindparam("of_person"))

TRIES = Tries(tables.join_try)
"""Wrong codes that people typed."""


async def offer(connection: Connection, chat: Chat, hash_: str, until: int) -> None:
    """A code is shown in this chat; one that was shown here before is good no more."""
    row = {"person": chat.person, "chat": chat.key, "hash": hash_, "until": until}
    await many(connection, upsert(connection, _CODE), [row])


async def by_code(connection: Connection, hash_: str, now: int) -> tuple[str, str] | None:
    """(person, chat) to whom the code was shown, if it is good."""
    [rows] = await fetch(connection, (_BY_CODE, {"of_hash": hash_, "now": now}))
    return (rows[0][0], rows[0][1]) if rows else None


async def use_up(connection: Connection, persons: Iterable[str]) -> None:
    """The codes that were shown to these persons are good no more."""
    await many(connection, _USE_UP, [{"of_person": person} for person in persons])


async def group(connection: Connection, person: str) -> str:
    """What the chats of this person have in common; "" where there is but one."""
    [rows] = await fetch(connection, (_GROUP, {"of_person": person}))
    return str(rows[0][0]) if rows else ""


async def members(connection: Connection, group: str) -> list[Member]:
    """All chats of a person, the longest there first."""
    [rows] = await fetch(connection, (_MEMBERS, {"of_group": group}))
    return [Member(*row) for row in rows]


async def others(connection: Connection, person: str) -> list[Member]:
    """The other chats of this person."""
    own = await group(connection, person)
    return [each for each in await members(connection, own) if each.person != person] if own else []


async def join(connection: Connection, new: Iterable[Member], at: int) -> None:
    """These chats are one person's; who is in the group already stays as they are."""
    rows = [{"person": each.person, "chat": each.chat, "group": each.group, "since": at} for each in new]
    await many(connection, insert_new(connection, _JOINED), rows)


async def leave(connection: Connection, person: str) -> None:
    """This chat is somebody of its own again; so is one that is left alone."""
    left = await others(connection, person)
    gone = [person, *(each.person for each in left if len(left) == 1)]
    await many(connection, _LEAVE, [{"of_person": each} for each in gone])


async def drop(connection: Connection, persons: Iterable[str]) -> None:
    """Nothing is known any more of these persons."""
    for person in persons:
        await leave(connection, person)
        await many(connection, _USE_UP, [{"of_person": person}])
        await TRIES.forget(connection, person)


async def forget(connection: AsyncConnection, before: int) -> None:
    """Drop codes that were over before `before`, and tries from before that."""
    await connection.execute(delete(_CODE).where(_CODE.c.until < before))
    await TRIES.sweep(connection, before)
