"""Tips written in the chat: what is being written, what waits for somebody who may send it, and by whom it was sent.

Once sent, a tip is a broadcast (bot/store/broadcasts.py); the row here says which one, and whose it is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import ColumnClause, Integer, bindparam, delete, literal_column, or_, select, update

from bot.store import tables
from bot.store.hot import Connection, fetch, many

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

WRITTEN, ASKED, SENT = "written", "asked", "sent"

UNSET = "?"
"""A place that nobody has chosen yet; "" is everywhere."""

_TIP, _BROADCAST = tables.tip, tables.broadcast
_NOTHING: ColumnClause[str] = literal_column("''")
_IS_WRITTEN: ColumnClause[str] = literal_column("'written'")
_IS_ASKED: ColumnClause[str] = literal_column("'asked'")
_IS_SENT: ColumnClause[str] = literal_column("'sent'")
_ZERO: ColumnClause[int] = literal_column("0")


@dataclass(frozen=True, slots=True)
class Tip:
    """One tip. `who` is "all", "stuck.<guide>" or "finished.<guide>"; `start_at` 0: at once, -1: nobody has said.

    `people` is how many would get it when it was last counted; -1: not yet.
    """

    id: int
    writer: str
    chat: str
    place: str
    who: str
    text: str
    start_at: int
    people: int
    state: str
    sender: str
    sender_chat: str
    broadcast: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A tip that was sent, and how its broadcast stands."""

    tip: Tip
    state: str
    reason: str
    expected: int
    approvals: tuple[str, ...]
    starts_at: int


_COLUMNS = tuple(f.name for f in fields(Tip))
_OWN = [_TIP.c[name] for name in _COLUMNS]
_VALUES: dict[str, Any] = {name: bindparam(f"its_{name}") for name in _COLUMNS if name != "id"}
_ID = _TIP.c.id == bindparam("of_tip")

_ADD = _TIP.insert().values(_VALUES).returning(_TIP.c.id)
_SAVE = update(_TIP).where(_ID, _TIP.c.state != _IS_SENT).values(_VALUES)
_FIND = select(*_OWN).where(_ID)
_UNSENT_OF = select(*_OWN).where(_TIP.c.writer == bindparam("of_person"), _TIP.c.state == _IS_WRITTEN)
_AS_IT_WAS = tuple(_TIP.c[name] == bindparam(f"of_{name}") for name in ("state", "place", "who", "text"))
_TAKE = (
    update(_TIP)
    .where(_ID, *_AS_IT_WAS)
    .values({name: bindparam(f"its_{name}") for name in ("state", "sender", "sender_chat", "changed_at")})
    .returning(_TIP.c.id)
)
_COUNTED = (
    update(_TIP)
    .where(_ID, *_AS_IT_WAS)
    .values(people=bindparam("its_people"), changed_at=bindparam("its_changed_at"))
    .returning(_TIP.c.id)
)
_IS_BROADCAST = update(_TIP).where(_ID).values(broadcast=bindparam("its_broadcast"))
_DELETE = delete(_TIP).where(_ID, _TIP.c.state != _IS_SENT).returning(_TIP.c.id)
_SENT = select(
    *_OWN,
    *(_BROADCAST.c[name] for name in ("state", "reason", "expected", "approvals_json", "start_at")),
).select_from(_TIP.join(_BROADCAST, _BROADCAST.c.id == _TIP.c.broadcast))
_SENT_ONE = _SENT.where(_ID)
_NEWEST = _SENT.order_by(_TIP.c.id.desc()).limit(bindparam("most", type_=Integer)).offset(_ZERO)
_WAITING = select(*_OWN).where(_TIP.c.state == _IS_ASKED).order_by(_TIP.c.id)
_TURN = (
    update(_BROADCAST)
    .where(_BROADCAST.c.id == bindparam("of_broadcast"), _BROADCAST.c.state == bindparam("of_state"))
    .values(state=bindparam("its_state"), reason=bindparam("its_reason"), rest_until=_ZERO)
    .returning(_BROADCAST.c.id)
)
_APPROVE = (
    update(_BROADCAST)
    .where(
        _BROADCAST.c.id == bindparam("of_broadcast"),
        _BROADCAST.c.state == _IS_ASKED,
        _BROADCAST.c.approvals_json == bindparam("of_approvals"),
    )
    .values(state=bindparam("its_state"), approvals_json=bindparam("its_approvals"), start_at=bindparam("its_start_at"))
    .returning(_BROADCAST.c.id)
)
_DROP = (
    delete(_TIP).where(_TIP.c.writer == bindparam("of_person"), _TIP.c.state != _IS_SENT),
    update(_TIP).where(_TIP.c.writer == bindparam("of_person")).values(writer=_NOTHING, chat=_NOTHING),
    update(_TIP).where(_TIP.c.sender == bindparam("of_person")).values(sender=_NOTHING, sender_chat=_NOTHING),
)


