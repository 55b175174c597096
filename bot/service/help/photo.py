"""Photos in a call for help: sent on by the platform's own id, once the sender has said yes in this call.

Nothing of a picture is fetched or kept here. What is kept is the id: in the sender's chat while they are asked, then in
the notice and the outbox like words, until it is sent. An id is good on its own platform alone, so a photo does not go
across.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.capability import CAPABILITIES
from bot.channel.base import Photo
from bot.engine.effect import Tell
from bot.service.help import ending
from bot.service.help.call import in_call, notice, silence, ticket_of
from bot.service.help.present import called, present

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk
    from bot.store.tickets import Side

MOST = 10
"""Photos that wait for a yes: as many as a platform sends at once."""


@dataclass(frozen=True, slots=True)
class Given:
    """Somebody in a call has sent a photo."""

    ticket: int
    photo: str

    async def run(self, desk: Desk) -> Reply | None:
        """Ask, pass it on, or say that it cannot go across. Of several sent at once the first is asked about."""
        talk = desk.talk()
        own, others = await present(desk, self.ticket)
        if own is None or ticket_of(talk.chat) != self.ticket:
            ending.over(talk)
        elif not any(_reaches(own, side) for side in others):
            talk.tell("help.photo_across")
        elif talk.chat.sends_photos:
            _pass_on(desk, self.ticket, own, others, [self.photo])
        else:
            is_first = not talk.chat.photos
            talk.chat = replace(talk.chat, photos=(*talk.chat.photos, self.photo)[-MOST:])
            if is_first:
                offers = (f"photo_yes:{self.ticket}", f"photo_no:{self.ticket}")
                talk.tell("help.photo_ask", *offers, asks="1" if own.asks else "")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Decide:
    """The sender says whether the photos that wait may be passed on; a yes is good for this call."""

    ticket: int
    yes: bool

    async def run(self, desk: Desk) -> Reply:
        """Do so, or forget them."""
        talk = desk.talk()
        photos = talk.chat.photos
        own, others = await present(desk, self.ticket)
        if own is None or ticket_of(talk.chat) != self.ticket:  # an old button
            talk.go_on()
            return talk.reply()
        talk.chat = replace(talk.chat, photos=(), sends_photos=self.yes)
        if not self.yes:
            talk.tell("help.photo_dropped")
        elif not any(_reaches(own, side) for side in others):
            talk.tell("help.photo_across")
        else:
            _pass_on(desk, self.ticket, own, others, photos)
            talk.tell("help.photo_sent")
        return talk.reply()


def came(talk: Talk, says: Mapping[str, Any]) -> None:
    """The other side has sent a photo; without its id it cannot be shown here."""
    if not in_call(talk, says, came):
        return
    if not says["photo"]:
        talk.tell("help.photo_elsewhere", who=says["who"])
        return
    words = talk.house.speaker(talk.chat).tell(None, None, Tell("help.photo", values=(("who", says["who"]),)), talk.at)
    talk.outgoing.append(Photo(says["photo"], words.head))


def _pass_on(desk: Desk, ticket: int, own: Side, others: Iterable[Side], photos: Iterable[str]) -> None:
    talk = desk.talk()
    for side in others:
        for photo in photos:
            shown = photo if _reaches(own, side) else ""
            desk.work.post(notice(side, "help.photo", ticket, photo=shown, who=called(talk, own)))
    desk.work.put(silence(ticket, talk.at))


def _reaches(own: Side, other: Side) -> bool:
    """Whether both are on one platform, which shows a photo again by its id."""
    channel = own.chat.partition(":")[0]
    can = CAPABILITIES.get(channel)
    return can is not None and can.photos and other.chat.partition(":")[0] == channel
