"""Who wants to hear less, by topic. Written when a person says so; the empty topic stands for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete

from bot.store import tables
from bot.store.database import insert_new
from bot.store.hot import Connection, many

if TYPE_CHECKING:
    from collections.abc import Iterable

EVERYTHING = ""
"""The topic of somebody who wants no broadcast at all."""

_OUT = tables.optout
_BACK = delete(_OUT).where(_OUT.c.chat == bindparam("of_chat"), _OUT.c.topic == bindparam("of_topic"))
_ALL_BACK = delete(_OUT).where(_OUT.c.chat == bindparam("of_chat"))


async def add(connection: Connection, chat: str, topic: str, at: int) -> None:
    """This chat wants no more of this topic."""
    await many(connection, insert_new(connection, _OUT), [{"chat": chat, "topic": topic, "at": at}])


async def drop(connection: Connection, chat: str, topic: str) -> None:
    """This chat wants to hear of it again; of everything, if no topic is named."""
    if topic == EVERYTHING:
        await many(connection, _ALL_BACK, [{"of_chat": chat}])
    else:
        await many(connection, _BACK, [{"of_chat": chat, "of_topic": each} for each in (EVERYTHING, topic)])


async def drop_all(connection: Connection, chats: Iterable[str]) -> None:
    """Nothing is known any more of what these chats want."""
    await many(connection, _ALL_BACK, [{"of_chat": chat} for chat in chats])
