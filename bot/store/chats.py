"""Chats and their sessions: loaded together, saved together."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import delete, select

from bot.engine.chat import Chat
from bot.engine.session import Session
from bot.store import tables
from bot.store.database import upsert
from bot.store.hot import among, fetch, many, places, size_for

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection

_COLUMNS = ("key", "channel", "external", "language", "flow", "reachable", "created_at", "seen_at", "state_json")


@cache
def _chats(size: int) -> Select[Any]:
    """Chats and, behind each, the state of one of its sessions (or none): a row for every session."""
    chat, session = tables.chat, tables.session
    columns = [chat.c[name] for name in _COLUMNS]
    both = chat.outerjoin(session, session.c.chat == chat.c.key)
    return (
        select(*columns, session.c.state_json.label("session")).select_from(both).where(among(chat.c.key, "key", size))
    )


BY_CHAT = (tables.session, tables.journal, tables.job, tables.inbox)


async def load(
    connection: AsyncConnection, keys: Collection[str]
) -> tuple[dict[str, Chat], dict[str, dict[str, Session]]]:
    """The chats that exist, and the sessions of each by guide."""
    listed = list(keys)
    size = size_for(len(listed))
    values = places("key", listed, size)
    chats: dict[str, Chat] = {}
    sessions: dict[str, dict[str, Session]] = {key: {} for key in keys}
    for *columns, state in await fetch(connection, _chats(size), values):
        key = columns[0]
        if key not in chats:
            chats[key] = _chat(columns)
        if state is not None:
            session = Session.from_json(orjson.loads(state))
            sessions[key][session.flow] = session
    return chats, sessions


async def save(connection: AsyncConnection, chats: Iterable[Chat]) -> None:
    """Insert or overwrite chats."""
    rows = [
        {
            "key": chat.key,
            "channel": chat.channel,
            "external": chat.external,
            "language": chat.language,
            "flow": chat.flow,
            "reachable": chat.reachable,
            "created_at": chat.created_at,
            "seen_at": chat.seen_at,
            "state_json": orjson.dumps(chat.state_to_json()).decode(),
        }
        for chat in chats
    ]
    await many(connection, upsert(connection, tables.chat), rows)


async def save_sessions(connection: AsyncConnection, sessions: Iterable[tuple[str, Session]], at: int) -> None:
    """Insert or overwrite sessions, each given with its chat's key."""
    rows = [
        {
            "chat": key,
            "flow": session.flow,
            "step": session.step,
            "finished": session.finished,
            "updated_at": at,
            "state_json": orjson.dumps(session.to_json()).decode(),
        }
        for key, session in sessions
    ]
    await many(connection, upsert(connection, tables.session), rows)


async def erase(connection: AsyncConnection, chat: Chat) -> None:
    """Delete everything that is kept about a chat but the row the farewell is sent to."""
    for table in BY_CHAT:
        await connection.execute(delete(table).where(table.c.chat == chat.key))
    outbox = tables.outbox
    await connection.execute(
        delete(outbox).where(
            outbox.c.channel == chat.channel, outbox.c.chat == chat.external, outbox.c.state != "waiting"
        )
    )
    await connection.execute(delete(tables.chat).where(tables.chat.c.key == chat.key))


async def mark_unreachable(connection: AsyncConnection, channel: str, externals: Collection[str]) -> None:
    """These chats cannot be written to until they write again."""
    table = tables.chat
    await connection.execute(
        table.update().where(table.c.channel == channel, table.c.external.in_(list(externals))).values(reachable=False)
    )


def _chat(row: Sequence[Any]) -> Chat:
    columns = dict(zip(_COLUMNS, row, strict=True))
    state = Chat.state_from_json(orjson.loads(columns.pop("state_json")))
    return Chat(**{**columns, "reachable": bool(columns["reachable"])}, **state)
