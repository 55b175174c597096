"""What came in, and whose it is where several processes serve together; waiting for the owner where somebody looks."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import compress
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy.exc import DBAPIError

from bot.store import relay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.channel.base import Incoming
    from bot.store.database import Database
    from bot.store.owner import Owner

GLANCE, GLANCES = 0.03, 60
"""Seconds between two glances whether the owner of a page's chat has dealt with what it said; how many there are."""

Waiting: TypeAlias = "tuple[Incoming, asyncio.Future[bool]]"
"""What came in, and whether it was stored for another process to deal with."""


def sort(owner: Owner, waiting: Sequence[Waiting]) -> tuple[Sequence[Waiting], Sequence[Waiting]]:
    """What is for our chats, and what for those of others. Inside a transaction this holds until its end."""
    if owner.parts is None:
        return waiting, ()
    is_ours = [owner.owns(one.key) for one, _ in waiting]
    return list(compress(waiting, is_ours)), list(compress(waiting, (not each for each in is_ours)))


async def settled(database: Database, key: str) -> None:
    """Returns when the owner of a chat has dealt with what it was given, or does not seem to: a page shows that."""
    with suppress(DBAPIError, OSError):
        for _ in range(GLANCES):
            async with database.read() as connection:
                if not await relay.is_waiting(connection, key):
                    return
            await asyncio.sleep(GLANCE)
