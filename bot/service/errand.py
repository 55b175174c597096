"""What a reply needs of the database beyond the person's own chat: said as data by `respond`, done by the shell.

`respond` is pure: it cannot look anything up. Where an answer needs it (what is kept about me, a call for help, a right
to be checked), it leaves an errand. The errand is done inside the transaction of the same turn, and what it leads to is
one more reply.

Another chat is never changed from here: it has its own order of things, perhaps in another process. A `Notice` is
posted to it, a job due at once; it comes in there by the door of all that comes in (bot/service/notices.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from bot.service.talk import Talk
from bot.store.jobs import NOTICE, Job

if TYPE_CHECKING:
    from bot.channel.base import Incoming
    from bot.service.talk import Reply
    from bot.service.unit_of_work import UnitOfWork
    from bot.store.hot import Connection


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened elsewhere, for the person who has (or had) the phone `chat`. `says` goes into JSON."""

    chat: str
    person: str
    kind: str
    says: dict[str, Any] = field(default_factory=dict)

    def job(self, number: int, at: int) -> Job:
        """The row under which it waits; `number` tells two of a kind apart that wait at the same time."""
        payload = {"person": self.person, "kind": self.kind, "says": self.says}
        return Job(f"notice:{self.chat}:{self.kind}:{number}", self.chat, at, payload, NOTICE)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where an errand is done: the transaction, what it holds so far, and what came in."""

    connection: Connection
    work: UnitOfWork
    incoming: Incoming

    def talk(self) -> Talk:
        """Go on talking with who asked, as everything is by now."""
        work, key = self.work, self.incoming.key
        return Talk(work.house, work.chats[key], work.sessions[key], self.incoming)


class Errand(Protocol):
    """One thing to be done: a frozen dataclass, comparable like all effects.

    What it needs of the store goes by `hot.fetch` and `hot.many` on the desk's connection.
    """

    async def run(self, desk: Desk) -> Reply | None:
        """Do it; the reply it leads to. Raises DBAPIError: then nothing of the turn is kept, and it is tried again."""
