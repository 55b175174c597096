"""Carries out what is due. What is due is a row of the job table; the clock only looks.

A job's kind says who carries it out. For people: never in quiet hours, and no faster than leaves room for replies, so
that a morning with a hundred thousand reminders is like any other. The bot's own (retention), and notices from another
chat, where somebody is waiting: at any hour.

A job that fails by a fault that passes is due again later; after too many tries, or by a fault of ours, it is parked.
A kind that nobody here knows is left to the newer bot that wrote it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy.exc import DBAPIError

from bot.broadcast.reason import Reason
from bot.channel.base import Incoming, What
from bot.engine.event import local_day
from bot.service import metrics
from bot.service.conversation import NotStored, notice
from bot.service.quiet import allowed
from bot.service.sender import Patience
from bot.store import (
    audit,
    certificates,
    chats,
    inbox,
    invitations,
    jobs,
    joined,
    journal,
    links,
    outbox,
    profiles,
    requests,
    tickets,
    windows,
)
from bot.store.jobs import Failure, Job
from bot.store.owner import CHORES as DUTY
from bot.store.owner import NotOwner

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from bot.channel.base import Channel
    from bot.config import Config
    from bot.service.conversation import Conversation
    from bot.service.sender import Sender
    from bot.store.database import Database

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between two looks."""

SHARE = 0.5
"""The part of a channel's allowed rate that jobs may use; the rest is for replies."""

RATE, MOST = 60.0, 50
"""What counts as the rate of a channel without a limit; the most jobs of a channel in one look."""

PATIENCE = Patience(first=10, longest=3600, attempts=12)
"""A job that fails is tried for about three hours."""

PASSING = (NotStored, DBAPIError, OSError)
"""What may be over at the next try: a database that refuses, a network that is away, a full disk."""

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

GAP = 2 * DAY
"""Milliseconds without retention after which the clock may be wrong: then nothing is dropped for another day."""

PIECE = 20
"""People forgotten in one transaction."""

Carrier: TypeAlias = "Callable[[Job, int], Awaitable[None]]"
"""Does a job at a time (milliseconds), in a transaction that also removes or replaces its row.

Raises one of PASSING for what is to be tried again; anything else is a fault of ours.
"""


