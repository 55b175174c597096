"""A call for help as the chats of those in it know it: the mode, the notices, the due work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.service.errand import Notice
from bot.store import tickets
from bot.store.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.engine.chat import Chat
    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk
    from bot.store.tickets import Side

MODE, WAITS = "help", "called"
"""Of a chat, before the number of the call: somebody is there, typed words go to them; or the person still waits, and
typed words go their usual way."""

SILENT = 30 * 60_000
"""Milliseconds after which a call ends by itself when nobody says anything."""

WATCH, SILENCE = "help", "help_silence"
"""Kinds of jobs: a call that nobody has taken is looked after; a silent one ends."""

SOLVED, THANKS, GONE, QUIET, ABUSE = "solved", "thanks", "gone", "silent", "abuse"
"""How a call ends: the helper or the person says so, the person cannot be reached, nobody speaks, misuse."""

NOBODY, REVOKED = "nobody", "revoked"
"""Two more: nobody has come all day; for one helper alone, their right is gone."""


def mode(ticket: int) -> str:
    """What `Chat.mode` is during a call."""
    return f"{MODE}:{ticket}"


def waiting(ticket: int) -> str:
    """What it is while nobody has come yet."""
    return f"{WAITS}:{ticket}"


def ticket_of(chat: Chat) -> int:
    """The call that a chat is in, or waits in; 0: none."""
    name, _, ticket = chat.mode.partition(":")
    return int(ticket) if name in {MODE, WAITS} else 0


def is_helped(chat: Chat) -> bool:
    """Whether two people are talking: the bot is silent."""
    return chat.mode.startswith(f"{MODE}:")


def out_of_it(chat: Chat) -> Chat:
    """The chat once the call is over for it; nothing of a photo is left."""
    return replace(chat, mode="", photos=(), sends_photos=False)


def notice(side: Side, kind: str, ticket: int, **says: Any) -> Notice:
    """What one side of a call hears of the other."""
    return Notice(side.chat, side.person, kind, {"ticket": ticket, **says})


def in_call(talk: Talk, says: Mapping[str, Any], then: Callable[[Talk, Mapping[str, Any]], None]) -> bool:
    """Whether a notice finds the chat in its call. If not it is looked up, and `then` may still be done."""
    now = ticket_of(talk.chat)
    if not now:
        talk.errands.append(Late(says["ticket"], tuple(says.items()), then))
    return bool(now) and now == says["ticket"]


@dataclass(frozen=True, slots=True)
class Late:
    """A notice for somebody whose words go elsewhere at this moment: they may be in the call all the same."""

    ticket: int
    says: tuple[tuple[str, Any], ...]
    then: Callable[[Talk, Mapping[str, Any]], None]

    async def run(self, desk: Desk) -> Reply | None:
        """If they are, their words go there again."""
        talk = desk.talk()
        sides = await tickets.sides(desk.connection, self.ticket)
        if not any(side.person == talk.chat.person for side in sides):
            return None
        talk.chat = replace(talk.chat, mode=mode(self.ticket))
        self.then(talk, dict(self.says))
        return talk.reply()


def watch(ticket: int, at: int, stage: int = 0) -> Job:
    """Look after a call at that time."""
    return Job(watch_key(ticket), "", at, {"ticket": ticket, "stage": stage}, WATCH)


def watch_key(ticket: int) -> str:
    """Of that job."""
    return f"help:{ticket}"


def silence(ticket: int, at: int) -> Job:
    """What ends a call in which nobody has spoken since `at`."""
    return Job(silence_key(ticket), "", at + SILENT, {"ticket": ticket}, SILENCE)


def silence_key(ticket: int) -> str:
    """Of that job."""
    return f"help_silence:{ticket}"
