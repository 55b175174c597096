"""What a tip is made of: its text as a broadcast, its audience, what is wrong with it, what is said of it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.broadcast.model import Broadcast, Kind, Plan
from bot.broadcast.reason import COUNTED
from bot.engine.event import local_time
from bot.people.role import TABLE, Right, Scope
from bot.service.broadcast_words import Words
from bot.service.help import call
from bot.service.quiet import allowed
from bot.service.sending import needed
from bot.store.tips import UNSET, Tip
from bot.wording.library import BOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.config import Config
    from bot.people.role import Grant
    from bot.service.house import House
    from bot.service.talk import Talk

MODE = "tip"
"""Behind its colon: the tip's number and what is typed ("17.number"); "0.text" before there is one."""

TOPIC = "tips"
LONGEST = 600
"""Characters of a tip."""

ALL, STUCK, FINISHED = "all", "stuck", "finished"

NOW, UNSAID = 0, -1
"""Times of a tip: at once; nobody has said."""

RIGHTS = (Right.WRITE_TIP, Right.SEND_TIP, Right.APPROVE_TIP)

FAULTS = {"E040": "link", "E041": "number", "E039": "secret"}
"""What a tip must not have, by the checker's code."""

LONG = "W107"


def places_of(grants: Iterable[Grant], right: Right) -> list[str]:
    """The places in which somebody has a right; "" alone: everywhere."""
    scopes = {
        grant.place: TABLE[right][grant.role] for grant in grants if TABLE[right][grant.role] is not Scope.NOWHERE
    }
    return [""] if Scope.EVERYWHERE in scopes.values() else sorted(scopes)


def may_any(grants: Iterable[Grant]) -> bool:
    """Whether somebody has to do with tips at all."""
    held = list(grants)
    return any(places_of(held, right) for right in RIGHTS)


def content(tip: Tip, house: House, kind: Kind = Kind.TIP) -> Broadcast:
    """The tip as a broadcast. Braces are what they are: nothing in the text is a template."""
    text = tip.text.replace("{", '{{ "{" }}')
    how, _, guide = tip.who.partition(".")
    return Broadcast(
        name=name_of(tip.id),
        topic=TOPIC,
        kind=kind,
        audience=audience(tip),
        buttons=(f"open:{guide}",) if how == STUCK else (),
        plan=Plan(),
        words={house.library.source: f"{{% block text %}}\n{text}\n{{% endblock %}}\n"},
    )


def name_of(tip: int) -> str:
    """The name of its broadcast; no file can be called so."""
    return f"tip.{tip}"


def audience(tip: Tip) -> str:
    """Who is meant, as docs/broadcasts.md says it."""
    where = f'place under "{tip.place}"' if tip.place else ""
    how, _, guide = tip.who.partition(".")
    which = f'{how}("{guide}")' if guide else ""
    return " and ".join(filter(None, (where, which))) or "everyone"


def faults(text: str, language: str) -> tuple[list[tuple[str, str]], str]:
    """What must not stand in a tip, as (kind, the words); and a sentence too long to follow, or ""."""
    if len(text) > LONGEST:
        return [("long", str(len(text)))], ""
    from bot.broadcast.check import check_said  # noqa: PLC0415 (the checker is not needed to serve)

    problems = check_said(text, language)
    found = [(FAULTS[each.code], ([*each.message.split("'"), ""])[1]) for each in problems if each.code in FAULTS]
    is_long = any(each.code == LONG for each in problems)
    return list(dict.fromkeys(found)), "1" if is_long else ""


def show(talk: Talk, tip: Tip) -> None:
    """The tip as people will see it, marked as a test."""
    words = Words(talk.house, content(tip, talk.house, Kind.TEST), "")
    talk.outgoing.append(words.message(talk.chat.language, talk.chat.address))
    talk.noted += [meaning.answer for meaning in words.meanings().values()]


def place_title(house: House, key: str) -> str:
    """A place as it is said; "" for everywhere, or none."""
    found = house.places.places.get(key)
    return found.title if found else "" if key == UNSET else key


def about(talk: Talk, tip: Tip, config: Config) -> dict[str, str]:
    """What sentences may say of a tip."""
    how, _, guide = tip.who.partition(".")
    now = talk.at
    begins = allowed(max(tip.start_at, now), config)
    return {
        "place": place_title(talk.house, tip.place),
        "how": how,
        "guide": talk.house.speaker(talk.chat).title(guide) if guide in talk.house.flows else guide,
        "people": str(tip.people),
        "when": local_time(begins).strftime("%H:%M, %d/%m") if begins > now else "",
        "quiet": "1" if begins > max(tip.start_at, now) else "",
        "approve": "1" if needed(Kind.TIP, tip.people, config.approve_above) else "",
        "head": headline(tip.text),
    }


def headline(text: str, most: int = 60) -> str:
    """The first line, as a list shows it."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= most else f"{line[:most].rpartition(' ')[0] or line[: most - 1]}…"


def reasons(skipped: Mapping[str, int]) -> dict[str, str]:
    """How many do not get it, by reason, for sentences."""
    return {reason.value: str(skipped.get(reason) or "") for reason in COUNTED}


def set_mode(talk: Talk, tip: int, what: str) -> None:
    """Typed words are for the tip from now on; who is in the middle of a call for help is left there."""
    if not is_busy(talk):
        talk.chat = replace(talk.chat, mode=f"{MODE}:{tip}.{what}")


def is_busy(talk: Talk) -> bool:
    """Whether somebody is in the middle of a call for help: what they type is the other side's."""
    return call.is_helped(talk.chat)


def end_mode(talk: Talk) -> None:
    """No more."""
    if talk.chat.mode.partition(":")[0] == MODE:
        talk.chat = replace(talk.chat, mode="")


def by(house: House, role: str, place: str) -> str:
    """Who did it, as operators read it: no name and no key of a person."""
    values = {"place": place_title(house, place)}
    return str(house.library.phrase(house.library.source, f"{BOT}/tip", f"by_{role}", values))
