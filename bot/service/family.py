"""“Gia đình số”: one person invites relatives by a short code, and sees what they have finished if they let it be seen.

Nobody's name is known here: relatives are told apart by their form of address and the order in which they came.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from bot.engine.event import local_day
from bot.people.certificate import FAMILY, LETTERS, MOST_CHANCE, read_code, read_serial, spelled
from bot.service.certificate import Look
from bot.service.learning import WORDS, titles
from bot.store import audit, families, marks
from bot.store.families import Relative

if TYPE_CHECKING:
    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk

MOST = 10
"""People of a family, with who invites."""

DAYS = 7
"""How long a code is good."""

HOUR, DAY = 3_600_000, 24 * 3_600_000

MOST_TRIES = 5
"""Wrong codes of one person in an hour; then none is looked at."""


@dataclass(frozen=True, slots=True)
class Show:
    """The family of who asks, as far as it is for them to see."""

    async def run(self, desk: Desk) -> Reply:
        """Who invites sees the relatives; a relative sees what they show, and how to leave."""
        talk, connection = desk.talk(), desk.connection
        person = talk.chat.person
        own = await families.find(connection, person)
        if own is not None:
            _member(talk, shows=own.shows)
        elif await families.is_head(connection, person):
            found = await families.of_head(connection, person)
            lines = "\n".join([await _line(desk, number, each) for number, each in enumerate(found, 1)])
            more = ("family_invite",) if len(found) < MOST - 1 else ()
            talk.tell("learning.family_own", *more, "family_leave", "home", lines=lines, count=str(len(found) or ""))
        else:
            talk.tell("learning.family_none", "family_invite", "stay" if talk.flow else "home")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Invite:
    """A code for relatives."""

    async def run(self, desk: Desk) -> Reply:
        """A new one each time; the one before is good no more."""
        talk, connection = desk.talk(), desk.connection
        person = talk.chat.person
        if await families.find(connection, person) is not None:
            talk.tell("learning.family_other", "family_leave", "home")
        elif await families.count(connection, person) >= MOST - 1:
            talk.tell("learning.family_full", "family", "home")
        else:
            code = spelled(FAMILY + "".join(secrets.choice(LETTERS) for _ in range(MOST_CHANCE)))
            until = talk.at + DAYS * DAY
            await families.invite(connection, person, _hashed(code), until)
            day = local_day(until).strftime("%d/%m/%Y")
            talk.tell("learning.family_code", "family", "home", code=code, until=day)
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Join:
    """Somebody has typed a code."""

    code: str

    async def run(self, desk: Desk) -> Reply:
        """They come in, showing nothing until they say so."""
        talk, connection = desk.talk(), desk.connection
        person, beside = talk.chat.person, "stay" if talk.flow else "home"
        tries = await families.tries(connection, person, talk.at - HOUR)
        head = await families.invited_by(connection, _hashed(self.code), talk.at) if tries < MOST_TRIES else ""
        if tries >= MOST_TRIES:
            talk.tell("learning.family_tries", beside)
        elif not head:
            await audit.add(connection, [audit.Entry(talk.at, person, families.TRIED, allowed=False)])
            talk.tell("learning.family_wrong", beside)
        elif head == person:
            talk.tell("learning.family_mine", "family", beside)
        elif await families.find(connection, person) is not None or await families.is_head(connection, person):
            talk.tell("learning.family_other", "family_leave", beside)
        elif await families.count(connection, head) >= MOST - 1:
            talk.tell("learning.family_full", beside)
        else:
            await families.join(connection, Relative(person, head, talk.chat.address, False, talk.at))
            talk.tell("learning.family_joined", "family_show", "family_hide")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Agree:
    """A relative says whether who invited them may see what they finish."""

    shows: bool

    async def run(self, desk: Desk) -> Reply:
        """From now on."""
        talk = desk.talk()
        if await families.find(desk.connection, talk.chat.person) is None:
            talk.tell("learning.family_none", "family_invite", "home")
        else:
            await families.show(desk.connection, talk.chat.person, shows=self.shows)
            agreed = audit.Entry(talk.at, talk.chat.person, families.AGREED, what="yes" if self.shows else "no")
            await audit.add(desk.connection, [agreed])
            _member(talk, shows=self.shows)
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Leave:
    """Somebody leaves; when who invited leaves, the family is no more."""

    async def run(self, desk: Desk) -> Reply:
        """In one tap: whoever wants to come back types a code."""
        talk = desk.talk()
        await families.drop(desk.connection, [talk.chat.person])
        talk.tell("learning.family_left", "home")
        return talk.reply()


def coded(talk: Talk, text: str) -> bool:
    """Whether somebody has typed the serial of a certificate, or the code of a family."""
    if serial := read_serial(text):
        talk.errands.append(Look(serial))
    elif code := read_code(text):
        talk.errands.append(Join(code))
    return bool(serial or code)


def _member(talk: Talk, *, shows: bool) -> None:
    change = "family_hide" if shows else "family_show"
    talk.tell("learning.family_member", change, "family_leave", "home", shows="1" if shows else "")


async def _line(desk: Desk, number: int, relative: Relative) -> str:
    """A relative in one line: what they have finished, if they let it be seen."""
    talk = desk.talk()
    library, language = talk.house.library, talk.chat.language
    done = ""
    if relative.shows:
        learnt = await marks.of_person(desk.connection, relative.person)
        done = titles(talk, [mark.guide for mark in learnt.values() if mark.done_at or mark.passed_at])
    spoken = library.language(language)
    called = "" if relative.called in {"", spoken.default_address} else spoken.address(relative.called).label
    said = {"number": number, "called": called, "shows": relative.shows, "done": done}
    return library.piece(language, WORDS, "relative", {**talk.house.speaker(talk.chat).address.words, **said})


def _hashed(code: str) -> str:
    return blake2b(code.encode(), digest_size=16).hexdigest()
