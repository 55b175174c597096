"""The last month of a place, for who looks after it: the totals of `bot report`, in the chat.

A month that is not over is not told: who looks every day would see what one day has added.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.engine.event import local_day
from bot.people.place import province_of
from bot.people.role import Right
from bot.service import rights, tally
from bot.service.errand import Notice
from bot.store import jobs, teams
from bot.store.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import date

    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk
    from bot.store.database import Database

KIND = "month"

WORDS = "_bot/digest"

COLUMNS = ("helped", "done", "calls", "started", "finished")

MOST_GUIDES = 10
"""Guides in one message, those with the most people helped."""


@dataclass(frozen=True, slots=True)
class Month:
    """The place a team belongs to, last month."""

    team: str

    async def run(self, desk: Desk) -> Reply:
        """It takes a while to count: the answer comes as a notice."""
        talk = desk.talk()
        chat, at, right = talk.chat, talk.at, Right.SEE_COMMUNE_COUNTS
        if not await rights.use(desk.connection, chat.person, right, at, team=self.team, what="month"):
            talk.tell("team.not_allowed", "home")
        else:
            asked = {"team": self.team, "person": chat.person, "chat": chat.key}
            desk.work.put(Job(f"{KIND}:{chat.person}", "", at, asked, KIND))
            talk.tell("campaign.counting")
        return talk.reply()


def carriers(database: Database) -> dict[str, Callable[[Job, int], Awaitable[None]]]:
    """Due work: somebody waits for the numbers of their place."""

    async def tell(job: Job, now: int) -> None:
        asked = job.payload
        first, last = last_month(local_day(now))
        async with database.read() as connection:
            team = await teams.find(connection, asked["team"])
            place = team.place if team is not None else ""
            facts = await tally.of_place(connection, place, first, last) if place else None
        says = {"team": asked["team"], "place": place, "month": f"{first:%m/%Y}", "rows": [], "total": []}
        if facts is not None:
            grids = tally.of_area(facts, parted=place == province_of(place))  # as in the report: it hides the same
            sheet = tally.sheets(grids, COLUMNS, hides=True)[0]
            says |= {"rows": sheet.rows[:MOST_GUIDES], "total": sheet.total}
        async with database.write() as connection:
            await jobs.cancel(connection, [job.key])
            await jobs.add(connection, [Notice(asked["chat"], asked["person"], "month.told", says).job(0, now)])

    return {KIND: tell}


def told(talk: Talk, says: Mapping[str, Any]) -> None:
    """The numbers, in the chat of who asked for them."""
    house, language = talk.house, talk.chat.language
    hidden = house.library.piece(language, WORDS, "hidden", {})

    def line(name: str, numbers: list[int | None]) -> str:
        shown = {column: hidden if n is None else str(n or "") for column, n in zip(COLUMNS, numbers, strict=True)}
        return house.library.piece(language, WORDS, "month_line", {"name": name, **shown})

    place = house.places.places.get(says["place"])
    rows = [(name, numbers) for name, numbers in says["rows"] if any(number != 0 for number in numbers)]
    speaker = house.speaker(talk.chat)
    lines = [line(speaker.title(name) if name in house.flows else "", numbers) for name, numbers in rows]
    total = line("", says["total"]) if rows else ""
    values = {"month": says["month"], "place": place.title if place else "", "lines": "\n".join(lines), "total": total}
    talk.tell("digest.month", f"team:{says['team']}", "home", **values)


def last_month(today: date) -> tuple[date, date]:
    """The first and the last day of the month before."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last