async def add(connection: Connection, tip: Tip) -> int:
    """Write a new one; its number."""
    [[(id_,)]] = await fetch(connection, (_ADD, _values(tip)))
    return int(id_)


async def save(connection: Connection, tip: Tip) -> None:
    """Change one that is not sent yet."""
    await many(connection, _SAVE, [_values(tip) | {"of_tip": tip.id}])


async def find(connection: Connection, id_: int) -> Tip | None:
    """The tip of that number."""
    [rows] = await fetch(connection, (_FIND, {"of_tip": id_}))
    return Tip(*rows[0]) if rows else None


async def unsent_of(connection: Connection, person: str) -> Tip | None:
    """What somebody is writing."""
    [rows] = await fetch(connection, (_UNSENT_OF, {"of_person": person}))
    return Tip(*rows[0]) if rows else None


async def take(connection: Connection, tip: Tip, state: str, now: int, *, sender: str = "", chat: str = "") -> bool:
    """It comes into another state, once: False when somebody was quicker, or it is not as it was any more."""
    values = {"its_state": state, "its_sender": sender, "its_sender_chat": chat, "its_changed_at": now}
    [rows] = await fetch(connection, (_TAKE, {**_as_it_was(tip), **values}))
    return bool(rows)


async def counted(connection: Connection, tip: Tip, people: int, now: int) -> bool:
    """So many would get it; False when it is not as it was any more."""
    [rows] = await fetch(connection, (_COUNTED, {**_as_it_was(tip), "its_people": people, "its_changed_at": now}))
    return bool(rows)


async def is_broadcast(connection: Connection, id_: int, broadcast: int) -> None:
    """It is sent as this broadcast."""
    await many(connection, _IS_BROADCAST, [{"of_tip": id_, "its_broadcast": broadcast}])


async def delete_unsent(connection: Connection, id_: int) -> bool:
    """It is given up. False: it is sent, or there is none."""
    [rows] = await fetch(connection, (_DELETE, {"of_tip": id_}))
    return bool(rows)


async def sent(connection: Connection, id_: int) -> Sent | None:
    """A tip that was sent."""
    [rows] = await fetch(connection, (_SENT_ONE, {"of_tip": id_}))
    return _sent(rows[0]) if rows else None


async def newest(connection: Connection, most: int) -> list[Sent]:
    """Those that were sent, the newest first."""
    [rows] = await fetch(connection, (_NEWEST, {"most": most}))
    return [_sent(row) for row in rows]


async def waiting(connection: Connection) -> list[Tip]:
    """Those that wait for somebody who may send them, the oldest first."""
    [rows] = await fetch(connection, (_WAITING, {}))
    return [Tip(*row) for row in rows]


async def turn(connection: Connection, found: Sent, state: str, reason: str) -> bool:
    """Its broadcast comes into another state; False when it has just changed."""
    values = {"of_broadcast": found.tip.broadcast, "of_state": found.state, "its_state": state, "its_reason": reason}
    [rows] = await fetch(connection, (_TURN, values))
    return bool(rows)


async def approve(connection: Connection, found: Sent, by: str, state: str, now: int) -> bool:
    """Somebody approves it; False when somebody else has just spoken."""
    values = {
        "of_broadcast": found.tip.broadcast,
        "of_approvals": orjson.dumps(list(found.approvals)).decode(),
        "its_approvals": orjson.dumps([*found.approvals, by]).decode(),
        "its_state": state,
        "its_start_at": max(found.starts_at, now),
    }
    [rows] = await fetch(connection, (_APPROVE, values))
    return bool(rows)


async def drop(connection: Connection, persons: Iterable[str]) -> None:
    """These persons are forgotten: what they had not sent goes, what was sent is nobody's."""
    rows = [{"of_person": person} for person in persons]
    for statement in _DROP:
        await many(connection, statement, rows)


async def forget(connection: AsyncConnection, before: int) -> None:
    """What nobody has sent or changed since then is given up."""
    unsent = or_(_TIP.c.state == WRITTEN, _TIP.c.state == ASKED)
    await connection.execute(delete(_TIP).where(unsent, _TIP.c.changed_at < before))


def _as_it_was(tip: Tip) -> dict[str, Any]:
    about = {f"of_{name}": getattr(tip, name) for name in ("state", "place", "who", "text")}
    return {"of_tip": tip.id, **about}


def _values(tip: Tip) -> dict[str, Any]:
    return {f"its_{name}": getattr(tip, name) for name in _COLUMNS if name != "id"}


def _sent(row: Sequence[Any]) -> Sent:
    *own, state, reason, expected, approvals, starts_at = row
    return Sent(Tip(*own), state, reason, expected, tuple(orjson.loads(approvals)), starts_at)
