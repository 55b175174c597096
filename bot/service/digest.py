"""Every Monday morning the leads of a team hear what it did last week: numbers, the hardest steps, one tip.

A team that did nothing hears nothing. Nobody is named, and nobody is compared with anybody.
"""

from __future__ import annotations

import logging
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from jinja2 import UndefinedError

from bot.engine.effect import Show
from bot.engine.event import VIETNAM, local_day
from bot.engine.session import Session
from bot.people.place import is_under
from bot.people.role import Role
from bot.people.small import LEAST
from bot.service import tally
from bot.service.errand import Notice
from bot.service.help.watch import chat_of
from bot.service.quiet import allowed
from bot.store import counts, jobs, roles, teams
from bot.store.counts import day_of
from bot.store.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.config import Config
    from bot.people.team import Team
    from bot.service.talk import Talk
    from bot.store.counts import Event
    from bot.store.database import Database

log = logging.getLogger(__name__)

KIND = "digest"

MORNING = time(8)
"""When it is sent, on Mondays."""

TOO_LATE = 2 * 86_400_000
"""Milliseconds after which the news of a week are old: the bot was off."""

TIPS = 6
"""How many there are: blocks tip_0 to tip_5 of _bot/digest.j2. Each week has the next one."""

SHOWN = ("helped", "done", "walked", "calls", "came", "came_finished")
"""What a team hears of its week."""


def next_monday(at: int) -> int:
    """The first Monday morning after a moment (milliseconds)."""
    day = local_day(at)
    for ahead in range(8):
        monday = day + timedelta(days=ahead)
        due = int(datetime.combine(monday, MORNING, VIETNAM).timestamp() * 1000)
        if monday.weekday() == 0 and due > at:
            return due
    raise AssertionError("every eight days have a Monday morning ahead")


async def start(database: Database, now: int) -> None:
    """Let the digest be due. Raises DBAPIError."""
    async with database.write() as connection:
        await jobs.keep(connection, _job(next_monday(now)), now + 8 * 86_400_000)


def carriers(database: Database, config: Config) -> dict[str, Callable[[Job, int], Awaitable[None]]]:
    """Due work: a week is over."""

    async def send(job: Job, now: int) -> None:
        notices: list[Notice] = []
        if now - job.due_at <= TOO_LATE:
            async with database.read() as connection:
                notices = await news(connection, local_day(job.due_at))
        else:
            log.warning("the digest of a week is left out: the bot was off")
        async with database.write() as connection:
            at = allowed(now, config)  # a bot that was off wakes nobody
            await jobs.add(connection, [notice.job(number, at) for number, notice in enumerate(notices)])
            await jobs.add(connection, [_job(next_monday(max(now, job.due_at)))])

    return {KIND: send}


async def news(connection: AsyncConnection, monday: date) -> list[Notice]:
    """What the leads are told of the seven days before a Monday."""
    first, last = monday - timedelta(days=7), monday - timedelta(days=1)
    events = await counts.events(connection, day_of(first), day_of(last))
    found = []
    for team in await teams.within(connection, ""):
        leads = [each.person for each in await roles.of_team(connection, team.code) if each.grant.role is Role.LEAD]
        if not leads:
            continue
        facts = await tally.of_team(connection, team, first, last)
        total = tally.by_guide(facts).sheet(SHOWN, hides=False).total
        numbers = {name: number for name, number in zip(SHOWN, total, strict=True) if number}
        if numbers:
            says = {
                "team": team.code,
                "name": team.name,
                "first": first.isoformat(),
                "last": last.isoformat(),
                "numbers": numbers,
                "hard": _hard(events, team),
                "tip": monday.toordinal() // 7 % TIPS,
            }
            found += [Notice(chat_of(person), person, "digest.week", says) for person in leads]
    return found


def week(talk: Talk, says: Mapping[str, Any]) -> None:
    """The digest in a lead's chat."""
    first, last = (datetime.fromisoformat(says[name]) for name in ("first", "last"))
    values = {name: str(says["numbers"].get(name, "")) for name in SHOWN}
    values |= {"team": says["name"], "first": f"{first:%d/%m}", "last": f"{last:%d/%m/%Y}", "tip": str(says["tip"])}
    hard = [(_named(talk, guide, step), number) for guide, step, number in says["hard"]]
    for place in range(3):
        name, number = hard[place] if place < len(hard) else ("", "")
        values |= {f"hard_{place + 1}": name, f"stuck_{place + 1}": str(number)}
    talk.tell("digest.week", f"team:{says['team']}", **values)


def _hard(events: Sequence[Event], team: Team) -> list[tuple[str, str, int]]:
    """Where the people of the team's commune are stuck; where they are too few, those of the province."""
    near = tally.hardest([event for event in events if is_under(event.place, team.place)], LEAST)
    province = team.place.partition("/")[0]
    return near or tally.hardest([event for event in events if is_under(event.place, province)], LEAST)


def _named(talk: Talk, guide: str, name: str) -> str:
    """A step as people know it: its guide, and the first line it says."""
    flow = talk.house.flows.get(guide)
    if flow is None or name not in flow.steps:
        return ""
    speaker = talk.house.speaker(talk.chat)
    try:
        head = speaker.show(flow, Session(guide, flow.digest, name, talk.at), Show(name), talk.at, aloud=True).head
    except (UndefinedError, TypeError):  # a sentence that computes with what somebody answered
        head = ""
    return f"{speaker.title(guide)} · {head}" if head else speaker.title(guide)


def _job(due: int) -> Job:
    return Job(KIND, "", due, {}, KIND)
