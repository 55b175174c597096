"""Several people on one phone: who there is, whose turn it is, and how the phone goes from one to another. Pure.

One of them has the phone; everything that is typed and tapped is theirs. The others are set aside, each with all that
is kept about them (bot/store/profiles.py): nothing happens to them until the phone comes back to them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.channel.base import What
from bot.engine.chat import MOST_PROFILES, Chat
from bot.service import beside
from bot.service.help import ending
from bot.service.talk import Switch

if TYPE_CHECKING:
    from bot.channel.base import Incoming
    from bot.service.talk import Talk

ANYBODYS = ("people", "profile", "newcomer", "home", "open", "chapter", "human")
"""Answers that lead somewhere and change nothing: their old buttons are good in anybody's hands."""


def people(talk: Talk, _name: str = "") -> None:
    """The list of who shares this phone, in the order of their numbers; whose turn it is stands in it too."""
    chat = talk.chat
    everybody = sorted((chat.profile, *chat.others), key=lambda profile: profile.number)
    full = len(everybody) >= MOST_PROFILES
    offers = (*(f"profile:{profile.name}" for profile in everybody), *(() if full else ("newcomer",)))
    talk.tell("people", *offers, who=who(talk), most=str(MOST_PROFILES) if full else "")


def turn_to(talk: Talk, name: str) -> None:
    """The phone goes to the profile of that name; to whoever has it, it stays. A profile that is no more: the list."""
    if name == talk.chat.profile.name:
        talk.go_on()
    elif found := next((other for other in talk.chat.others if other.name == name), None):
        _switch(talk, found.number)
    else:
        people(talk)


def newcomer(talk: Talk) -> bool:
    """Somebody joins who was never here. False: nobody does, the phone is still in the hands of the last newcomer."""
    if _is_nobody(talk):
        return False
    if is_from_before(talk) or len(talk.chat.others) + 1 >= MOST_PROFILES:
        people(talk)
    else:
        _switch(talk, _free_number(talk.chat))
    return True


def who(talk: Talk) -> str:
    """Whose turn it is, as in the list."""
    return talk.house.speaker(talk.chat).label(None, "", f"profile:{talk.chat.profile.name}")


def is_from_before(talk: Talk) -> bool:
    """Whether the tapped message was on the screen before this person took the phone: it may be somebody else's.

    Where a platform's message ids do not grow, this is not known.
    """
    tapped, before = talk.incoming.message, talk.chat.before
    is_known = talk.incoming.what is What.TAP and tapped.isdecimal() and before.isdecimal()
    return is_known and int(tapped) <= int(before)


def comes(switch: Switch, found: Chat | None) -> Chat:
    """The chat of who has the phone now; `found` is how they were set aside."""
    coming = switch.coming
    if found is None:
        return coming
    return replace(found, reachable=True, others=coming.others, since=coming.since, before=coming.before)


def after_erasing(erased: Chat, incoming: Incoming) -> Chat:
    """Who has the phone once `erased` is forgotten: somebody new, with the others who share it as before."""
    at = incoming.at
    before = incoming.message or erased.before
    return replace(erased.emptied(), created_at=at, seen_at=at, since=at, before=before)


def guest(talk: Talk, of: str, team: str, place: str) -> None:
    """Somebody without an account takes the phone, `of` whom nothing is kept afterwards; see helper_mode.py."""
    if talk.chat.guest or len(talk.chat.others) + 1 >= MOST_PROFILES:
        people(talk)
        return
    _switch(talk, _free_number(talk.chat))
    if talk.switch is not None:
        coming = replace(talk.switch.coming, guest=of, team=team, place=place, welcomed=True)
        talk.switch = replace(talk.switch, coming=coming)


def back_to(talk: Talk, number: int) -> None:
    """The phone goes back to the profile of that number."""
    if any(other.number == number for other in talk.chat.others):
        _switch(talk, number)
    else:
        people(talk)


def _switch(talk: Talk, number: int) -> None:
    incoming = talk.incoming
    ending.drop_out(talk)
    beside.drop_out(talk)
    leaving = talk.chat
    leaves = not _is_nobody(talk) and not leaving.guest
    others = {other.number: other for other in (*leaving.others, *((leaving.profile,) if leaves else ()))}
    others.pop(number, None)
    coming = Chat(
        leaving.key,
        leaving.channel,
        leaving.external,
        leaving.language,
        incoming.at,
        incoming.at,
        number=number,
        others=tuple(others[each] for each in sorted(others)),
        since=incoming.at,
        before=incoming.message or leaving.before,
    )
    talk.switch = Switch(coming, leaves)
    talk.chat = replace(leaving, others=())
    talk.forget = True  # nobody is reminded of somebody else's guide; who comes back is waited for anew


def _is_nobody(talk: Talk) -> bool:
    """Whether nothing is known of who has the phone: no form of address, no place, no guide, no role."""
    chat = talk.chat
    return not (chat.address or chat.place or chat.team or chat.helps or talk.sessions)


def _free_number(chat: Chat) -> int:
    taken = {chat.number, *(other.number for other in chat.others)}
    return next(number for number in range(1, MOST_PROFILES + 1) if number not in taken)
