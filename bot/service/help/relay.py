"""Two people talk through the bot: what one types the other reads, until one of them ends it.

Secrets never come here: the filter stands before. Each side is told when the other comes and goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.capability import CAPABILITIES
from bot.channel.base import Message, Relayed
from bot.service.help import ending, photo
from bot.service.help.call import in_call, notice, silence
from bot.service.help.present import called, present

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk


@dataclass(frozen=True, slots=True)
class Say:
    """What somebody typed, or tapped as a `ready` reply, goes to everybody else in the call."""

    ticket: int
    words: str
    ready: bool = False

    async def run(self, desk: Desk) -> Reply | None:
        """Pass it on; in a call that is over they hear so."""
        talk = desk.talk()
        own, others = await present(desk, self.ticket)
        if own is None:
            ending.over(talk)
            return talk.reply()
        who = called(talk, own)
        for side in others:
            desk.work.post(notice(side, "help.said", self.ticket, words=self.words, who=who))
        if others:
            desk.work.put(silence(self.ticket, talk.at))
        can = CAPABILITIES.get(talk.chat.channel)
        if not others or self.ready or can is None or not can.keeps:
            return None
        talk.tell("help.sent")  # a page does not show what was typed
        return talk.reply()


def typed(talk: Talk, about: str, text: str) -> bool:
    """What is typed during a call, or stands below a photo. A voice and the like cannot be passed on: said kindly."""
    ticket = int(about)
    if text:
        talk.errands.append(Say(ticket, text))
    if talk.incoming.photo:
        talk.errands.append(photo.Given(ticket, talk.incoming.photo))
    elif talk.incoming.detail or not text:
        talk.tell("help.words_only")
    return True


def said(talk: Talk, says: Mapping[str, Any]) -> None:
    """The other side has typed something."""
    if in_call(talk, says, said):
        talk.tell("help.said", who=says["who"], words=says["words"])
        heard = talk.outgoing[-1]
        assert isinstance(heard, Message)
        talk.outgoing[-1] = Relayed.of(heard)
