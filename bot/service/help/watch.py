"""Due work of calls for help: who is told of one, who is told next when nobody takes it, and the end of a silent one.

First everybody of the team who is on duty; after a quarter of an hour its leads; after an hour whoever looks after the
commune. Outside the hours of duty nothing happens until they begin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.people.role import Right, Role
from bot.service import rights
from bot.service.errand import Notice
from bot.service.help import call
from bot.service.quiet import on_duty
from bot.store import jobs, roles, teams, tickets
from bot.store.tickets import OPEN

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from bot.config import Config
    from bot.store.database import Database
    from bot.store.hot import Connection
    from bot.store.jobs import Job
    from bot.store.tickets import Ticket

MINUTE = 60_000
STAGES = (0, 15 * MINUTE, 60 * MINUTE, 24 * 60 * MINUTE)
"""Milliseconds after the opening (or the first hour of duty): the team, its leads, the commune; then it ends."""


def carriers(database: Database, config: Config) -> dict[str, Callable[[Job, int], Awaitable[None]]]:
    """The kinds of jobs above."""

    async def look(job: Job, now: int) -> None:
        async with database.batch() as connection:
            ticket = await tickets.find(connection, job.payload["ticket"])
            await jobs.cancel(connection, [job.key])
            if ticket is None or ticket.state != OPEN:
                return
            stage = job.payload["stage"]
            if stage == len(STAGES) - 1:
                await _end(connection, ticket.id, call.NOBODY, now)
                return
            people = await _people(connection, ticket, stage)
            await jobs.add(connection, _told(ticket, people, now, stage))
            due = now + STAGES[stage + 1] - STAGES[stage]
            await jobs.add(connection, [call.watch(ticket.id, on_duty(due, config), stage + 1)])

    async def silence(job: Job, now: int) -> None:
        async with database.batch() as connection:
            await jobs.cancel(connection, [job.key])
            await _end(connection, job.payload["ticket"], call.QUIET, now)

    return {call.WATCH: look, call.SILENCE: silence}


async def _end(connection: Connection, ticket: int, how: str, now: int) -> None:
    """Close a call in which nothing happens; everybody in it hears so."""
    sides = await tickets.sides(connection, ticket)
    if await tickets.close(connection, ticket, how, now):
        posts = [call.notice(side, "help.over", ticket, how=how) for side in sides]
        await jobs.add(connection, [post.job(ticket, now) for post in posts])


async def told(connection: Connection, ticket: Ticket, besides: str) -> list[tuple[str, str]]:
    """Who may be told of a call that waits again: everybody on duty, but not who has just had it."""
    return [(person, chat) for person, chat in await _people(connection, ticket, 0) if person != besides]


async def _people(connection: Connection, ticket: Ticket, stage: int) -> list[tuple[str, str]]:
    """(person, chat) of those whose turn it is to hear of it, and who still may."""
    if stage == 0:
        found = await tickets.on_duty(connection, ticket.team)
    elif stage == 1:
        held = await roles.of_team(connection, ticket.team)
        found = [(each.person, chat_of(each.person)) for each in held if each.grant.role is Role.LEAD]
    else:
        team = await teams.find(connection, ticket.team)
        place = team.place if team else ""
        above = [place, place.partition("/")[0]] if "/" in place else [place]
        admins = [await roles.of_place(connection, Role.COMMUNE_ADMIN, each) for each in above]
        held = next(filter(None, admins), [])
        found = [(each.person, chat_of(each.person)) for each in held]
    may = [await rights.has(connection, person, Right.SEE_QUEUE, team=ticket.team) for person, _ in found]
    return [each for each, is_allowed in zip(found, may, strict=True) if is_allowed and each[0] != ticket.person]


def chat_of(person: str) -> str:
    """The chat of the phone a person has: "web:1f3a/2" -> "web:1f3a"."""
    return person.partition("/")[0]


def _told(ticket: Ticket, people: Iterable[tuple[str, str]], now: int, stage: int) -> list[Job]:
    says = card(ticket) | {"late": stage > 0}
    return [Notice(chat, person, "help.waiting", says).job(ticket.id, now) for person, chat in people]


def card(ticket: Ticket) -> dict[str, object]:
    """What is said of a call."""
    return {"ticket": ticket.id, "guide": ticket.guide, "step": ticket.step, "place": ticket.place, **ticket.about}
