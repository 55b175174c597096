"""The person's side of a call for help: the offer, where they live, the call itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jinja2 import UndefinedError

from bot.engine import path
from bot.engine.effect import Show
from bot.engine.event import local_time
from bot.people.find import says_unknown
from bot.people.role import Right
from bot.service import rights
from bot.service.help import call
from bot.service.help.call import in_call, ticket_of, watch
from bot.service.quiet import on_duty
from bot.store import teams, tickets
from bot.store.tickets import OPEN, Side, Ticket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.people.team import Team
    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk

MODE = "place"
"""While it waits for the name of a commune."""

NOWHERE = "?"
"""In `Chat.place`: the person does not know, or does not want to say."""

DAY = 24 * 3_600_000
MOST_A_DAY = 3
"""Calls of one person in 24 hours."""

ABUSED = 7 * DAY
"""How long somebody is not offered help who misused it."""

MOST_TRIED, MOST_PLACES = 4, 3


@dataclass(frozen=True, slots=True)
class Offer:
    """The person wants a human: is there a team that may help here and now?"""

    async def run(self, desk: Desk) -> Reply | None:
        """Ask for consent in one tap. Where there is no team, the telephone number has to do."""
        talk, connection = desk.talk(), desk.connection
        if ticket := ticket_of(talk.chat):
            is_called(talk, ticket)
            return talk.reply()
        if not await teams.any_serves(connection) or not await _may_call(desk, talk):
            return None
        desk.work.take_back(desk.incoming)  # this says all that was said
        talk.tell("help.offer", "call_help", "sit_beside", "stay" if talk.flow else "home")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Call:
    """The person agrees: a helper may see where they are."""

    async def run(self, desk: Desk) -> Reply | None:
        """Ask once where they live; then open the call."""
        talk, connection = desk.talk(), desk.connection
        chat = talk.chat
        if ticket := ticket_of(chat):
            is_called(talk, ticket)
            return talk.reply()
        if not await _may_call(desk, talk):
            talk.tell("human", "stay" if talk.flow else "home")
            return talk.reply()
        if not chat.place:
            ask_place(talk)
            return talk.reply()
        team = await _team(desk, chat.place)
        if team is None:
            talk.tell("help.nobody", "stay" if talk.flow else "home")
            return talk.reply()
        about = where(talk)
        step = talk.session.step if talk.flow and talk.session else ""
        opened = Ticket(0, chat.person, chat.key, team.code, chat.place, chat.flow, step, about, OPEN, talk.at)
        id_ = await tickets.add(connection, opened)
        await tickets.join(connection, Side(id_, chat.person, chat.key, asks=True))
        opens = on_duty(talk.at, desk.work.config)
        desk.work.put(watch(id_, opens))
        talk.chat = replace(chat, mode=call.waiting(id_))
        when = local_time(opens).strftime("%H:%M, %d/%m") if opens > talk.at else ""
        talk.tell("help.called", f"help_end:{id_}", team=team.name, when=when)
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Lives:
    """The person has said where they live ("" for: not known)."""

    place: str

    async def run(self, desk: Desk) -> Reply | None:
        """Remember it and go on with the call."""
        place = self.place or NOWHERE
        key = desk.incoming.key
        chat = desk.work.chats[key]
        desk.work.chats[key] = replace(chat, place=place, mode="")
        return await Call().run(desk)


def is_called(talk: Talk, ticket: int) -> None:
    """Once is enough: somebody is there already, or will come."""
    talk.tell("help.already", f"help_end:{ticket}", waits="" if call.is_helped(talk.chat) else "1")


def ask_place(talk: Talk) -> None:
    """Where the person lives: typed, or not said."""
    talk.chat = replace(talk.chat, mode=MODE)
    talk.tell("help.place", "place:", "stay" if talk.flow else "home")


def place_typed(talk: Talk, _about: str, text: str) -> bool:
    """The name of a commune; one of several of that name is chosen by a button."""
    places = talk.house.places
    if not text:
        return False
    if says_unknown(text):
        talk.errands.append(Lives(""))
    elif place := places.sure(text):
        talk.errands.append(Lives(place.key))
    elif found := places.find(text)[:MOST_PLACES]:
        talk.tell("help.which_place", *(f"place:{each.key}|{each.title}" for each in found), "place:")
    elif talk.chat.misses:
        talk.chat = replace(talk.chat, misses=0)
        talk.errands.append(Lives(""))
    else:
        talk.tell("help.no_place", "place:")
        talk.chat = replace(talk.chat, misses=1)
    return True


def lives(talk: Talk, place: str) -> None:
    """A place was chosen by its button."""
    if talk.chat.mode == MODE:
        talk.errands.append(Lives(place))
    else:
        talk.go_on()


def joined(talk: Talk, says: Mapping[str, Any]) -> None:
    """A helper has come."""
    if in_call(talk, says, joined):
        talk.chat = replace(talk.chat, mode=call.mode(says["ticket"]))
        talk.tell("help.joined", f"help_end:{says['ticket']}", team=says["team"], second="1" if says["second"] else "")


def waits_again(talk: Talk, says: Mapping[str, Any]) -> None:
    """The helper has passed it on, or is gone: somebody else will come."""
    if in_call(talk, says, waits_again):
        talk.chat = replace(talk.chat, mode=call.waiting(says["ticket"]))
        talk.tell("help.waits_again", f"help_end:{says['ticket']}")


async def _may_call(desk: Desk, talk: Talk) -> bool:
    """Not too often, and not after misuse."""
    earlier = await tickets.of_person(desk.connection, talk.chat.person, talk.at - ABUSED)
    today = [ticket for ticket in earlier if ticket.opened_at > talk.at - DAY]
    return len(today) < MOST_A_DAY and not any(ticket.how == call.ABUSE for ticket in earlier)


async def _team(desk: Desk, place: str) -> Team | None:
    """Whom the call is for: of the teams that serve the place one with somebody on duty, else the first."""
    connection = desk.connection
    serving = await teams.serving(connection, "" if place == NOWHERE else place)
    for team in serving or await teams.anywhere(connection):
        for person, _ in await tickets.on_duty(connection, team.code):
            if await rights.has(connection, person, Right.SEE_QUEUE, team=team.code):
                return team
    return serving[0] if serving else None


def where(talk: Talk) -> dict[str, Any]:
    """What a helper may see: the guide, the step, what was tried, how to address the person. Nothing they typed."""
    flow, session, speaker = talk.flow, talk.session, talk.house.speaker(talk.chat)
    about: dict[str, Any] = {"called": speaker.called, "title": "", "head": "", "tried": [], "at": None}
    if flow is None or session is None:
        return about
    about["title"] = speaker.title(flow.name)
    about["at"] = path.progress(flow, session.visits, session.step)
    try:
        about["head"] = speaker.show(flow, session, Show(session.step), talk.at, aloud=True).head
    except (UndefinedError, TypeError):  # a sentence that computes with what is left out
        about["head"] = ""
    stuck = [visit for visit in session.visits if str(visit.answer).startswith(path.STUCK)]
    tried = (speaker.label(flow, visit.step, str(visit.answer)) for visit in stuck if visit.step in flow.steps)
    about["tried"] = list(dict.fromkeys(tried))[-MOST_TRIED:]
    return about
