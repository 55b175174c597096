"""Series: each time that one is due, its parts begin to be sent again, to whoever has not got them.

That time is a job, one for each series, replaced by the next one in the transaction that begins the parts: a kill
leaves it due, or done. What is sent then is a broadcast like any other (bot/service/broadcast.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.engine.event import VIETNAM, local_time
from bot.store import broadcasts, jobs, series
from bot.store.broadcasts import ASKED, ENDED, RUNNING, STOPPING, WAITING
from bot.store.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.broadcast.model import Series
    from bot.store.database import Database

HOUR = 3_600_000
LATE = 12 * HOUR
"""Milliseconds after which a time that was missed (the bot was off) is let pass: the next one comes."""

WEEK = 7 * 24 * HOUR


def next_time(rhythm: Series, after: int) -> int:
    """The first time of a series after a moment (milliseconds), in Viet Nam."""
    moment = local_time(after)
    days = (moment.date() + timedelta(days=number) for number in range(8))
    clock = time(*divmod(rhythm.at, 60))
    times = (datetime.combine(day, clock, VIETNAM) for day in days if day.weekday() in rhythm.every)
    return next(int(at.timestamp() * 1000) for at in times if at > moment)


async def keep(connection: AsyncConnection, name: str, rhythm: Series, now: int) -> None:
    """Let a series be due, also after the clock was set back."""
    job = Job(series_key(name), "", next_time(rhythm, now), {"series": name}, jobs.SERIES)
    await jobs.keep(connection, job, now + WEEK + HOUR)


async def end(connection: AsyncConnection, name: str) -> None:
    """A series is due no more."""
    await jobs.cancel(connection, [series_key(name)])


class Occasions:
    """Carries out the jobs of series. `begun` is called when there is something to send."""

    def __init__(self, database: Database, begun: Callable[[], None]) -> None:
        self._database = database
        self._begun = begun

    async def start(self, now: int) -> None:
        """Every series that goes on is due at its next time. Raises DBAPIError."""
        async with self._database.write() as connection:
            for name, content in (await broadcasts.lasting(connection)).items():
                assert content.series is not None, "a part of a series"
                await keep(connection, name, content.series, now)

    async def carry_out(self, job: Job, now: int) -> None:
        """Its time has come: the parts that wait begin anew. Raises DBAPIError."""
        name = str(job.payload["series"])
        async with self._database.write() as connection:
            rows = await broadcasts.family(connection, name)
            alive = [row for row in rows if row.series and row.state not in {ASKED, STOPPING, *ENDED}]
            if not alive:
                await end(connection, name)
                return
            rhythm = alive[0].content.series
            assert rhythm is not None, "a part of a series"
            is_time = next_time(rhythm, now - LATE) <= now
            for row in alive:
                if row.state == WAITING and is_time:
                    await series.let_again(connection, row.id)
                    about = {"state": RUNNING, "start_at": now, "gathered_at": 0, "gathered_to": "", "reason": ""}
                    await broadcasts.change(connection, row.id, only_if=[WAITING], **about)
            await jobs.add(connection, [replace(job, due_at=next_time(rhythm, now))])
        self._begun()


def series_key(name: str) -> str:
    """The key of the job that a series is due by."""
    return f"series:{name}"
