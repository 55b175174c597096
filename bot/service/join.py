"""One person's chats on several channels become one person's: by a short code shown in one and typed in the other.

They stay two chats: each has its own words, its own guides, and is erased alone. Joined, they count as one person, and
get a broadcast once. The open guide can be carried over to where the person is now; it stays in the other chat too.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from bot.engine.event import Resumed, Stopped
from bot.people.certificate import LETTERS
from bot.service.errand import Notice
from bot.store import chats, counts, joined
from bot.store.joined import Member

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.engine.session import Session
    from bot.service.errand import Desk
    from bot.service.house import House
    from bot.service.talk import Reply, Talk

MODE = "join"
"""While the code of the other chat is to be typed; behind a colon, until when it is waited for."""

MINUTE = 60_000
GOOD = 10 * MINUTE
"""Milliseconds for which a code is good; it is good once."""

LENGTH = 6
"""Letters of a code; they are consonants, so that no word comes of them and no number is mistaken for one."""

MOST_TRIES = 5
"""Wrong codes somebody may type in `AGAIN`; then none is looked at."""

AGAIN = 60 * MINUTE

MOST = 6
"""Chats of one person."""

_GAP = re.compile(r"[\s\-]+")
_CODE = re.compile(f"[{LETTERS}]{{{LENGTH}}}")
_LIKE_A_CODE = re.compile(r"[A-Za-z0-9]{3}[\s\-]*[A-Za-z0-9]{3}")


@dataclass(frozen=True, slots=True)
class Show:
    """Somebody wants to join this chat with another one of theirs."""

    async def run(self, desk: Desk) -> Reply:
        """A code to be typed there, and what else can be done."""
        talk, connection = desk.talk(), desk.connection
        others = await joined.others(connection, talk.chat.person)
        talk.chat = replace(talk.chat, joined=bool(others), mode="")
        carry = ("join_carry",) if await _elsewhere(desk, others) else ()
        offers = (*carry, *(("join_leave",) if others else ()), _back(talk))
        if len(others) + 1 >= MOST:
            talk.tell("join.full", *offers)
        else:
            code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
            await joined.offer(connection, talk.chat, _hashed(code), talk.at + GOOD)
            shown = f"{code[: LENGTH // 2]} {code[LENGTH // 2 :]}"
            talk.tell("join.code", "join_enter", *offers, code=shown, others=str(len(others) or ""))
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Enter:
    """Somebody has typed a code; "" is none that was ever shown."""

    code: str

    async def run(self, desk: Desk) -> Reply:
        """Both chats hear what it means, and how to take it back."""
        talk, connection = desk.talk(), desk.connection
        me, at = talk.chat.person, talk.at
        if await joined.TRIES.count(connection, me, at - AGAIN) >= MOST_TRIES:
            return _ends(talk, "join.no_more")
        shown = await joined.by_code(connection, _hashed(self.code), at) if self.code else None
        if shown is None:
            left = MOST_TRIES - await joined.TRIES.add(connection, me, at - AGAIN, at)
            if left <= 0:
                return _ends(talk, "join.no_more")
            talk.tell("join.wrong", _back(talk), left=str(left))
            return talk.reply()
        person, key = shown
        if _phone(person) == _phone(me):
            talk.tell("join.here", _back(talk))
            return talk.reply()
        own, theirs = await joined.group(connection, me), await joined.group(connection, person)
        if own and own == theirs:
            return _ends(talk, "join.already", "join_leave")
        if own and theirs:
            return _ends(talk, "join.other", "join_leave")
        group = own or theirs or secrets.token_hex(8)
        if len(await joined.members(connection, group)) >= MOST:
            return _ends(talk, "join.full")
        await joined.use_up(connection, [person, me])
        there = Member(person, key, group)
        await joined.join(connection, (there, Member(me, talk.chat.key, group)), at)
        session = _open_guide(talk.house, talk.sessions)
        desk.work.post(Notice(_phone(person), person, "join.joined", {"guide": session.flow if session else ""}))
        talk.chat = replace(talk.chat, mode="")
        found = await _elsewhere(desk, [there])
        _is_joined(talk, found[1].flow if found else "")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Carry:
    """The person goes on here with the guide that is open in another chat of theirs."""

    async def run(self, desk: Desk) -> Reply:
        """Its session comes here as it is; the other chat keeps its own, and reminds no more."""
        talk = desk.talk()
        found = await _elsewhere(desk, await joined.others(desk.connection, talk.chat.person))
        flow = talk.house.flows.get(found[1].flow) if found else None
        if found is None or flow is None:
            talk.tell("join.nothing", _back(talk))
            return talk.reply()
        there, session = found
        if talk.flow is not None and talk.session is not None and talk.flow.name != flow.name:
            talk.happen(talk.flow, Stopped(talk.at))
        talk.sessions[flow.name] = replace(session, last=None)
        talk.happen(flow, Resumed(talk.at))
        desk.work.post(Notice(_phone(there.person), there.person, "join.carried", {"guide": flow.name}))
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Leave:
    """This chat is somebody of its own again."""

    async def run(self, desk: Desk) -> Reply:
        """In one tap: whoever wants it back joins again."""
        talk = desk.talk()
        await _part(desk, talk.chat.person, "left")
        talk.chat = replace(talk.chat, joined=False)
        talk.tell("join.left", _back(talk))
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Erased:
    """Somebody has had chats erased; others of theirs stay."""

    persons: tuple[str, ...]

    async def run(self, desk: Desk) -> None:
        """They hear so; what was done there as well stays counted once."""
        for person in self.persons:
            own = await joined.group(desk.connection, person)
            members = await joined.members(desk.connection, own) if own else []
            await counts.let_go(desk.connection, [each.chat for each in members if each.person == person])
            await _part(desk, person, "erased")


def ask(talk: Talk, _name: str = "") -> None:
    """The code of the other chat is to be typed."""
    talk.chat = replace(talk.chat, mode=f"{MODE}:{talk.at + GOOD}")
    talk.tell("join.ask", _back(talk))


def typed(talk: Talk, until: str, text: str) -> bool:
    """A code, or what is meant to be one; other words go their usual way, and none is waited for any more."""
    if not text:
        return False
    if talk.at > int(until) or not _LIKE_A_CODE.fullmatch(text.strip()):
        talk.chat = replace(talk.chat, mode="")
        return False
    code = _GAP.sub("", text.upper())
    talk.errands.append(Enter(code if _CODE.fullmatch(code) else ""))
    return True


def was_joined(talk: Talk, says: Mapping[str, Any]) -> None:
    """The code that was shown here has been typed in another chat."""
    _is_joined(talk, says["guide"])


def was_carried(talk: Talk, says: Mapping[str, Any]) -> None:
    """The guide goes on in another chat: nobody is reminded of it here."""
    guide = says["guide"]
    if talk.chat.flow == guide:
        talk.forget = True
    if guide in talk.house.flows:
        talk.tell("join.carried", title=talk.house.speaker(talk.chat).title(guide))


def was_left(talk: Talk, says: Mapping[str, Any]) -> None:
    """Another chat is not this person's any more, or was erased."""
    talk.chat = replace(talk.chat, joined=not says["alone"])
    talk.tell(f"join.{says['how']}_there", *(("delete",) if says["how"] == "erased" else ()), _back(talk))


