"""Chats and their sessions: loaded together, saved together."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import bindparam, delete, func, literal_column, or_, select

from bot.engine.chat import Chat
from bot.engine.session import Session
from bot.store import journal, optouts, people, recipients, tables
from bot.store.database import upsert
from bot.store.hot import Connection, Question, Rows, among, fetch, many, places, size_for

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import BindParameter, Select, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

_COLUMNS = (
    *("key", "channel", "external", "language", "flow", "reachable", "created_at", "seen_at", "place", "team"),
    "state_json",
)


@cache
def _chats(size: int) -> Select[Any]:
    """Chats and, behind each, the state of one of its sessions (or none): a row for every session."""
    chat, session = tables.chat, tables.session
    columns = [chat.c[name] for name in _COLUMNS]
    both = chat.outerjoin(session, session.c.chat == chat.c.key)
    return (
        select(*columns, session.c.state_json.label("session")).select_from(both).where(among(chat.c.key, "key", size))
    )


def stored(keys: Collection[str]) -> Question:
    """These chats (at most 256) and their sessions; `read` says what the rows are."""
    size = size_for(len(keys))
    return _chats(size), places("key", list(keys), size)


def read(rows: Rows, keys: Collection[str]) -> tuple[dict[str, Chat], dict[str, dict[str, Session]]]:
    """The chats that exist, and the sessions of each by guide."""
    chats: dict[str, Chat] = {}
    sessions: dict[str, dict[str, Session]] = {key: {} for key in keys}
    for *columns, state in rows:
        key = columns[0]
        if key not in chats:
            chats[key] = _chat(columns)
        if state is not None:
            session = Session.from_json(orjson.loads(state))
            sessions[key][session.flow] = session
    return chats, sessions


async def load(connection: Connection, keys: Collection[str]) -> tuple[dict[str, Chat], dict[str, dict[str, Session]]]:
    """The chats that exist, and the sessions of each by guide."""
    [rows] = await fetch(connection, stored(keys))
    return read(rows, keys)


async def standing(connection: AsyncConnection, flow: str) -> dict[str, int]:
    """How many people are on the way through a guide, by step; who has finished is not."""
    table = tables.session
    query = select(table.c.step, func.count()).where(table.c.flow == flow, table.c.finished.is_(False))
    rows = await connection.execute(query.group_by(table.c.step))
    return {step: count for step, count in rows}  # noqa: C416 (rows are no tuples)


async def save(connection: Connection, chats: Iterable[Chat]) -> None:
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
            "place": chat.place,
            "team": chat.team,
            "state_json": orjson.dumps(chat.state_to_json()).decode(),
        }
        for chat in chats
    ]
    await many(connection, upsert(connection, tables.chat), rows)


async def save_sessions(connection: Connection, sessions: Iterable[tuple[str, Session]], at: int) -> None:
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


_ERASE = (
    *(delete(table).where(table.c.chat == bindparam("key")) for table in (tables.session, tables.job, tables.inbox)),
    delete(tables.outbox).where(
        tables.outbox.c.channel == bindparam("channel"),
        tables.outbox.c.chat == bindparam("external"),
    ),
    delete(tables.reach).where(
        tables.reach.c.channel == bindparam("channel"),
        tables.reach.c.chat == bindparam("external"),
    ),
    delete(tables.chat).where(tables.chat.c.key == bindparam("key")),
)
_UNREACHABLE = (
    tables.chat.update()
    .where(tables.chat.c.channel == bindparam("of_channel"), tables.chat.c.external == bindparam("of_chat"))
    .values(reachable=literal_column("false"))
)


async def erase(connection: Connection, chat: Chat) -> None:
    """Delete everything that is kept about a chat. What is being sent at this moment is sent, and leaves no row.

    The journal's lines stay as counts, without the chat, and so do the rows of broadcasts and of the audit log.
    """
    row = {"key": chat.key, "channel": chat.channel, "external": chat.external}
    await journal.make_nameless(connection, [chat.key])
    await recipients.make_nameless(connection, [chat.key])
    await optouts.drop_all(connection, [chat.key])
    await people.forget(connection, [chat.person])
    for statement in _ERASE:
        await many(connection, statement, [row])


def _some(table: Table, *columns: str) -> Select[Any]:
    """These columns of a table's rows; the others name somebody else too, or open something."""
    return select(*(table.c[name] for name in columns))


