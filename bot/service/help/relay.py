"""Two people talk through the bot: what one types the other reads, until one of them ends it.

Secrets never come here: the filter stands before. Each side is told when the other comes and goes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.service.errand import Notice
from bot.store import audit, jobs, tickets
from bot.store.tickets import CLAIMED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk
    from bot.store.tickets import Side, Ticket

MODE = "help"

SILENT = 30 * 60_000
"""Milliseconds after which a call ends by itself when nobody says anything."""

SOLVED, THANKS, LEFT, GONE, QUIET, ABUSE = "solved", "thanks", "left", "gone", "silent", "abuse"
"""How a call ends: the helper or the person says so, one of them leaves or cannot be reached, nobody speaks, misuse."""


@dataclass(frozen=True, slots=True)
class Say:
    """What somebody typed goes to everybody else in the call."""

    ticket: int
    words: str

    async def run(self, desk: Desk) -> Reply | None:
        """Pass it on; in a call that is over they hear so."""
        talk = desk.talk()
        sides = await tickets.sides(desk.connection, self.ticket)
        own = next((side for side in sides if side.person == talk.chat.person), None)
        if own is None:
            over(talk)
            return talk.reply()
        who = talk.house.speaker(talk.chat).address.label if own.asks else ""
        for side in sides:
            if side.person != own.person:
                desk.work.post(_notice(side, "help.said", self.ticket, words=self.words, who=who))
        desk.work.put(silence(self.ticket, talk.at))
        return None


@dataclass(frozen=True, slots=True)
class End:
    """One of them ends the call; with two helpers it goes on with the one who stays, unless it is solved."""

    ticket: int
    how: str

    async def run(self, desk: Desk) -> Reply | None:
        """Tell the others, and lead the person back to their step."""
        talk = desk.talk()
        own = await part(desk, self.ticket, talk.chat.person, self.how)
        came_back(talk, "help.ended" if own is None or own.asks else "help.thanked", self.ticket)
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Dropped:
    """Who has the phone is no more who was in the call: they blocked the bot, or gave the phone away."""

    ticket: int
    person: str

    async def run(self, desk: Desk) -> None:
        """The others hear that they are gone."""
        await part(desk, self.ticket, self.person, GONE)


def drop_out(talk: Talk) -> None:
    """The person will not be there any more: a call they are in is over."""
    name, _, ticket = talk.chat.mode.partition(":")
    if name == MODE:
        talk.errands.append(Dropped(int(ticket), talk.chat.person))
    talk.chat = replace(talk.chat, mode="")


async def part(desk: Desk, ticket: int, person: str, how: str) -> Side | None:
    """Somebody ends the call, or only leaves it where another helper stays. Who they were in it; None: nobody."""
    sides = await tickets.sides(desk.connection, ticket)
    own = next((side for side in sides if side.person == person), None)
    others = [side for side in sides if side is not own]
    if own is None:
        return None
    if own.asks or how in {SOLVED, ABUSE} or all(side.asks for side in others):
        await end(desk, ticket, how, others)
    else:
        await tickets.leave(desk.connection, ticket, person)
        for side in others:
            desk.work.post(_notice(side, "help.one_left", ticket))
    return own


async def end(desk: Desk, ticket: int, how: str, others: list[Side]) -> None:
    """Close a call and tell the others."""
    at = desk.incoming.at
    await tickets.close(desk.connection, ticket, how, at)
    desk.work.cancelled |= {silence_key(ticket), watch_key(ticket)}
    found = await tickets.find(desk.connection, ticket)
    team, place = (found.team, found.place) if found else ("", "")
    await audit.add(desk.connection, [audit.Entry(at, desk.talk().chat.person, "end_help", team, place, how)])
    for side in others:
        desk.work.post(_notice(side, "help.over", ticket, how=how))


def typed(talk: Talk, about: str, text: str) -> bool:
    """What is typed during a call. A photo and the like cannot be passed on: said kindly."""
    if text:
        talk.errands.append(Say(int(about), text))
    else:
        talk.tell("help.words_only")
    return True


def said(talk: Talk, says: Mapping[str, Any]) -> None:
    """The other side has typed something."""
    if _is_in(talk, says):
        talk.tell("help.said", who=says["who"], words=says["words"])


def is_over(talk: Talk, says: Mapping[str, Any]) -> None:
    """The other side has ended it."""
    if _is_in(talk, says):
        came_back(talk, "help.over", says["ticket"], how=says["how"])


def one_left(talk: Talk, says: Mapping[str, Any]) -> None:
    """One of two helpers is gone."""
    if _is_in(talk, says):
        talk.tell("help.one_left")


def over(talk: Talk) -> None:
    """The call is no more: words go to the guides again."""
    came_back(talk, "help.ended", 0)


def came_back(talk: Talk, sentence: str, ticket: int, **values: str) -> None:
    """Out of the call, at the very step where it began."""
    if ticket and talk.chat.mode != mode(ticket):
        return
    talk.chat = replace(talk.chat, mode="")
    talk.tell(sentence, **values)
    talk.go_on()


def mode(ticket: int) -> str:
    """What `Chat.mode` is during a call."""
    return f"{MODE}:{ticket}"


def silence(ticket: int, at: int) -> jobs.Job:
    """What ends a call in which nobody speaks."""
    return jobs.Job(silence_key(ticket), "", at + SILENT, {"ticket": ticket}, "help_silence")


def silence_key(ticket: int) -> str:
    """Of that job."""
    return f"help_silence:{ticket}"


def watch_key(ticket: int) -> str:
    """Of the job that looks after a call nobody has taken."""
    return f"help:{ticket}"


def is_going_on(ticket: Ticket | None) -> bool:
    """Whether somebody has taken it and it is not over."""
    return ticket is not None and ticket.state == CLAIMED


def _is_in(talk: Talk, says: Mapping[str, Any]) -> bool:
    return talk.chat.mode == mode(says["ticket"])


def _notice(side: Side, kind: str, ticket: int, **says: Any) -> Notice:
    return Notice(side.chat, side.person, kind, {"ticket": ticket, **says})