def _is_joined(talk: Talk, guide: str) -> None:
    """`guide` is open in the other chat."""
    talk.chat = replace(talk.chat, joined=True)
    title = talk.house.speaker(talk.chat).title(guide) if guide in talk.house.flows else ""
    talk.tell("join.joined", *(("join_carry",) if title else ()), "join_leave", _back(talk), title=title)


async def _part(desk: Desk, person: str, how: str) -> None:
    others = await joined.others(desk.connection, person)
    await joined.leave(desk.connection, person)
    for each in others:
        says = {"how": how, "alone": len(others) == 1}
        desk.work.post(Notice(_phone(each.person), each.person, "join.left", says))


async def _elsewhere(desk: Desk, members: Collection[Member]) -> tuple[Member, Session] | None:
    """The guide that was gone through last in one of these chats, before its end."""
    if not members:
        return None
    _, sessions = await chats.load(desk.connection, [each.chat for each in members])
    house = desk.work.house
    found = [(each, session) for each in members if (session := _open_guide(house, sessions[each.chat]))]
    return max(found, key=lambda one: one[1].since, default=None)


def _open_guide(house: House, sessions: Mapping[str, Session]) -> Session | None:
    """The guide that was gone through last, before its end."""
    open_ = [each for each in sessions.values() if each.flow in house.flows and each.visits and not each.finished]
    return max(open_, key=lambda session: session.since, default=None)


def _ends(talk: Talk, text: str, *offers: str) -> Reply:
    """No code is waited for any more."""
    talk.chat = replace(talk.chat, mode="")
    talk.tell(text, *offers, _back(talk))
    return talk.reply()


def _back(talk: Talk) -> str:
    return "stay" if talk.flow else "home"


def _phone(person: str) -> str:
    """The chat of whoever has the phone: there a notice comes in, and is for this person alone."""
    return person.partition("/")[0]


def _hashed(code: str) -> str:
    return blake2b(code.encode(), digest_size=16).hexdigest()
