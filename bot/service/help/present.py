"""Who is in a call at this moment: looked up anew for everything that is passed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.people.role import Right
from bot.service import rights
from bot.service.help import ending
from bot.store import tickets

if TYPE_CHECKING:
    from bot.service.errand import Desk
    from bot.service.talk import Talk
    from bot.store.tickets import Side


async def present(desk: Desk, ticket: int) -> tuple[Side | None, list[Side]]:
    """Who speaks (None: they are not in it any more), and who else is there. A helper without the right is not."""
    person = desk.talk().chat.person
    found = await tickets.find(desk.connection, ticket)
    sides = await tickets.sides(desk.connection, ticket)
    if found is None or not any(side.person == person for side in sides):
        return None, []
    for side in list(sides):
        if not side.asks and not await rights.has(desk.connection, side.person, Right.TAKE_TICKET, team=found.team):
            sides.remove(side)
            await ending.revoked(desk, ticket, side)
    own = next((side for side in sides if side.person == person), None)
    return own, [side for side in sides if side is not own]


UNNAMED = "?"
"""Who asks, and has not said how to be called."""


def called(talk: Talk, own: Side) -> str:
    """How who speaks is called on the other side: "Bác", or UNNAMED; "": the helper."""
    return (talk.house.speaker(talk.chat).called or UNNAMED) if own.asks else ""
