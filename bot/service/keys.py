"""The token pair of an account, kept for all processes; tells an operator in time that a human is needed."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from bot.channel.base import Fault, SendFailed
from bot.service import metrics
from bot.store import tokens
from bot.store.tokens import Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.store.database import Database

log = logging.getLogger(__name__)

DAY = 86_400_000

SOON = 30 * DAY
"""Milliseconds before the end of a refresh token from which an operator is warned: it should be renewed every day."""


def _now() -> int:
    return time.time_ns() // 1_000_000


class Keys:
    """Of one account ("zalo_oa:<app id>"). Every method raises SendFailed, PASSING, when the database refuses."""

    def __init__(self, database: Database, account: str, now: Callable[[], int] = _now) -> None:
        self._database = database
        self._account = account
        self._now = now
        self._warned = 0

    async def find(self) -> Pair | None:
        """The pair, if there is one."""
        with _passing():
            async with self._database.read() as connection:
                pair = await tokens.find(connection, self._account)
        self._tell(pair)
        return pair

    async def keep(self, access: str, refresh: str, access_until: int, refresh_until: int) -> Pair:
        """Write a new pair down."""
        pair = Pair(access, refresh, access_until, refresh_until, self._now())
        with _passing():
            async with self._database.write() as connection:
                await tokens.keep(connection, self._account, pair)
        self._tell(pair)
        return pair

    async def claim(self, refresh: str, milliseconds: int) -> bool:
        """Whether this refresh token is ours to use for so long."""
        now = self._now()
        with _passing():
            async with self._database.write() as connection:
                return await tokens.claim(connection, self._account, refresh, now, now + milliseconds)

    async def release(self) -> None:
        """It was not used."""
        with _passing():
            async with self._database.write() as connection:
                await tokens.release(connection, self._account)

    def _tell(self, pair: Pair | None) -> None:
        """Metrics, and once a day a line in the log when the end comes near."""
        now, channel = self._now(), self._account.partition(":")[0]
        for kind, until in (("access", pair.access_until), ("refresh", pair.refresh_until)) if pair else ():
            metrics.TOKEN.labels(channel, kind).set(until // 1000)
        if pair is not None and pair.refresh_until - now < SOON and now - self._warned > DAY:
            self._warned = now
            days = (pair.refresh_until - now) // DAY
            log.warning("a human has to join the account again soon: bot zalo login", extra={"days": days})


@contextmanager
def _passing() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, OSError) as error:
        raise SendFailed(Fault.PASSING, type(error).__name__) from None
