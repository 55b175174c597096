"""A command's one piece of work at the database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from bot.cli.report import complain
from bot.cli.settings import settings
from bot.store.database import DatabaseFault, open_database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")


def at_database(work: Callable[[AsyncConnection], Awaitable[T]], *, writes: bool = True) -> T | None:
    """What the work in one transaction gives; None after a complaint. A running bot waits for one that `writes`."""
    config = settings()
    if config is None:
        return None

    async def run() -> T:
        database = await open_database(config.database)
        try:
            async with database.write() if writes else database.read() as connection:
                return await work(connection)
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except DatabaseFault as fault:
        complain(str(fault))
        return None
