"""What processes that serve together tell one another at a commit, on PostgreSQL. It may get lost: nobody relies on it.

`relay`: something has been taken in for these partitions ("3 17"). `shown`: a chat on a page has something new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Text, bindparam, func, select

from bot.store.hot import Connection, many

if TYPE_CHECKING:
    from collections.abc import Iterable

RELAY, SHOWN = "relay", "shown"

TOPICS = (RELAY, SHOWN)

_TELL = select(func.pg_notify(bindparam("topic", type_=Text), bindparam("words", type_=Text)))


def channel(topic: str) -> str:
    """What a topic is called in the database."""
    return f"cam_tay_{topic}"


async def tell(connection: Connection, topic: str, words: Iterable[str]) -> None:
    """Tell everybody, once this is committed."""
    if connection.dialect.name != "postgresql":
        return
    rows = [{"topic": channel(topic), "words": each} for each in words]
    if not rows:
        return
    await many(connection, _TELL, rows)
