"""What is to be sent: written with the turn that caused it, sent after the commit, kept until the channel has it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import orjson
from sqlalchemy import Text, bindparam, delete, func, literal_column, select, update

from bot.channel.base import (
    Button,
    Correction,
    Deletion,
    Document,
    Keyboard,
    Message,
    Outgoing,
    Photo,
    Picture,
    Relayed,
    VoiceNote,
)
from bot.engine.chat import ASIDE
from bot.store import news, tables
from bot.store.hot import Connection, many
from bot.store.parts import among_parts, part_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection


_KINDS: dict[str, type[Outgoing]] = {
    "message": Message,
    "relayed": Relayed,
    "voice": VoiceNote,
    "document": Document,
    "photo": Photo,
    "keyboard": Keyboard,
    "deletion": Deletion,
    "correction": Correction,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}

SHOWS = "web"
"""The channel that shows what stands in the outbox: its open pages are told."""

OUR_ID = "#"
"""A message id that begins so is an outbox id of ours, to be replaced by that row's receipt when sending."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One thing to be sent to one chat of one channel."""

    id: int
    channel: str
    chat: str
    outgoing: Outgoing
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How sending a row ended: state is sent, failed or unknown."""

    row: OutboxRow
    state: str
    receipt: str = ""
    reason: str = ""
    keeps: bool = False


class Ids:
    """Ids for outbox rows: growing with time, unique over processes, known before the insert.

    Where several processes serve together (bot/store/shares.py), they agree on who has which number, and on the time.
    """

    process: ClassVar[int] = os.getpid() & 0x3FF
    ahead: ClassVar[int] = 0  # milliseconds by which our clock is ahead of the one all count by
    _last: ClassVar[int] = 0

    def next(self) -> int:
        """41 bits of milliseconds, 10 of process, 12 of counting: fits a signed 64-bit column until 2080."""
        now = (time.time_ns() // 1_000_000 - Ids.ahead) << 22 | Ids.process << 12
        following = Ids._last + 1
        if following >> 12 & 0x3FF != Ids.process:  # a row of another process, or all counts of this moment are used
            following = (Ids._last >> 22) + 1 << 22 | Ids.process << 12
        Ids._last = max(following, now)
        return Ids._last

    @classmethod
    def after(cls, row: int) -> None:
        """Ids from now on stand behind that row's."""
        Ids._last = max(Ids._last, row)


_ADD = tables.outbox.insert()

_KEY = tables.outbox.c.channel + literal_column("':'", Text) + tables.outbox.c.chat
"""The key of the chat a row goes to."""


async def add(connection: Connection, rows: Collection[OutboxRow], at: int) -> None:
    """Write rows to be sent."""
    data = [
        {
            "id": row.id,
            "channel": row.channel,
            "chat": row.chat,
            "kind": _NAMES[type(row.outgoing)],
            "payload": orjson.dumps(row.outgoing).decode(),
            "state": "waiting",
            "attempts": 0,
            "receipt": "",
            "reason": "",
            "created_at": at,
        }
        for row in rows
    ]
    await many(connection, _ADD, data)
    await news.tell(connection, news.SHOWN, {row.chat for row in rows if row.channel == SHOWS})


async def waiting(
    connection: AsyncConnection,
    channels: Collection[str],
    after: int = 0,
    most: int = 10_000,
    parts: Collection[int] | None = None,
) -> list[OutboxRow]:
    """What an earlier run left to be sent, oldest first, of the rows after row `after`; of all partitions (None)."""
    table = tables.outbox
    mine = among_parts(_KEY, parts)
    left = (table.c.state == "waiting", table.c.channel.in_(channels), table.c.id > after, mine)
    rows = await connection.execute(select(table).where(*left).order_by(table.c.id).limit(most))
    # Rows of a person who is set aside go to the same phone.
    return [OutboxRow(r.id, r.channel, r.chat.partition(ASIDE)[0], read(r.kind, r.payload), r.attempts) for r in rows]


_DONE = (
    update(tables.outbox)
    .where(tables.outbox.c.id == bindparam("row"))
    .values(
        state=bindparam("new_state"),
        receipt=bindparam("new_receipt"),
        reason=bindparam("new_reason"),
        attempts=bindparam("new_attempts"),
        payload=bindparam("new_payload"),
    )
)
_KEPT = _DONE.values(payload=tables.outbox.c.payload)


async def finish(connection: Connection, outcomes: Iterable[Outcome]) -> None:
    """Write down how rows were sent. The words are dropped unless the channel shows them from here."""
    kept, dropped = [], []
    for o in outcomes:
        values: dict[str, Any] = {
            "row": o.row.id,
            "new_state": o.state,
            "new_receipt": o.receipt,
            "new_reason": o.reason,
            "new_attempts": o.row.attempts + 1,
        }
        if o.keeps:
            kept.append(values)
        else:
            dropped.append({**values, "new_payload": ""})
    await many(connection, _DONE, dropped)
    await many(connection, _KEPT, kept)


