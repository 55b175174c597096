"""What did not arrive: a message to one side of a call failed for good, and the other side hears so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.service.help.call import in_call, notice
from bot.store import jobs, tickets

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from bot.service.talk import Talk
    from bot.store.hot import Connection

AGAIN = 5 * 60_000
"""Milliseconds in which it is said once: somebody who cannot be reached fails at every message. Where both cannot, this
also keeps the two from telling each other for ever."""

MOST_REMEMBERED = 10_000


class Missed:
    """Tells the other sides of calls. `now` gives the time in milliseconds."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._told: dict[tuple[int, str], int] = {}

    async def __call__(self, connection: Connection, chats: Collection[str]) -> None:
        """A message did not reach these chats."""
        now = self._now()
        for chat in chats:
            for side in await tickets.of_chat(connection, chat):
                if now - self._told.get((side.ticket, chat), 0) < AGAIN:
                    continue
                if len(self._told) >= MOST_REMEMBERED:
                    self._told.clear()
                self._told[side.ticket, chat] = now
                others = [each for each in await tickets.sides(connection, side.ticket) if each.chat != chat]
                posts = [notice(each, "help.missed", side.ticket, asks=side.asks) for each in others]
                await jobs.add(connection, [post.job(side.ticket, now) for post in posts])


def told(talk: Talk, says: Mapping[str, Any]) -> None:
    """What was passed on did not reach the other side; `asks`: the one who called for help."""
    if in_call(talk, says, told):
        end = () if says["asks"] else (f"help_end:{says['ticket']}",)
        talk.tell("help.missed", *end, asks="1" if says["asks"] else "")
