"""Files a platform has already been given: its id for each, so that it is uploaded once."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from bot.store import tables
from bot.store.database import upsert

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.store.database import Database

log = logging.getLogger(__name__)


class Files:
    """The files of one account of one channel ("telegram:123456789": a file's id is good for one bot only).

    `life`: milliseconds after which the platform may drop a file; 0: never. A database that fails costs another upload,
    nothing else.
    """

    def __init__(
        self,
        database: Database,
        account: str,
        life: int = 0,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._database = database
        self._account = account
        self._life = life
        self._now = now
        self._known: dict[str, tuple[str, int]] = {}

    async def find(self, digest: str) -> str:
        """The platform's id of the file with this sha256; empty if it has not been given."""
        if digest not in self._known:
            table = tables.file
            query = select(table.c.remote, table.c.until).where(
                table.c.channel == self._account, table.c.digest == digest
            )
            try:
                async with self._database.read() as connection:
                    found = (await connection.execute(query)).first() or ("", 0)
            except (DBAPIError, OSError) as error:
                log.warning("file not looked up", extra={"error": type(error).__name__})
                return ""
            self._known.setdefault(digest, (found[0], found[1]))  # it may have been given in the meantime
        remote, until = self._known[digest]
        return "" if until and until <= self._now() else remote

    async def keep(self, digest: str, remote: str) -> None:
        """Remember the platform's id."""
        until = self._now() + self._life if self._life else 0
        self._known[digest] = remote, until
        row = {"channel": self._account, "digest": digest, "remote": remote, "until": until}
        try:
            async with self._database.write() as connection:
                await connection.execute(upsert(connection, tables.file), row)
        except (DBAPIError, OSError) as error:
            log.warning("file not remembered", extra={"error": type(error).__name__})

    async def drop(self, digest: str) -> None:
        """The platform does not know this file any more."""
        self._known[digest] = "", 0
        table = tables.file
        try:
            async with self._database.write() as connection:
                await connection.execute(
                    delete(table).where(table.c.channel == self._account, table.c.digest == digest)
                )
        except (DBAPIError, OSError) as error:
            log.warning("file not forgotten", extra={"error": type(error).__name__})