NEWEST = select(func.coalesce(func.max(tables.outbox.c.id), literal_column("0")))
"""The id of the newest row of all."""


async def receipt(connection: AsyncConnection, row: int) -> str:
    """The platform's id of a sent row; empty if it has none."""
    return (await connection.execute(select(tables.outbox.c.receipt).where(tables.outbox.c.id == row))).scalar() or ""


async def was_sent(connection: AsyncConnection, channel: str, chat: str, message: str) -> bool:
    """Whether a message with this id of the platform is one of ours: a reply, or of a broadcast."""
    table, recipient = tables.outbox, tables.recipient
    replies = select(table.c.id).where(table.c.channel == channel, table.c.chat == chat, table.c.receipt == message)
    others = select(recipient.c.n).where(recipient.c.chat == f"{channel}:{chat}", recipient.c.message == message)
    found = [(await connection.execute(query.limit(1))).first() for query in (replies, others)]
    return any(row is not None for row in found)


async def history(
    connection: AsyncConnection, channel: str, chat: str, after: int = 0, most: int = 200
) -> list[OutboxRow]:
    """The newest rows of a chat that are kept, oldest first, of those after row `after`."""
    table = tables.outbox
    newest = (
        select(table)
        .where(table.c.channel == channel, table.c.chat == chat, table.c.id > after, table.c.payload != "")
        .order_by(table.c.id.desc())
        .limit(most)
    )
    rows = (await connection.execute(newest)).all()
    return [OutboxRow(r.id, r.channel, r.chat, read(r.kind, r.payload), r.attempts) for r in reversed(rows)]


async def counts(connection: AsyncConnection) -> dict[tuple[str, str], int]:
    """Rows by (channel, state)."""
    table = tables.outbox
    rows = await connection.execute(
        select(table.c.channel, table.c.state, func.count()).group_by(table.c.channel, table.c.state)
    )
    return {(channel, state): count for channel, state, count in rows}


async def backlog(connection: AsyncConnection) -> dict[int, tuple[int, int]]:
    """How many wait to be sent in each partition, and since when the oldest."""
    table, of = tables.outbox, part_at(connection, _KEY)
    rows = await connection.execute(
        select(of, func.count(), func.min(table.c.created_at)).where(table.c.state == "waiting").group_by(of)
    )
    return {number: (count, oldest) for number, count, oldest in rows}


async def forget(connection: AsyncConnection, before: int) -> None:
    """Drop what was dealt with before `before`."""
    table = tables.outbox
    await connection.execute(delete(table).where(table.c.created_at < before, table.c.state != "waiting"))


_UNSAY = delete(tables.outbox).where(
    tables.outbox.c.channel == bindparam("of_channel"),
    tables.outbox.c.chat == bindparam("of_chat"),
    tables.outbox.c.kind == literal_column(f"'{_NAMES[Relayed]}'", Text),
    tables.outbox.c.state != literal_column("'waiting'", Text),
)


async def unsay(connection: Connection, chats: Iterable[tuple[str, str]]) -> None:
    """Drop what was relayed to these chats (channel, platform's id): their calls are over."""
    await many(connection, _UNSAY, [{"of_channel": channel, "of_chat": chat} for channel, chat in chats])


async def forget_relayed(connection: AsyncConnection, before: int) -> None:
    """Drop what was relayed before `before` and has not gone with the end of a call."""
    table = tables.outbox
    is_old = table.c.created_at < before, table.c.state != "waiting"
    await connection.execute(delete(table).where(table.c.kind == _NAMES[Relayed], *is_old))


async def forget_erased(connection: AsyncConnection, before: int) -> None:
    """Drop what was sent before `before` to chats that have been erased since: the farewell, and what it overtook."""
    table, chat = tables.outbox, tables.chat
    known = select(chat.c.key).where(chat.c.channel == table.c.channel, chat.c.external == table.c.chat).exists()
    await connection.execute(delete(table).where(table.c.created_at < before, table.c.state != "waiting", ~known))


def read(kind: str, payload: str) -> Outgoing:
    """An outgoing thing from its stored form."""
    data = orjson.loads(payload)
    if kind == "correction":
        return Correction(data["message"], Message(**_inner(data["words"])))
    return _KINDS[kind](**_inner(data))


def _inner(data: dict[str, Any]) -> dict[str, Any]:
    """What stands inside, in its own shapes."""
    if data.get("buttons"):
        data["buttons"] = tuple(Button(**button) for button in data["buttons"])
    if data.get("picture"):
        data["picture"] = Picture(**data["picture"])
    if "constants" in data:
        data["constants"] = tuple(data["constants"])
    if isinstance(data.get("buttons"), list):
        data["buttons"] = ()
    return data
