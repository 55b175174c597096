"""Guides as cards, for somebody who passes one on from another chat: found by the ear, or all of them."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.channel.base import Card
from bot.engine.chat import ASIDE
from bot.meaning.fold import clean
from bot.meaning.secrets import find_secret
from bot.people import link as codes
from bot.people.link import Kind, Link
from bot.people.role import Right
from bot.picture import expand, stamp
from bot.service import rights
from bot.service.forward import HOUR, about, codes_of, team_of
from bot.store import chats
from bot.wording.library import BOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from bot.config import Config
    from bot.service.house import House
    from bot.store.database import Database

MOST = 50
"""Guides that a query finds."""

MOST_REMEMBERED = 10_000
"""People of whom is remembered that their use of the right was written down."""


class Suggest:
    """Answers inline queries of one channel."""

    def __init__(self, database: Database, house: Callable[[], House], config: Config, channel: str) -> None:
        self._database = database
        self._house = house
        self._config = config
        self._channel = channel
        self._written: dict[str, int] = {}

    async def __call__(self, text: str, language: str, user: str) -> list[Card]:
        """What is offered to a person for what they have typed so far; nothing of it is kept."""
        house = self._house()
        places = list(found(house, clean(text)))
        key = f"{self._channel}:{user}"
        async with self._database.read() as connection:
            chat = (await chats.load(connection, [key]))[0].get(key)
            person = chat.person if chat else f"{key}{ASIDE}1"
            team = await team_of(connection, person)
        spoken = chat.language if chat else language.partition("-")[0]
        spoken = spoken if spoken in house.library.languages else self._config.language
        links = [replace(each, team=team, kind=Kind.CARD) for each in places]
        return [self._card(house, spoken, each, code) for each, code in await self._coded(person, team, links)]

    async def _coded(self, person: str, team: str, links: list[Link]) -> list[tuple[Link, str]]:
        """Links with their codes; of a team only where the person has the right at this moment.

        Every letter typed is a query: the use of the right is written down once an hour.
        """
        now = time.time_ns() // 1_000_000
        async with self._database.batch() as batch:
            if team and now - self._written.get(person, 0) < HOUR:
                allowed = await rights.has(batch, person, Right.FORWARD, team=team)
            elif team:
                allowed = await rights.use(batch, person, Right.FORWARD, now, team=team, what="cards")
                if len(self._written) >= MOST_REMEMBERED:
                    self._written.clear()
                self._written[person] = now
            else:
                allowed = False
            if not allowed:
                links = [replace(each, team="") for each in links]
            return list(zip(links, await codes_of(batch, links, now), strict=True))

    def _card(self, house: House, language: str, link: Link, code: str) -> Card:
        words = about(house, language, link.guide)
        names = {**words, "step": link.step}
        text = house.library.piece(language, f"{BOT}/forward", "inside", names)
        opens = house.library.phrase(language, f"{BOT}/forward", "opens", {})
        picture = picture_of(house, self._config, link)
        return Card(link.place, words["title"], words["goal"], text, code, opens, picture)


def found(house: House, text: str) -> Iterable[Link]:
    """The place that is named, or the guides that are meant, best first; all of them where nothing is understood."""
    named = codes.place(text)
    if named is not None and named.guide in house.flows:
        known = named.step in house.flows[named.guide].steps
        return [named if known else Link(named.guide)]
    secret = find_secret(text) is not None
    heard = None if secret or not text else house.ear.hear(text, MOST)
    answers = [heard.alarm, *(each.answer for each in heard.found)] if heard else []
    if not any(answer.startswith("open:") for answer in answers):
        answers = [inner for outer in house.menu for inner in house.chapter(outer.partition(":")[2]) or (outer,)]
    return [Link(answer.removeprefix("open:")) for answer in dict.fromkeys(answers) if answer.startswith("open:")]


def drawing_of(house: House, link: Link) -> str:
    """The drawing of a step, or else the guide's first; "" where it has none."""
    steps = house.flows[link.guide].steps
    own = steps[link.step].picture if link.step in steps else ""
    return own or next((step.picture for step in steps.values() if step.picture), "")


def picture_of(house: House, config: Config, link: Link) -> str:
    """The address of that drawing for everybody's eyes; "" where only this machine could fetch it."""
    path = drawing_of(house, link)
    if not path or not config.public_url.startswith("https:"):
        return ""
    media = config.root / "content" / "media"
    try:
        mark = _mark(media, path, stamp(media, path))
    except (OSError, ValueError):
        return ""
    return f"{config.public_url}/picture/{mark}/{path.removesuffix('.svg')}.png"


@lru_cache(maxsize=1000)
def _mark(media: Path, path: str, stamped: tuple[int, ...]) -> str:
    """Changes with the drawing, so that a platform that has fetched it fetches it anew."""
    del stamped
    return hashlib.sha256(expand(media, path).encode()).hexdigest()[:16]