class Clock:
    """The loop. `now` gives the time in milliseconds."""

    def __init__(self, database: Database, conversation: Conversation, sender: Sender, config: Config) -> None:
        self.carriers: dict[str, Carrier] = {jobs.WAIT: self._wake, jobs.NOTICE: self._notify, jobs.SWEEP: self._retain}
        self.forgetters: list[Callable[[int], Awaitable[None]]] = []
        self.now: Callable[[], int] = database.owner.now
        self._database = database
        self._owner = database.owner
        self._conversation = conversation
        self._sender = sender
        self._config = config
        self._paces: dict[str, int] = {}  # channel -> jobs in one look
        self._windows: dict[str, int] = {}  # channel -> milliseconds since somebody did something, where that counts
        self._stopping = asyncio.Event()

    async def start(self, channels: Mapping[str, Channel]) -> None:
        """Look after the chats of these channels. Raises DBAPIError."""
        self._paces = {name: _pace(channel.capabilities.rate) for name, channel in channels.items()}
        hours = {name: channel.capabilities.window for name, channel in channels.items()}
        self._windows = {name: number * HOUR for name, number in hours.items() if number}
        await self._keep(self.now())

    def stop(self) -> None:
        """End after the current look."""
        self._stopping.set()

    async def run(self) -> None:
        """The loop."""
        clock = asyncio.get_running_loop().time
        ahead = self._ahead()
        while not self._stopping.is_set():
            next_look = clock() + LOOK
            try:
                before, ahead = ahead, self._ahead()
                if abs(ahead - before) > MINUTE:
                    log.warning("the clock was set", extra={"seconds": (ahead - before) // 1000})
                    await self._keep(self.now())
                await self.look(self.now())
                await self.chores(self.now())
            except Exception:  # the database refuses: the next look may do better
                log.exception("clock could not look")
            try:
                await asyncio.wait_for(self._stopping.wait(), max(0.05, next_look - clock()))
            except TimeoutError:
                continue

    async def look(self, now: int) -> int:
        """Let happen what is due for people at `now`, as far as the pace allows; how many jobs those were."""
        kinds = self.carriers if allowed(now, self._config) <= now else (jobs.NOTICE,)  # the morning finds the others
        unsent = self._sender.backlog
        due: list[Job] = []
        async with self._database.read() as connection:
            for name, pace in self._paces.items():
                if (most := pace - unsent.get(name, 0)) > 0:
                    due += await jobs.due(connection, now, name, kinds, most, parts=self._owner.parts)
        await self._carry_out(due, now)
        return len(due)

    async def chores(self, now: int) -> None:
        """Do what is due of the bot's own, if that is our duty."""
        if not self._owner.leads(DUTY):
            return
        async with self._database.read() as connection:
            due = await jobs.due(connection, now, "", self.carriers)
        await self._carry_out(due, now)

    async def sweep(self, now: int) -> None:
        """Drop what has been kept long enough, in several transactions: replies come in between."""
        config = self._config
        for forget, before in (
            (inbox.forget, now - config.keep_inbox_days * DAY),
            (outbox.forget, now - config.keep_messages_days * DAY),
            (outbox.forget_erased, now - HOUR),
            (outbox.forget_relayed, now - DAY),
            (journal.forget, now - config.keep_journal_days * DAY),
            (requests.forget, now - config.keep_backups_days * DAY),
            (invitations.forget, now - config.keep_messages_days * DAY),
            (audit.forget, now - config.keep_people_days * DAY),
            (certificates.forget, now - DAY),
            (links.forget, now),
            (joined.forget, now - HOUR),
            (tickets.forget, now - config.keep_messages_days * DAY),
        ):
            async with self._database.write() as connection:
                await forget(connection, before)
        await self._forget_people(now - config.keep_people_days * DAY)
        for forget_more in self.forgetters:
            await forget_more(now)

    async def _forget_people(self, before: int) -> None:
        async with self._database.read() as connection:
            keys = [chat.key for chat in await chats.unseen(connection, before)]
        for start in range(0, len(keys), PIECE):
            async with self._database.write() as connection:
                found, _ = await chats.load(connection, keys[start : start + PIECE])
                for chat in found.values():
                    if chat.seen_at < before:  # nobody has come back meanwhile
                        await profiles.forget(connection, chat)

    # --- carrying out

    async def _carry_out(self, due: Sequence[Job], now: int) -> None:
        each = LOOK / max(MOST, len(due))
        tried = await asyncio.gather(*(self._try(job, now, index * each) for index, job in enumerate(due)))
        if failures := [failure for failure in tried if failure is not None]:
            try:
                async with self._database.write() as connection:
                    await jobs.fail(connection, failures)
            except (DBAPIError, OSError):  # it refuses this as well: they stay due
                log.warning("jobs wait for a database that refuses", extra={"jobs": len(failures)})

    async def _try(self, job: Job, now: int, after: float) -> Failure | None:
        await asyncio.sleep(after)
        if self._stopping.is_set():
            return None  # the next start finds it
        try:
            with self._owner.bound(job.chat or DUTY):
                await self.carriers[job.kind](job, now)
        except NotOwner:
            return None  # another process does it
        except PASSING as error:
            reason, again = type(error).__name__, job.attempts + 1 < PATIENCE.attempts
            log.warning("job failed", extra={"kind": job.kind, "error": reason, "attempts": job.attempts + 1})
        except Exception as error:  # one job's fault of ours must not keep the others from being done
            reason, again = type(error).__name__, False
            log.exception("job failed", extra={"kind": job.kind})
        else:
            return None
        if not again:
            metrics.PARKED.inc()
        return Failure(job, reason, now + int(PATIENCE.pause(job.attempts) * 1000) if again else None)

    async def _wake(self, job: Job, now: int) -> None:
        """A step has waited long enough: that comes in by the door of all that comes in."""
        channel, _, chat = job.chat.partition(":")
        payload = job.payload
        if channel in self._windows and await self._is_shut(job, channel, chat, now):
            return
        await self._conversation.accept(
            Incoming(channel, chat, job.name, now, What.TIME, text=payload["flow"], detail=payload["step"])
        )

    async def _is_shut(self, job: Job, channel: str, chat: str, now: int) -> bool:
        """Whether the person may not be written to now: then the step does not wait any more, or waits for longer."""
        async with self._database.read() as connection:
            reach = (await windows.find(connection, channel, [chat]))[chat]
        why = reach.why_not(now, self._windows[channel])
        if not why:
            return False
        async with self._database.write() as connection:
            if why == Reason.STAFF:
                await jobs.add(connection, [replace(job, due_at=reach.silent_until)])
            else:
                line = journal.Line(job.chat, job.payload["flow"], job.payload["step"], "skipped", why, now)
                await journal.add(connection, [line])
                await jobs.cancel(connection, [job.key])
        return True

    async def _notify(self, job: Job, _now: int) -> None:
        """The same for what happened in another chat, where it did not come in at once."""
        await self._conversation.accept(notice(job))

    async def _retain(self, job: Job, now: int) -> None:
        """Retention, every hour. `last` is when it was done, `waited` that it was put off after a gap."""
        last = job.payload.get("last", now)
        if now - last > GAP and not job.payload.get("waited"):
            since = local_day(last)
            log.warning("retention waits a day: the bot was off, or its clock is wrong", extra={"since": since})
            next_one = replace(job, due_at=now + DAY, payload={"last": last, "waited": True})
        else:
            await self.sweep(now)
            next_one = replace(job, due_at=now + HOUR, payload={"last": now})
        async with self._database.write() as connection:
            await jobs.add(connection, [next_one])

    # --- the time

    async def _keep(self, now: int) -> None:
        """Let what recurs be there, also after the clock was set back."""
        async with self._database.write() as connection:
            await jobs.keep(connection, Job(jobs.SWEEP, "", now, {}, jobs.SWEEP), now + GAP)

    def _ahead(self) -> int:
        """How far the clock on the wall is ahead of one that nobody sets."""
        return self.now() - time.monotonic_ns() // 1_000_000


def _pace(rate: float) -> int:
    """How many jobs of a channel that allows `rate` messages a second (0: any number) are carried out in one look."""
    return max(1, min(MOST, int((rate or RATE) * SHARE * LOOK)))
