"""What came of the links that a team passed on: opened, started, stuck, finished. Counted, and nobody is known by it.

Who comes by a team's link has a mark in their chat for some days. What they do in that guide is counted for the team,
once for each person, guide and day they came on: a keyed hash says for as long that they were counted.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from bot.engine import path
from bot.engine.event import local_day
from bot.people.link import Kind, Link
from bot.store import keys, links

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.engine.chat import Chat
    from bot.engine.effect import Note
    from bot.store.hot import Connection

CAME = "came"
"""The note of somebody who opened a team's link."""

WHAT = ("opened", "started", "stuck", "finished")
"""What is counted, in the order it happens."""

DAYS = 7
"""How long what somebody does in a guide is still counted for whose link they came by."""

MOST = 4
"""Guides to which somebody may have come by links at a time; a newer one takes the place of the oldest."""

FEWEST = 5
"""A smaller number is shown to the team alone: above it, it could be somebody."""

DAY = 24 * 3_600_000

_OF_NOTE = {CAME: "opened", "answered": "started", "stuck": "stuck", "help": "stuck"}


@dataclass(frozen=True, slots=True)
class Deed:
    """A person who came by a link on the day `came` did something that is counted, at `at`."""

    person: str
    link: Link
    came: date
    what: str
    at: int


def marked(chat: Chat, link: Link, at: int) -> Chat:
    """The chat of somebody who has opened a team's link. Of two teams on one day the first is counted."""
    today = local_day(at)
    marks = {mark[0].guide: mark for mark in map(_read, chat.came) if _holds(mark[1], at)}
    earlier = marks.pop(link.guide, None)
    marks[link.guide] = earlier if earlier is not None and earlier[1] == today else (link, today)
    return replace(chat, came=tuple(_written(*mark) for mark in list(marks.values())[-MOST:]))


def deeds(chat: Chat, notes: Iterable[tuple[str, Note]], at: int) -> list[Deed]:
    """What is to be counted of what has just happened in a chat."""
    if not chat.came:
        return []
    marks = {mark[0].guide: mark for mark in map(_read, chat.came) if _holds(mark[1], at)}
    found = []
    for guide, note in notes:
        what = _what(note)
        if what and guide in marks:
            link, came = marks[guide]
            found.append(Deed(chat.person, link, came, what, at))
    return found


async def count(connection: Connection, done: Iterable[Deed]) -> None:
    """Count each deed that was not counted for this person before."""
    done = list(done)
    if not done:
        return
    key = await keys.signing(connection)
    for deed in done:
        said = f"seen\n{deed.what}\n{deed.came}\n{deed.link.guide}\n{deed.person}"
        until = deed.at + (DAYS + 1) * DAY
        if await links.is_new(connection, hmac.digest(key, said.encode(), "sha256").hex()[:32], until):
            await links.count(connection, deed.link, str(local_day(deed.at)), deed.what)


def hidden(count: int) -> int | None:
    """A number as it is shown above the team: None for what is too few to be told."""
    return None if 0 < count < FEWEST else count


def _what(note: Note) -> str:
    if note.what == "ended":
        return "finished" if note.answer == path.DONE else ""
    return _OF_NOTE.get(note.what, "")


def _holds(came: date, at: int) -> bool:
    return local_day(at) - came < timedelta(days=DAYS)


def _written(link: Link, came: date) -> str:
    return f"{link.guide}:{link.team}:{link.kind.value}:{came}"


def _read(mark: str) -> tuple[Link, date]:
    guide, team, kind, came = mark.split(":")
    return Link(guide, "", team, Kind(kind)), date.fromisoformat(came)
