"""What a platform's plan allows in a month, and how much of it is used. Warns before it is used up."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from bot.engine.event import local_day
from bot.service import metrics
from bot.store import jobs, quota
from bot.store.jobs import Job
from bot.store.quota import Used

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.config import Config
    from bot.store.database import Database

log = logging.getLogger(__name__)

EARLY = 0.8
"""The part of the plan from which an operator is warned."""

NEWS = "plan"
"""The kind of the job that tells the admins."""

_NEVER = 2**62
"""No job is due after it: one that is there stays as it is."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is allowed: people in all and messages a month; 0: no limit. `both`: what people write counts as well."""

    people: int = 0
    messages: int = 0
    both: bool = True

    def shares(self, used: Used) -> dict[str, tuple[int, int]]:
        """What is used of what, of everything that has a limit."""
        messages = used.sent + (used.received if self.both else 0)
        counted = {"messages": (messages, self.messages), "people": (used.people, self.people)}
        return {what: (amount, limit) for what, (amount, limit) in counted.items() if limit}


def plan_of(config: Config, channel: str) -> Plan:
    """The plan of a channel. An official account counts only what it sends later than Zalo allows for nothing."""
    if channel == "zalo_oa":
        return Plan(0, config.zalo_oa_messages, both=False)
    return Plan(config.zalo_bot_people, config.zalo_bot_messages, config.zalo_bot_counts_incoming)


def month_of(at: int) -> str:
    """The month of a time, as in Viet Nam."""
    return local_day(at).strftime("%Y-%m")


def _now() -> int:
    return time.time_ns() // 1_000_000


class Quota:
    """Counts for one channel. A database that fails costs the count of that moment until the next one, no message."""

    def __init__(self, database: Database, channel: str, plan: Plan, now: Callable[[], int] = _now) -> None:
        self._database = database
        self._channel = channel
        self._plan = plan
        self._now = now
        self._month = ""
        self._used = Used()
        self._more = Used()
        self._writing: asyncio.Task[None] | None = None
        self._warned: set[tuple[str, str]] = set()

    async def start(self) -> None:
        """Learn how it stands."""
        await self.flush()

    def sent(self) -> None:
        """A message went out, or may have."""
        self._count(replace(self._more, sent=self._more.sent + 1))

    def received(self, at: int) -> None:
        """A message came in, sent at `at`. What is older than the newest was counted when it first came."""
        if at > max(self._used.received_until, self._more.received_until):
            self._count(replace(self._more, received=self._more.received + 1, received_until=at))

    def _count(self, more: Used) -> None:
        self._more = more
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())

    async def flush(self) -> None:
        """Write down what was counted; nothing is under way afterwards."""
        if self._writing is not None:
            await self._writing
        await self._write()

    async def _write_all(self) -> None:
        """Until nothing is left that was counted meanwhile."""
        while self._more != Used() and await self._write():
            continue

    async def _write(self) -> bool:
        """Whether the database took it."""
        more, self._more = self._more, Used()
        month = month_of(self._now())
        until = max(self._used.received_until, more.received_until)
        try:
            if more != Used():
                async with self._database.write() as connection:
                    await quota.add(connection, self._channel, month, replace(more, received_until=until))
            async with self._database.read() as connection:
                found = await quota.used(connection, self._channel, month)
        except (DBAPIError, OSError) as error:
            log.warning("quota not written", extra={"error": type(error).__name__})
            self._more = replace(
                more,
                sent=more.sent + self._more.sent,
                received=more.received + self._more.received,
                received_until=max(until, self._more.received_until),
            )
            return False
        self._month, self._used = month, replace(found, received_until=max(until, found.received_until))
        await self._tell()
        return True

    async def _tell(self) -> None:
        """Metrics; one line in the log, and one message to each admin, when the end comes near and when it is there."""
        for what, (amount, limit) in self._plan.shares(self._used).items():
            metrics.QUOTA.labels(self._channel, what).set(amount)
            metrics.QUOTA_LIMIT.labels(self._channel, what).set(limit)
            part = next((part for part in (1.0, EARLY) if amount >= limit * part), 0.0)
            key = (f"{what} {part}", self._month)
            if part and key not in self._warned:
                self._warned.add(key)
                says: dict[str, str | int] = {"channel": self._channel, "what": what, "used": amount, "of": limit}
                log.warning("the plan is used up" if part == 1 else "the plan is nearly used up", extra=says)
                await self._tell_admins({**says, "percent": round(100 * part)})

    async def _tell_admins(self, says: dict[str, str | int]) -> None:
        """A job that stays until the month is over, so that they are told once: bot/service/plan_news.py.

        A database that refuses it has just taken the count: the log and the doctor say it all the same.
        """
        key = f"{NEWS}:{self._channel}:{says['what']}:{says['percent']}:{self._month}"
        try:
            async with self._database.write() as connection:
                await jobs.keep(connection, Job(key, "", self._now(), {"says": says}, NEWS), _NEVER)
        except (DBAPIError, OSError) as error:
            log.warning("admins not told of the plan", extra={"error": type(error).__name__})
