"""When a chat may be written to, where a platform allows it only for a while after the person did something.

And until when the bot is silent in a chat, because somebody of the staff answers there by hand.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, bindparam, select, update
from sqlalchemy.exc import DBAPIError

from bot.broadcast.reason import Reason
from bot.store import tables
from bot.store.database import insert_new
from bot.store.hot import among, fetch, many, places, size_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.database import Database
    from bot.store.hot import Connection

_table = tables.reach


@dataclass(frozen=True, slots=True)
class Reach:
    """Of one chat. `opened_at`: when the person last did something, 0 when that is not known."""

    opened_at: int = 0
    silent_until: int = 0

    def why_not(self, now: int, window: int) -> str:
        """Why the chat is not to be written to unasked; "" if it may be. `window` is milliseconds."""
        if self.silent_until > now:
            return Reason.STAFF
        return "" if self.opened_at + window > now else Reason.WINDOW


@cache
def _find(size: int) -> Select[Any]:
    columns = (_table.c.chat, _table.c.opened_at, _table.c.silent_until)
    return select(*columns).where(_table.c.channel == bindparam("of"), among(_table.c.chat, "chat", size))


async def find(connection: Connection, channel: str, chats: Sequence[str]) -> dict[str, Reach]:
    """What is known of these chats (platform's ids, at most 256); of each something."""
    if not chats:
        return {}
    size = size_for(len(chats))
    [rows] = await fetch(connection, (_find(size), {"of": channel, **places("chat", chats, size)}))
    return dict.fromkeys(chats, Reach()) | {chat: Reach(*rest) for chat, *rest in rows}


_OPEN = (
    update(_table)
    .where(
        _table.c.channel == bindparam("of"),
        _table.c.chat == bindparam("of_chat"),
        _table.c.opened_at < bindparam("new_at", type_=BigInteger),
    )
    .values(opened_at=bindparam("new_at", type_=BigInteger))
)


class Windows:
    """The chats of one channel. Raises DBAPIError, OSError."""

    def __init__(self, database: Database, channel: str) -> None:
        self._database = database
        self._channel = channel
        self._opening: dict[str, int] = {}
        self._opened: asyncio.Future[None] | None = None
        self._turn = asyncio.Lock()
        self._writing: set[asyncio.Task[None]] = set()

    async def find(self, chat: str) -> Reach:
        """What is known of a chat."""
        async with self._database.read() as connection:
            return (await find(connection, self._channel, [chat]))[chat]

    async def open(self, chat: str, at: int) -> None:
        """The person did something at that time. Many at once are written together."""
        self._opening[chat] = max(at, self._opening.get(chat, 0))
        if self._opened is None:
            self._opened = asyncio.get_running_loop().create_future()
            task = asyncio.create_task(self._write())
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
        await asyncio.shield(self._opened)

    async def _write(self) -> None:
        """While one lot is written, the next gathers."""
        async with self._turn:
            opening, self._opening = self._opening, {}
            done, self._opened = self._opened, None
            assert done is not None
            rows = [{"channel": self._channel, "chat": chat, "opened_at": 0, "silent_until": 0} for chat in opening]
            times = [{"of": self._channel, "of_chat": chat, "new_at": at} for chat, at in opening.items()]
            try:
                async with self._database.batch() as batch:
                    await many(batch, insert_new(batch, _table), rows)
                    await many(batch, _OPEN, times)
            except (DBAPIError, OSError) as error:
                done.set_exception(error)
                done.exception()  # whoever asked may be gone
            else:
                done.set_result(None)

    async def close(self, chat: str) -> None:
        """The platform says that it is closed, whatever we know."""
        async with self._database.write() as connection:
            await self._set(connection, chat, _table.c.opened_at > 0, opened_at=0)

    async def silence(self, chat: str, until: int) -> None:
        """Somebody of the staff answers there; 0: the bot does again."""
        async with self._database.write() as connection:
            await self._set(connection, chat, _table.c.silent_until != until, silent_until=until)

    async def _set(self, connection: AsyncConnection, chat: str, only: Any, **values: int) -> None:
        row = {"channel": self._channel, "chat": chat, "opened_at": 0, "silent_until": 0}
        await connection.execute(insert_new(connection, _table), row)
        mine = (_table.c.channel == self._channel, _table.c.chat == chat)
        await connection.execute(update(_table).where(*mine, only).values(**values))
