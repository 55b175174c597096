"""How far a campaign is: for a team in its menu, for everybody who runs the bot by `bot campaign`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.engine.event import local_day
from bot.people.count import TOLD
from bot.people.place import is_under
from bot.people.role import Right
from bot.people.small import LEAST
from bot.service import rights, tally
from bot.service.errand import Notice
from bot.store import jobs, teams
from bot.store.counts import ENDED
from bot.store.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.people.campaign import Campaign, Measure
    from bot.people.team import Team
    from bot.service.errand import Desk
    from bot.service.house import House
    from bot.service.talk import Reply, Talk
    from bot.service.tally import Facts
    from bot.store.database import Database

KIND = "targets"

WORDS = "_bot/campaign"

MOST_SHOWN = 20
"""Targets in one message."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a measure is at a place or a team: so many of so many; `of` is how many people there are (0: unknown)."""

    measure: Measure
    where: str
    is_team: bool
    number: int
    target: int
    of: int = 0

    @property
    def shown(self) -> int | None:
        """What is shown: of a place its fives (23 is 20), None for one to four people.

        A team knows its own number, and a province that of its communes: what is left would be somebody's.
        """
        if self.is_team or not self.number:
            return self.number
        return self.number - self.number % LEAST or None


def reached(measure: Measure, facts: Facts, place: str) -> int:
    """People of a place: who came to the end by themselves, and who was helped without the bot and is done.

    Who was walked through in helper mode has come to the end themselves.
    """
    by_themselves = sum(
        event.number
        for event in facts.events
        if event.what == ENDED
        and event.guide in measure.guides
        and event.answer in measure.ends
        and is_under(event.place, place)
    )
    return by_themselves + sum(
        each.number
        for each in facts.helped
        if each.how == TOLD and each.result == "done" and each.guide in measure.guides and is_under(each.place, place)
    )


def reached_by(measure: Measure, facts: Facts, team: str) -> int:
    """People a team has brought to the end: helped, in helper mode too, or come by its links."""
    helped = (each for each in facts.helped if each.team == team and each.result == "done")
    came = (number for code, guide, what, number in facts.links if code == team and what == "finished"
            and guide in measure.guides)  # fmt: skip
    return sum(each.number for each in helped if each.guide in measure.guides) + sum(came)


def progress(campaign: Campaign, facts: Facts, of_team: Facts) -> Iterable[Progress]:
    """Every target of a campaign, in the order of its file; what teams did stands in `of_team`."""
    for measure in campaign.measures:
        for place, target in measure.places.items():
            number = reached(measure, facts, place)
            yield Progress(measure, place, is_team=False, number=number, target=target, of=measure.of.get(place, 0))
        for team, target in measure.teams.items():
            yield Progress(measure, team, is_team=True, number=reached_by(measure, of_team, team), target=target)


def running(house: House, at: int) -> list[Campaign]:
    """The campaigns of today."""
    today = local_day(at)
    return [each for each in house.campaigns if each.first <= today <= each.last]


@dataclass(frozen=True, slots=True)
class Targets:
    """How far the team, and the place it belongs to, are in the campaigns of today."""

    team: str

    async def run(self, desk: Desk) -> Reply:
        """It takes a while to count: the answer comes as a notice."""
        talk = desk.talk()
        chat, at = talk.chat, talk.at
        may = Right.SEE_TEAM_COUNTS
        if not await rights.use(desk.connection, chat.person, may, at, team=self.team, what="targets"):
            talk.tell("team.not_allowed", "home")
        elif not running(talk.house, at):
            talk.tell("campaign.none", f"team:{self.team}", "home")
        else:
            asked = {"team": self.team, "person": chat.person, "chat": chat.key}
            desk.work.put(Job(f"{KIND}:{chat.person}", "", at, asked, KIND))
            talk.tell("campaign.counting")
        return talk.reply()


def carriers(database: Database, house: Callable[[], House]) -> dict[str, Callable[[Job, int], Awaitable[None]]]:
    """Due work: somebody waits for the numbers of their team."""

    async def tell(job: Job, now: int) -> None:
        asked = job.payload
        async with database.read() as connection:
            team = await teams.find(connection, asked["team"])
            found = await _of_team(connection, house(), team, now) if team is not None else []
        async with database.write() as connection:
            await jobs.cancel(connection, [job.key])
            says = {"team": asked["team"], "targets": found}
            await jobs.add(connection, [Notice(asked["chat"], asked["person"], "campaign.progress", says).job(0, now)])

    return {KIND: tell}


async def _of_team(connection: AsyncConnection, house: House, team: Team, now: int) -> list[dict[str, Any]]:
    """The targets of a team and of the places it lies in."""
    found: list[dict[str, Any]] = []
    for campaign in running(house, now):
        wheres = {each for measure in campaign.measures for each in measure.places if is_under(team.place, each)}
        theirs = any(team.code in measure.teams for measure in campaign.measures)
        if not wheres and not theirs:
            continue
        last = min(campaign.last, local_day(now))
        of_team = await tally.of_team(connection, team, campaign.first, last)
        of_place = await tally.of_place(connection, min(wheres, default=team.place), campaign.first, last)
        head = {"campaign": campaign.name, "until": f"{campaign.last:%d/%m/%Y}"}
        for each in progress(campaign, of_place, of_team):
            if each.where == team.code if each.is_team else each.where in wheres:
                place = house.places.places.get(each.where)
                where = place.title if place and not each.is_team else ""
                said = {"name": each.measure.name, "where": where, "number": each.shown, "target": each.target}
                found.append({**said, "of": each.of, **head})
                head = {"campaign": "", "until": ""}
    return found[:MOST_SHOWN]


def told(talk: Talk, says: Mapping[str, Any]) -> None:
    """The numbers, in the chat of who asked for them."""
    words = talk.house.speaker(talk.chat).address.words
    lines = [
        talk.house.library.piece(talk.chat.language, WORDS, "target", {**words, **each}) for each in says["targets"]
    ]
    told = "campaign.progress" if lines else "campaign.none"
    talk.tell(told, f"team:{says['team']}", "home", lines="\n".join(lines))