_ME: BindParameter[str] = bindparam("person")
_KEPT = (
    ("chat", select(tables.chat).where(tables.chat.c.key == bindparam("key"))),
    *(
        (str(table.name), select(table).where(table.c.chat == bindparam("key")))
        for table in (tables.session, tables.job, tables.journal, tables.inbox, tables.recipient, tables.optout)
    ),
    ("role", _some(tables.role, "role", "team", "place", "since", "until").where(tables.role.c.person == _ME)),
    ("relative", _some(tables.relative, "called", "shows", "since").where(tables.relative.c.person == _ME)),
    ("help_count", select(tables.help_count).where(tables.help_count.c.person == _ME)),
    (
        "tip",
        _some(tables.tip, "id", "place", "who", "text", "state", "changed_at").where(
            or_(tables.tip.c.writer == _ME, tables.tip.c.sender == _ME)
        ),
    ),
    (
        "invitation",
        _some(tables.invitation, "role", "team", "place", "expires_at", "used_at", "withdrawn_at").where(
            or_(tables.invitation.c.by == _ME, tables.invitation.c.used_by == _ME)
        ),
    ),
    (
        "pair",
        _some(tables.pair, "id", "team", "made_at", "joined_at", "ended_at").where(
            or_(tables.pair.c.person == _ME, tables.pair.c.helper == _ME)
        ),
    ),
    ("audit", select(tables.audit).where(tables.audit.c.who == _ME)),
    *(
        (str(table.name), select(table).where(table.c.person == _ME))
        for table in (
            *(tables.mark, tables.certificate, tables.joined, tables.join_code, tables.join_try),
            *(tables.ticket, tables.ticket_side, tables.duty, tables.pair_try),
        )
    ),
    ("family", select(tables.family).where(tables.family.c.head == _ME)),
    *(
        (
            str(table.name),
            select(table).where(table.c.channel == bindparam("channel"), table.c.chat == bindparam("external")),
        )
        for table in (tables.outbox, tables.reach)
    ),
)


async def everything(connection: Connection, chat: Chat) -> dict[str, list[dict[str, Any]]]:
    """All rows that are kept about a chat, by table."""
    values = {"key": chat.key, "channel": chat.channel, "external": chat.external, "person": chat.person}
    found = await fetch(connection, *((query, values) for _, query in _KEPT))
    return {
        name: [dict(zip(map(str, query.selected_columns.keys()), row, strict=True)) for row in rows]
        for (name, query), rows in zip(_KEPT, found, strict=True)
    }


async def unseen(connection: AsyncConnection, before: int, most: int | None = 500) -> list[Chat]:
    """Chats in which nobody has said anything since `before`, oldest first."""
    table = tables.chat
    found = select(*(table.c[name] for name in _COLUMNS)).where(table.c.seen_at < before)
    return [_chat(row) for row in await connection.execute(found.order_by(table.c.seen_at).limit(most))]


async def mark_unreachable(connection: Connection, chats: Iterable[tuple[str, str]]) -> None:
    """These chats, as (channel, the platform's chat id), cannot be written to until they write again."""
    await many(connection, _UNREACHABLE, [{"of_channel": channel, "of_chat": chat} for channel, chat in chats])


def _chat(row: Sequence[Any]) -> Chat:
    columns = dict(zip(_COLUMNS, row, strict=True))
    state = Chat.state_from_json(orjson.loads(columns.pop("state_json")))
    return Chat(**{**columns, "reachable": bool(columns["reachable"])}, **state)
