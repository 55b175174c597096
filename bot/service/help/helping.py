"""The helper's side of calls for help: being on duty, the queue, taking a call, passing it on, ending it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jinja2 import UndefinedError

from bot.people.role import Right
from bot.service import rights
from bot.service.errand import Notice
from bot.service.help import call, ending, relay
from bot.service.help.call import notice, ticket_of
from bot.service.help.watch import card, told
from bot.store import marks, teams, tickets
from bot.store.tickets import CLAIMED, Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk
    from bot.store.hot import Connection
    from bot.store.tickets import Ticket

LESSON = "volunteer-first-day"
"""The guide whose quiz a helper has passed."""

MOST_WAITING = 5
"""Calls in one list."""

SECOND = "second"
"""In `Ticket.about`: another helper has been asked for, and nobody has come yet."""

CANNED = ("hello", "slowly", "no_code", "where", "done")
"""Replies that are ready: blocks of _bot/help_replies.j2."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Somebody is there for calls from now on, or no more."""

    team: str
    on: bool

    async def run(self, desk: Desk) -> Reply:
        """Only who has learnt how."""
        talk, connection, person = desk.talk(), desk.connection, desk.talk().chat.person
        if not self.on:
            await tickets.go_off_duty(connection, person)
            talk.tell("help.off_duty", "team")
        elif not await has_learnt(desk):
            talk.tell("help.learn_first", f"open:{LESSON}", "team")
        elif not await rights.use(connection, person, Right.SEE_QUEUE, talk.at, team=self.team, what="duty"):
            talk.tell("team.not_allowed", "home")
        else:
            await tickets.go_on_duty(connection, person, talk.chat.key, self.team, talk.at)
            talk.tell("help.on_duty", f"queue:{self.team}", f"duty_off:{self.team}")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Absent:
    """Somebody who helps has blocked the bot: they cannot be told of calls."""

    async def run(self, desk: Desk) -> None:
        """Off duty, without a word."""
        await tickets.go_off_duty(desk.connection, desk.talk().chat.person)


@dataclass(frozen=True, slots=True)
class Queue:
    """The calls that wait in a team."""

    team: str

    async def run(self, desk: Desk) -> Reply:
        """The longest first."""
        talk, connection = desk.talk(), desk.connection
        if not await rights.use(connection, talk.chat.person, Right.SEE_QUEUE, talk.at, team=self.team):
            talk.tell("team.not_allowed", "home")
        elif waiting := [t for t in await tickets.waiting(connection, self.team) if t.person != talk.chat.person]:
            claims = [f"claim:{each.id}|{_label(talk, each)}" for each in waiting[:MOST_WAITING]]
            talk.tell("help.queue", *claims, "team", count=str(len(waiting)))
        else:
            talk.tell("help.queue", f"queue:{self.team}", "team", count="")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Claim:
    """A helper takes a call; `second`: joins one that another helper has."""

    ticket: int
    second: bool = False

    async def run(self, desk: Desk) -> Reply:
        """One is the first, all others hear that it is taken."""
        talk, connection = desk.talk(), desk.connection
        chat = talk.chat
        ticket = await tickets.find(connection, self.ticket)
        if ticket is None or not await rights.use(
            connection, chat.person, Right.TAKE_TICKET, talk.at, team=ticket.team, what=f"ticket {self.ticket}"
        ):
            talk.tell("team.not_allowed", "home")
        elif not await has_learnt(desk):
            talk.tell("help.learn_first", f"open:{LESSON}", "team")
        elif ticket.person == chat.person or ticket_of(chat):
            talk.tell("help.busy", f"queue:{ticket.team}", helps="1" if call.is_helped(chat) else "")
        elif not await (_join if self.second else tickets.claim)(connection, ticket.id, talk.at):
            talk.tell("help.taken", f"queue:{ticket.team}", "team")
        else:
            await self._begin(desk, talk, ticket)
        return talk.reply()

    async def _begin(self, desk: Desk, talk: Talk, ticket: Ticket) -> None:
        chat = talk.chat
        others = await tickets.sides(desk.connection, ticket.id)
        await tickets.join(desk.connection, Side(ticket.id, chat.person, chat.key))
        desk.work.cancelled.add(call.watch_key(ticket.id))
        desk.work.put(call.silence(ticket.id, talk.at))
        team = await teams.find(desk.connection, ticket.team)
        for side in others:
            says = {"team": team.name if team else "", "second": self.second}
            desk.work.post(notice(side, "help.joined", ticket.id, **says))
        talk.chat = replace(chat, mode=call.mode(ticket.id))
        values = on_card(talk, card(ticket))
        values["notes"] = notes(talk, ticket.guide, ticket.step)
        offers = [f"reply:{ticket.id}.{name}|{_reply(talk, name)}" for name in CANNED[:2]]
        offers += [f"help_solved:{ticket.id}", f"help_more:{ticket.id}"]
        talk.tell("help.claimed", *offers, **values)


