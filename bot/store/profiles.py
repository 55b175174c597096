"""People who share a phone: whoever has it is kept under the chat's key, the others apart under keys of their own.

A switch renames the rows. Nothing else in the store knows of it: each person's chat, sessions, journal, messages and
what they got of broadcasts are found under one key, and set aside they are erased, shown and swept like those of any
chat. Jobs are not renamed: who is set aside is not waited for, and has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, func, select, update

from bot.engine.chat import ASIDE
from bot.store import chats, journal, optouts, people, recipients, tables
from bot.store.hot import Connection, many

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.engine.chat import Chat

_RENAME = (
    *(
        update(table).where(table.c.chat == bindparam("of_key")).values(chat=bindparam("to_key"))
        for table in (tables.session, tables.journal, tables.recipient, tables.optout, tables.joined, tables.join_code)
    ),
    update(tables.outbox)
    .where(tables.outbox.c.channel == bindparam("of_channel"), tables.outbox.c.chat == bindparam("of_external"))
    .values(chat=bindparam("to_external")),
    update(tables.chat)
    .where(tables.chat.c.key == bindparam("of_key"))
    .values(key=bindparam("to_key"), external=bindparam("to_external")),
)


_DROP = (
    delete(tables.session).where(tables.session.c.chat == bindparam("of_key")),
    delete(tables.chat).where(tables.chat.c.key == bindparam("of_key")),
)


async def switch(connection: Connection, leaving: Chat, coming: int, *, leaves: bool) -> None:
    """The phone of `leaving` goes to the person of number `coming`.

    If nobody `leaves` (nothing is known of them, or they were a helper's guest), nothing of them stays: what counts
    becomes nameless, and what was sent is dropped with what was sent to erased chats.
    """
    aside = leaving.aside(leaving.number)
    await _rename(connection, leaving, aside)
    if not leaves:
        await journal.make_nameless(connection, [aside.key])
        await recipients.make_nameless(connection, [aside.key])
        await optouts.drop_all(connection, [aside.key])
        await people.forget(connection, [leaving.person])
        for statement in _DROP:
            await many(connection, statement, [{"of_key": aside.key}])
    await _rename(connection, leaving.aside(coming), leaving)


async def forget(connection: Connection, chat: Chat) -> None:
    """Erase what is kept about one person; the others who share the phone stay, and know of them no more."""
    key, aside, number = chat.key.partition(ASIDE)
    found, _ = await chats.load(connection, [key])
    await chats.erase(connection, chat)
    for holder in found.values():
        if aside:
            await chats.save(connection, [holder.without(int(number))])
        elif holder.others:
            await chats.save(connection, [holder.emptied()])


async def held(connection: AsyncConnection) -> int:
    """How many people are set aside in the middle of a guide: nothing is due for them until they are back."""
    chat, session = tables.chat, tables.session
    both = chat.join(session, and_(session.c.chat == chat.c.key, session.c.flow == chat.c.flow))
    aside = (chat.c.external.contains(ASIDE, autoescape=True), session.c.finished.is_(False))
    return await connection.scalar(select(func.count()).select_from(both).where(*aside)) or 0


async def _rename(connection: Connection, of: Chat, to: Chat) -> None:
    values = {
        "of_key": of.key,
        "of_channel": of.channel,
        "of_external": of.external,
        "to_key": to.key,
        "to_external": to.external,
    }
    for statement in _RENAME:
        await many(connection, statement, [values])
