"""What is PostgreSQL's alone: how to connect, its locks, what its errors mean. Imported only where it is used."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any, ClassVar

import asyncpg
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from bot.store.database import LOCKS, SERVING, TAKEN, Database
from bot.store.driver import create_async_engine
from bot.store.shares import Shares, processes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import URL
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from bot.store.owner import Process

log = logging.getLogger(__name__)

CONNECT = 15
"""Seconds until a server that does not answer counts as not there."""

SILENCE = 10, 5, 3
"""A connection on which nothing comes for 10 seconds is asked every 5, and cut after 3 questions without an answer.

Both ends do so: ours has to know when to connect anew, and the server frees the locks of a machine that is gone.
"""

HINTS: dict[type[BaseException], str] = {
    asyncpg.InvalidAuthorizationSpecificationError: "the user or the password is refused",
    asyncpg.InvalidCatalogNameError: "there is no such database: make one with 'createdb'",
    asyncpg.InsufficientPrivilegeError: "that user may not make tables there: make the user owner of the database",
    asyncpg.CannotConnectNowError: "it is just starting or stopping: try again",
    asyncpg.TooManyConnectionsError: "it has no connection left: raise its 'max_connections'",
    asyncpg.DiskFullError: "its disk is full: make room, nothing is lost",
    asyncpg.ClientConfigurationError: "what stands after '?' in the address is not understood",
    BlockingIOError: TAKEN,
    OSError: "it cannot be reached",
}
"""What is raised, and what to do about it; the first that fits."""

VAGUE = (HINTS[asyncpg.ClientConfigurationError], HINTS[OSError])
"""Those that need the driver's own words beside them."""


class PostgresDatabase(Database):
    """A database on a server, which may go away and come back."""

    reading: ClassVar[dict[str, Any]] = {"isolation_level": "REPEATABLE READ"}

    def __init__(self, url: URL) -> None:
        super().__init__(url)
        self._alone = False
        self._shares: Shares | None = None

    @staticmethod
    def engine_for(url: URL) -> AsyncEngine:
        """How SQLAlchemy connects there."""
        idle, interval, times = map(str, SILENCE)
        settings = {
            "application_name": "cam-tay",
            "tcp_keepalives_idle": idle,
            "tcp_keepalives_interval": interval,
            "tcp_keepalives_count": times,
        }
        connect = {"async_creator_fn": _connect, "timeout": CONNECT, "server_settings": settings}
        return create_async_engine(url, connect_args=connect, pool_pre_ping=True)

    async def take(self) -> None:
        """Be the only one who uses it. Raises DBAPIError, OSError.

        The right is a lock of the connection that writes: who has lost it with its connection commits nothing until it
        has taken it anew.
        """
        self._alone = True
        async with self._lock:
            await self._connected()

    async def serve(self) -> None:
        """Serve from here, with others. Raises DBAPIError, OSError."""
        self.owner = self._shares = Shares()
        async with self._lock:
            await self._connected()

    async def share(self) -> None:
        """Take a first part of the work. Raises DBAPIError, OSError."""
        assert self._shares is not None, "serving"
        async with self.batch() as batch:
            await self._shares.look(batch, lambda _: ())

    async def processes(self, channels: Iterable[str]) -> list[Process]:
        """All that serve together. Raises DBAPIError, OSError."""
        async with self.read() as connection:
            return await processes(connection, channels)

    async def _connected(self) -> AsyncConnection:
        if self._writer is not None and _is_cut(self._writer):
            log.warning("the connection to the database was cut")
            await self._drop()
        if self._writer is None:
            self._writer = await self._engine.connect()
            try:
                if self._alone:
                    await _hold(self._writer)
                if self._shares is not None:
                    await self._shares.begin(self._writer)
            except BaseException:
                await self._drop()
                raise
        self.owner.check()
        return self._writer

    @staticmethod
    def hint(error: Exception) -> str:
        """What an error of PostgreSQL's means for an operator; "" if it is none of the known."""
        cause: BaseException | None = error
        while cause is not None:  # SQLAlchemy's error, in it its form of the driver's, in it the driver's
            said = next((said for kind, said in HINTS.items() if isinstance(cause, kind)), "")
            if said:
                return f"{said} ({str(cause).splitlines()[0]})" if said in VAGUE and str(cause) else said
            cause = cause.__cause__
        return ""


async def _connect(*words: Any, **settings: Any) -> asyncpg.Connection[asyncpg.Record]:
    try:
        connection = await asyncpg.connect(*words, **settings)
    except (TypeError, ValueError) as error:  # a word in the address that the driver does not know, such as sslmode
        raise asyncpg.ClientConfigurationError(str(error)) from error
    wire = connection._transport.get_extra_info("socket")  # noqa: SLF001 (the driver offers no way to its socket)
    if wire is not None and wire.family != socket.AF_UNIX:
        idle, interval, times = SILENCE
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (
            ("TCP_KEEPIDLE", idle),
            ("TCP_KEEPINTVL", interval),
            ("TCP_KEEPCNT", times),
            ("TCP_USER_TIMEOUT", (idle + interval * times) * 1000),
        ):
            if hasattr(socket, name):  # Linux has them all
                wire.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return connection


def _is_cut(connection: AsyncConnection) -> bool:
    """Whether the server is known to have gone away."""
    if connection.invalidated:
        return True
    assert connection.sync_connection is not None, "connected"
    driver: Any = connection.sync_connection.connection.driver_connection
    return bool(driver.is_closed())


async def _hold(connection: AsyncConnection) -> None:
    """Take the right to be alone, for as long as this connection lives. Raises OperationalError when another has it."""
    async with connection.begin():
        held = await connection.scalar(select(func.pg_try_advisory_lock(LOCKS, SERVING)))
    if not held:
        log.error(TAKEN)
        raise OperationalError("pg_try_advisory_lock", None, BlockingIOError(TAKEN))
