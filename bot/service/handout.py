"""Handouts from the chat: which one, and the address of our web door where it is printed with the team's own code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.capability import CAPABILITIES
from bot.channel.base import Photo
from bot.people import link as codes
from bot.people.link import Kind, Link
from bot.service.forward import TooMany, about, code_of, in_whose_name

if TYPE_CHECKING:
    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk

SIZES = {
    "a4": ("pdf", Kind.PAPER),
    "a5": ("pdf", Kind.PAPER),
    "a6": ("pdf", Kind.PAPER),
    "guide": ("pdf", Kind.PAPER),
    "card": ("png", Kind.PICTURE),
    "square": ("png", Kind.PICTURE),
}
"""What can be asked for (bot/handout/wanted.py says how large they are): the ending of the file, and how it is passed
on. Each has a button, "handout_a4"."""


def which(talk: Talk, place: str) -> None:
    """Which handout of a guide?"""
    link = codes.place(place)
    if link is None or link.guide not in talk.house.flows:  # a button of a guide that is gone
        talk.tell("gone")
        talk.go_on()
        return
    title = talk.house.speaker(talk.chat).title(link.guide)
    talk.tell("forward.handout", *(f"handout_{size}:{link.guide}" for size in SIZES), _beside(talk), title=title)


@dataclass(frozen=True, slots=True)
class Take:
    """Somebody wants one of them."""

    size: str
    guide: str

    async def run(self, desk: Desk) -> Reply:
        """Its address; a picture comes by itself where the channel fetches it."""
        talk, config = desk.talk(), desk.work.config
        if self.guide not in talk.house.flows:
            talk.tell("gone")
            talk.go_on()
            return talk.reply()
        if not config.public_url:
            talk.tell("forward.no_door", _beside(talk))
            return talk.reply()
        ending, kind = SIZES[self.size]
        try:
            team = await in_whose_name(desk, self.guide)
        except TooMany:
            talk.tell("forward.too_many", _beside(talk))
            return talk.reply()
        code = await code_of(desk.connection, Link(self.guide, "", team, kind), talk.at)
        language = "" if talk.chat.language == config.language else f"&lang={talk.chat.language}"
        address = f"{config.public_url}/h/{code}.{ending}?size={self.size}{language}"
        title = about(talk.house, talk.chat.language, self.guide)["title"]
        talk.tell(f"forward.handout_{ending}", _beside(talk), title=title, address=address)
        can = CAPABILITIES.get(talk.chat.channel)
        if ending == "png" and can is not None and can.photos and address.startswith("https:"):
            talk.outgoing.append(Photo(address, title))
        return talk.reply()


def take(size: str, talk: Talk, guide: str) -> None:
    """The button of one size."""
    talk.errands.append(Take(size, guide))


def _beside(talk: Talk) -> str:
    return "stay" if talk.flow else "home"
