"""The admins hear when a platform's plan is nearly used up, and when it is: once per month and threshold.

The job that tells them stays, as told, until the month is over: while it is there nobody is told again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from bot.engine.event import VIETNAM, local_day
from bot.people.role import Role
from bot.service.errand import Notice
from bot.service.help.watch import chat_of
from bot.service.quiet import allowed
from bot.service.quota import NEWS
from bot.store import jobs, roles
from bot.store.outbox import Ids

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.config import Config
    from bot.service.talk import Talk
    from bot.store.database import Database
    from bot.store.jobs import Job

WHOLE = 100
"""The threshold at which nothing is left, in per cent."""


def carriers(database: Database, config: Config) -> dict[str, Callable[[Job, int], Awaitable[None]]]:
    """Due work: something to be told, or the end of a month."""

    async def tell(job: Job, now: int) -> None:
        async with database.write() as connection:
            if job.payload.get("told"):
                await jobs.cancel(connection, [job.key])
            elif (later := allowed(now, config)) > now:
                await jobs.add(connection, [replace(job, due_at=later)])
            else:
                ids = Ids()
                for held in await roles.of_place(connection, Role.ADMIN, ""):
                    notice = Notice(chat_of(held.person), held.person, "plan.reached", job.payload["says"])
                    await jobs.add(connection, [notice.job(ids.next(), now)])
                await jobs.add(connection, [replace(job, due_at=_next_month(now), payload={"told": True})])

    return {NEWS: tell}


def was_reached(talk: Talk, says: Mapping[str, Any]) -> None:
    """The news in an admin's chat."""
    values = {name: str(says[name]) for name in ("channel", "what", "used", "of")}
    talk.tell("plan.over" if says["percent"] >= WHOLE else "plan.near", **values)


def _next_month(at: int) -> int:
    """When the next month begins in Viet Nam."""
    first = (local_day(at).replace(day=1) + timedelta(days=32)).replace(day=1)
    return int(datetime.combine(first, time(), VIETNAM).timestamp() * 1000)
