"""One call after the other to a platform that counts calls: whoever calls takes the next moment of the shared pace row.

The row is the one that broadcasts take their slots from (bot/store/pace.py), so all together stay under the rate, also
after a restart. Up to `burst` calls may go at once when it was quiet before.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from bot.store import pace
from bot.store.hot import fetch

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.capability import Capabilities
    from bot.store.database import Database

log = logging.getLogger(__name__)


class Turnstile:
    """Of one channel, which has a rate and a burst. First come, first served. `now` gives microseconds."""

    def __init__(
        self,
        database: Database,
        channel: str,
        capabilities: Capabilities,
        now: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._database = database
        self._key = channel
        self._each = pace.SECOND / capabilities.rate
        self._behind = int(self._each * (capabilities.burst - 1))
        self._now = now
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        """Returns when one more call may be made."""
        async with self._turn:
            while (seconds := await self._take()) > 0:  # noqa: ASYNC110 (the row is somebody else's as well)
                await asyncio.sleep(seconds)

    async def _take(self) -> float:
        """Seconds until it is worth asking again; 0 when the moment is taken."""
        now = self._now()
        try:
            async with self._database.batch() as batch:
                [found] = await fetch(batch, pace.stored([self._key]))
                moment = pace.read(found, [self._key])[self._key]
                if moment.is_held(now // 1000):
                    return moment.held_until / 1000 - now / pace.SECOND
                set_back = moment.next_at > now + pace.FAR + self._each
                first = now if set_back else max(moment.next_at, now - self._behind)
                if first > now:
                    return (first - now) / pace.SECOND
                await pace.save(batch, {self._key: replace(moment, next_at=int(first + self._each))})
        except (DBAPIError, OSError) as error:  # who has written waits for an answer: slowly, but they get it
            log.warning("pace not written", extra={"error": type(error).__name__})
            await asyncio.sleep(self._each / pace.SECOND)
        return 0.0