@dataclass(frozen=True, slots=True)
class PassOn:
    """The helper cannot go on: the call waits for somebody else. `second`: they stay, and somebody else joins."""

    ticket: int
    second: bool = False

    async def run(self, desk: Desk) -> Reply:
        """Everybody else on duty is told."""
        talk, connection = desk.talk(), desk.connection
        person = talk.chat.person
        ticket = await tickets.find(connection, self.ticket)
        sides = await tickets.sides(connection, self.ticket)
        own = any(side.person == person and not side.asks for side in sides)
        if ticket is None or ticket.state != CLAIMED or not own:
            talk.tell("help.ended")
            talk.go_on()
            return talk.reply()
        if not await rights.use(
            connection, person, Right.PASS_ON, talk.at, team=ticket.team, what=f"ticket {ticket.id}"
        ):
            await ending.step_out(desk, ticket.id, person)
            ending.over(talk)
            return talk.reply()
        says = card(ticket) | {"late": False, "second": self.second}
        for each, chat in await told(connection, ticket, person):
            desk.work.post(Notice(chat, each, "help.waiting", says))
        if self.second:
            await tickets.describe(connection, ticket, ticket.about | {SECOND: True})
            talk.tell("help.second_asked")
        else:
            await ending.step_out(desk, ticket.id, person, stage=1)
            ending.came_back(talk, "help.passed_on")
        return talk.reply()


def is_waiting(talk: Talk, says: Mapping[str, Any]) -> None:
    """Somebody calls for help. Who is helping at this moment is not disturbed."""
    if ticket_of(talk.chat):
        return
    claim = "claim_second" if says.get("second") else "claim"
    talk.tell(
        "help.waiting", f"{claim}:{says['ticket']}", "team", **on_card(talk, says), late="1" if says["late"] else ""
    )


def more(talk: Talk, ticket: str) -> None:
    """What else a helper can do."""
    replies = [f"reply:{ticket}.{name}|{_reply(talk, name)}" for name in CANNED[2:]]
    talk.tell("help.more", *replies, f"help_pass:{ticket}", f"help_second:{ticket}", f"help_abuse:{ticket}")


def reply(talk: Talk, about: str) -> None:
    """A reply that is ready goes to the person, in the helper's name."""
    ticket, _, name = about.partition(".")
    if name in CANNED and talk.chat.mode == call.mode(int(ticket)):
        talk.errands.append(relay.Say(int(ticket), _reply(talk, name), ready=True))
        talk.tell("help.replied", words=_reply(talk, name))
    else:
        talk.go_on()


async def _join(connection: Connection, id_: int, _now: int) -> bool:
    """Come into a call where another helper is asked for. False: nobody is, or somebody was quicker."""
    ticket = await tickets.find(connection, id_)
    if ticket is None or ticket.state != CLAIMED or not ticket.about.get(SECOND):
        return False
    return await tickets.describe(connection, ticket, ticket.about | {SECOND: False})


async def has_learnt(desk: Desk) -> bool:
    """Whether this person has once passed the quiz of the first day; where the guide is not in service nobody need."""
    if LESSON not in desk.work.house.flows:
        return True
    learnt = await marks.of_person(desk.connection, desk.talk().chat.person)
    return LESSON in learnt and learnt[LESSON].passed_at > 0


def _reply(talk: Talk, name: str) -> str:
    words = talk.house.speaker(talk.chat).address.words
    return str(talk.house.library.phrase(talk.chat.language, "_bot/help_replies", name, words))


def on_card(talk: Talk, says: Mapping[str, Any]) -> dict[str, str]:
    """What a card says of a call, in the helper's language."""
    place = talk.house.places.places.get(says["place"])
    speaker = talk.house.speaker(talk.chat)
    title = speaker.title(says["guide"]) if says["guide"] in talk.house.flows else says["title"]
    step, total = says["at"] or ("", "")
    return {
        "title": title,
        "head": says["head"],
        "step": str(step),
        "total": str(total),
        "tried": ", ".join(says["tried"]),
        "called": says["called"],
        "place": place.title if place else "",
    }


def _label(talk: Talk, ticket: Ticket) -> str:
    said = on_card(talk, card(ticket))
    return " · ".join(filter(None, (said["called"], said["title"])))


def notes(talk: Talk, guide: str, name: str) -> str:
    """What the guide tells a helper about this step."""
    flow = talk.house.flows.get(guide)
    step = flow.steps.get(name) if flow else None
    library, language = talk.house.library, talk.chat.language
    if step is None or not library.has(language, step.text, "helper"):
        return ""
    try:
        return library.piece(language, step.text, "helper", talk.house.speaker(talk.chat).address.words)
    except (UndefinedError, TypeError, LookupError):  # it speaks of what the person has answered
        return ""
