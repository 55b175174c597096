"""How a call for help ends, or goes on with somebody else; the person stands at the step where it began."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.service.help.call import (
    ABUSE,
    GONE,
    REVOKED,
    SOLVED,
    THANKS,
    in_call,
    notice,
    out_of_it,
    silence_key,
    ticket_of,
    watch,
    watch_key,
)
from bot.store import audit, tickets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk
    from bot.store.tickets import Side


@dataclass(frozen=True, slots=True)
class End:
    """Somebody says that it is over. `how` "": solved if a helper says so, else with thanks."""

    ticket: int
    how: str = ""

    async def run(self, desk: Desk) -> Reply | None:
        """Tell the others, and lead the person back to their step."""
        talk = desk.talk()
        own = await part(desk, self.ticket, talk.chat.person, self.how)
        if ticket_of(talk.chat) == self.ticket:
            talk.chat = out_of_it(talk.chat)
        _back(talk, "help.ended" if own is None or own.asks else "help.thanked")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Dropped:
    """Who has the phone is no more who was in the call: they blocked the bot, left the team, gave the phone away."""

    ticket: int
    person: str

    async def run(self, desk: Desk) -> None:
        """The others hear that they are gone."""
        await part(desk, self.ticket, self.person, GONE)


def drop_out(talk: Talk) -> None:
    """Who has the phone will not be there any more: their part in a call is over."""
    if ticket := ticket_of(talk.chat):
        talk.errands.append(Dropped(ticket, talk.chat.person))
    talk.chat = out_of_it(talk.chat)


async def part(desk: Desk, ticket: int, person: str, how: str) -> Side | None:
    """Somebody ends the call; a helper who only leaves it leaves it to others. Who they were in it; None: nobody."""
    sides = await tickets.sides(desk.connection, ticket)
    own = next((side for side in sides if side.person == person), None)
    if own is None:
        return None
    how = how or (THANKS if own.asks else SOLVED)
    if own.asks or how in {SOLVED, ABUSE}:
        await end(desk, ticket, how, [side for side in sides if side is not own])
    else:
        await step_out(desk, ticket, person)
    return own


async def step_out(desk: Desk, ticket: int, helper: str, stage: int = 0) -> None:
    """A helper is in the call no more. Another one goes on with it; else it waits again, watched from that stage on."""
    await tickets.leave(desk.connection, ticket, helper)
    left = await tickets.sides(desk.connection, ticket)
    if any(not side.asks for side in left):
        for side in left:
            desk.work.post(notice(side, "help.one_left", ticket))
        return
    await tickets.reopen(desk.connection, ticket)
    desk.work.put(watch(ticket, desk.incoming.at, stage))
    desk.work.cancelled.add(silence_key(ticket))
    for side in left:
        desk.work.post(notice(side, "help.waits_again", ticket))


async def end(desk: Desk, ticket: int, how: str, others: list[Side]) -> None:
    """Close a call and tell the others."""
    at = desk.incoming.at
    await tickets.close(desk.connection, ticket, how, at)
    desk.work.cancelled |= {silence_key(ticket), watch_key(ticket)}
    found = await tickets.find(desk.connection, ticket)
    team, place = (found.team, found.place) if found else ("", "")
    await audit.add(desk.connection, [audit.Entry(at, desk.talk().chat.person, "end_help", team, place, how)])
    for side in others:
        desk.work.post(notice(side, "help.over", ticket, how=how))


def is_over(talk: Talk, says: Mapping[str, Any]) -> None:
    """The other side has ended it, or it has ended for this helper alone."""
    if ticket_of(talk.chat) == says["ticket"]:
        came_back(talk, "help.over", how=says["how"])
    elif talk.chat.mode and not ticket_of(talk.chat):  # their words go elsewhere, and may go on doing so
        talk.tell("help.over", how=says["how"])


def one_left(talk: Talk, says: Mapping[str, Any]) -> None:
    """One of two helpers is gone."""
    if in_call(talk, says, one_left):
        talk.tell("help.one_left")


def over(talk: Talk) -> None:
    """The call is no more: words go to the guides again."""
    came_back(talk, "help.ended")


def came_back(talk: Talk, sentence: str, **values: str) -> None:
    """Out of the call, at the very step where it began."""
    talk.chat = out_of_it(talk.chat)
    _back(talk, sentence, **values)


def _back(talk: Talk, sentence: str, **values: str) -> None:
    """Says it, and shows the step where it began. Who helps and stood at none goes on with the team."""
    if talk.chat.helps and (talk.session is None or talk.session.finished):
        talk.tell(sentence, "team", "home", **values)
        return
    talk.tell(sentence, **values)
    talk.go_on()


async def revoked(desk: Desk, ticket: int, side: Side) -> None:
    """A helper's right is gone: nothing of the call reaches them from now on."""
    await step_out(desk, ticket, side.person)
    if side.person != desk.talk().chat.person:
        desk.work.post(notice(side, "help.over", ticket, how=REVOKED))
