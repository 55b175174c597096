"""Due jobs to events, and the daily sweeping. What is due is a row; the clock only looks."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from bot.channel.base import Incoming, What
from bot.service.conversation import NotStored
from bot.service.quiet import allowed
from bot.store import inbox, jobs, outbox

if TYPE_CHECKING:
    from bot.config import Config
    from bot.service.conversation import Conversation
    from bot.store.database import Database
    from bot.store.jobs import Job

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between two looks."""

SWEEP = 3600.0
"""Seconds between two sweepings."""

HOUR = 3_600_000
DAY = 24 * HOUR


class Clock:
    """Wakes what is due."""

    def __init__(self, database: Database, conversation: Conversation, config: Config) -> None:
        self._database = database
        self._conversation = conversation
        self._config = config
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End after the current look."""
        self._stopping.set()

    async def run(self) -> None:
        """The loop."""
        swept = -SWEEP
        while not self._stopping.is_set():
            try:
                await self.look(int(time.time() * 1000))
                if time.monotonic() - swept > SWEEP:
                    swept = time.monotonic()
                    await self.sweep(int(time.time() * 1000))
            except Exception:  # the database refuses, or a row is damaged: the next look may do better
                log.exception("clock could not look")
            try:
                await asyncio.wait_for(self._stopping.wait(), LOOK)
            except TimeoutError:
                continue

    async def look(self, now: int) -> int:
        """Let everything happen that is due at `now`; how many that were."""
        async with self._database.read() as connection:
            due = await jobs.due(connection, now)
        later = allowed(now, self._config)
        if due and later > now:  # a start in the night finds yesterday's: they wait for the morning
            async with self._database.write() as connection:
                for job in due:
                    await jobs.put_off(connection, job.key, later)
            return 0
        await asyncio.gather(*(self._wake(job, now) for job in due))
        return len(due)

    async def sweep(self, now: int) -> None:
        """Drop what has been kept long enough."""
        async with self._database.write() as connection:
            await inbox.forget(connection, now - self._config.keep_inbox_days * DAY)
            await outbox.forget(connection, now - self._config.keep_messages_days * DAY)
            await outbox.forget_erased(connection, now - HOUR)

    async def _wake(self, job: Job, now: int) -> None:
        channel, _, chat = job.chat.partition(":")
        payload = job.payload
        incoming = Incoming(channel, chat, job.name, now, What.TIME, text=payload["flow"], detail=payload["step"])
        try:
            await self._conversation.accept(incoming)
        except NotStored:
            log.warning("job waits for a database that refuses")
