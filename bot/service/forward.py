"""Passing a guide on: “Gửi cho…”, the link that it makes, and what happens to who opens one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.capability import CAPABILITIES
from bot.engine.effect import Note
from bot.flow.model import QUESTIONS
from bot.people import link as codes
from bot.people.link import Link
from bot.people.role import Right
from bot.service import credit, rights
from bot.store import audit, keys, links, roles, teams

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.service.errand import Desk
    from bot.service.house import House
    from bot.service.talk import Reply, Talk
    from bot.store.hot import Connection

HOUR = 3_600_000

MOST_AN_HOUR = 60
"""Links of a team that one person makes in an hour: a stolen phone makes no flood."""


class TooMany(Exception):
    """This person has passed on as much as one does in an hour."""


@dataclass(frozen=True, slots=True)
class Come:
    """Somebody has opened a link."""

    code: str

    async def run(self, desk: Desk) -> Reply:
        """Open what it leads to; whose link it was is remembered for some days."""
        talk, connection = desk.talk(), desk.connection
        link = await look(connection, self.code)
        if link is None or link.guide not in talk.house.flows:
            talk.tell("forward.lost")
            talk.home()
            return talk.reply()
        if await _is_counted(connection, link, talk.chat.person):
            talk.chat = credit.marked(talk.chat, link, talk.at)
            talk.notes.append((link.guide, Note(credit.CAME, link.step)))
        talk.open(link.guide, link.step)
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Send:
    """Somebody wants to pass a place on: "eid-activate", "eid-activate__open_app"."""

    place: str

    async def run(self, desk: Desk) -> Reply:
        """A message that can be passed on as it is, then how that is done."""
        talk = desk.talk()
        beside = "stay" if talk.flow else "home"
        link = codes.place(self.place)
        if link is None or link.guide not in talk.house.flows:  # a button of a guide that is gone
            talk.tell("gone")
            talk.go_on()
            return talk.reply()
        try:
            link = replace(link, team=await in_whose_name(desk, link.guide))
        except TooMany:
            talk.tell("forward.too_many", beside)
            return talk.reply()
        code = await code_of(desk.connection, link, talk.at)
        talk.tell("forward.card", **about(talk.house, talk.chat.language, link.guide), code=code)
        can = CAPABILITIES.get(talk.chat.channel)
        shares = can is not None and can.shares
        offers = [f"send:{self.place}"] if shares else []
        offers += [f"handout:{link.guide}"] if talk.chat.helps else []
        talk.tell("forward.how", *offers, beside, shares="1" if shares else "")
        return talk.reply()


def send(talk: Talk, place: str) -> None:
    """Pass on this place, or where the person is; at home they choose first."""
    if place or (place := _here(talk)):
        talk.errands.append(Send(place))
    else:
        choose(talk)


def choose(talk: Talk, about: str = "") -> None:
    """The guides to choose from: behind "/" stands a chapter."""
    speaker = talk.house.speaker(talk.chat)
    offers = []
    for answer in talk.house.chapter(about.removeprefix("/")) or talk.house.menu:
        kind, _, name = answer.partition(":")
        way = f"forward:/{name}" if kind == "chapter" else f"send:{name}"
        offers.append(f"{way}|{speaker.label(None, '', answer)}")
    talk.tell("forward.which", *offers, "stay" if talk.flow else "home")


def about(house: House, language: str, guide: str) -> dict[str, str]:
    """A guide's title and what it is good for, to somebody of whom nothing is known."""
    words = house.library.language(language).address("").words
    return {block: house.library.phrase(language, f"{guide}/_guide", block, words) for block in ("title", "goal")}


async def look(connection: Connection, code: str) -> Link | None:
    """What a code says; None when it is nobody's, or too little of it is left. Of a forged one it says no team."""
    if codes.is_short(code):
        return await links.find(connection, code)
    return codes.read(await keys.signing(connection), code)


async def code_of(connection: Connection, link: Link, now: int) -> str:
    """The code of a link, at most 64 letters; the row of a short one is written where there is none."""
    [made] = await codes_of(connection, [link], now)
    return made


async def codes_of(connection: Connection, wanted: Iterable[Link], now: int) -> list[str]:
    """The same for several."""
    key = await keys.signing(connection)
    made = []
    for link in wanted:
        code = codes.code(key, link)
        if not code:
            code = codes.short(key, link)
            await links.keep(connection, code, link, now)
        made.append(code)
    return made


async def in_whose_name(desk: Desk, guide: str) -> str:
    """The team that somebody passes a guide on for, "" for none; the use of the right is written down.

    Raises TooMany.
    """
    connection, chat, at = desk.connection, desk.talk().chat, desk.incoming.at
    team = await team_of(connection, chat.person)
    if team and await audit.uses(connection, chat.person, Right.FORWARD.value, at - HOUR) >= MOST_AN_HOUR:
        raise TooMany
    may = bool(team) and await rights.use(connection, chat.person, Right.FORWARD, at, team=team, what=guide)
    return team if may else ""


async def team_of(connection: Connection, person: str) -> str:
    """The team somebody helps in, or ""."""
    return next((held.team for held in await roles.grants(connection, person) if held.role.of_team), "")


async def _is_counted(connection: Connection, link: Link, person: str) -> bool:
    """Whether the team is there, and it was not one of its own people who opened the link."""
    if not link.team:
        return False
    team = await teams.find(connection, link.team)
    return team is not None and not team.ended_at and await team_of(connection, person) != link.team


def _here(talk: Talk) -> str:
    """The place where the person is, "" at home. Who has just begun, or has ended, passes on the guide."""
    flow, session = talk.flow, talk.session
    if flow is None or session is None:
        return ""
    on_the_way = session.visits and not session.finished and flow.steps[session.step].kind in QUESTIONS
    return Link(flow.name, session.step if on_the_way else "").place
