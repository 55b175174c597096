"""The number is typed: who may send sends, else those are asked who may; above a threshold somebody else approves."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from bot.engine.event import VIETNAM, local_day, local_time
from bot.meaning.moment import moment
from bot.people.role import Right
from bot.service import rights
from bot.service.errand import Notice
from bot.service.tip.words import NOW, UNSAID, about, end_mode, reasons, set_mode
from bot.service.tip.work import COUNT, SEND, holders, job
from bot.store import tips
from bot.store.tips import ASKED, SENT, WRITTEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk
    from bot.store.tips import Tip

_BLANKS = re.compile(r"[\s.,]")
MOST_DIGITS = 12

MORNING = time(8)
"""When "tomorrow morning" is."""

FARTHEST = timedelta(days=60)
"""How far ahead a tip may be planned."""


@dataclass(frozen=True, slots=True)
class Counted:
    """It is known how many would get it, and why others would not."""

    tip: int
    skipped: tuple[tuple[str, int], ...]

    async def run(self, desk: Desk) -> Reply | None:
        """Ask for the time; who is only to send it is asked for the number."""
        talk = desk.talk()
        tip = await _open(desk, talk, self.tip)
        if tip is None:
            return talk.reply()
        if tip.people < 0:  # changed since: it is counted once more
            return None
        said = {**about(talk, tip, desk.work.config), **reasons(dict(self.skipped))}
        if not tip.people:
            others = ("tip_all", "tip_stuck", "tip_finished") if tip.state == WRITTEN else ()
            talk.tell("tip.nobody", *(f"{other}:{tip.id}" for other in others), _away(tip), **said)
        elif tip.start_at == UNSAID:
            if not talk.chat.mode:
                set_mode(talk, tip.id, "when")
            talk.tell("tip.counted", f"tip_now:{tip.id}", f"tip_tomorrow:{tip.id}", _away(tip), **said)
        else:
            await _ask_number(desk, talk, tip)
        return talk.reply()


@dataclass(frozen=True, slots=True)
class When:
    """The writer says when it goes out: in milliseconds, or at once."""

    tip: int
    at: int = NOW

    async def run(self, desk: Desk) -> Reply:
        """Then the number is asked for."""
        talk = desk.talk()
        tip = await _open(desk, talk, self.tip)
        if tip is None or tip.state != WRITTEN or tip.people <= 0:
            if tip is not None:
                talk.tell("tip.gone", "tip:", "home")
            return talk.reply()
        tip = replace(tip, start_at=self.at, changed_at=talk.at)
        await tips.save(desk.connection, tip)
        await _ask_number(desk, talk, tip)
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Confirm:
    """Somebody has typed how many people will get it."""

    tip: int
    number: int

    async def run(self, desk: Desk) -> Reply:
        """The very number sends it, or asks for it to be sent; any other one is counted again."""
        talk, connection = desk.talk(), desk.connection
        tip = await _open(desk, talk, self.tip)
        if tip is None:
            return talk.reply()
        person, what = talk.chat.person, f"tip {tip.id}"
        if self.number != tip.people or tip.start_at == UNSAID:
            desk.work.put(job(COUNT, tip.id, talk.chat, talk.at))
            talk.tell("tip.wrong_number", _away(tip), number=str(self.number))
        elif await rights.has(connection, person, Right.SEND_TIP, place=tip.place):
            await rights.use(connection, person, Right.SEND_TIP, talk.at, place=tip.place, what=what)
            desk.work.put(job(SEND, tip.id, talk.chat, talk.at, people=self.number))
            end_mode(talk)
            talk.tell("tip.sending")
        else:
            await self._ask(desk, talk, tip)
        return talk.reply()

    async def _ask(self, desk: Desk, talk: Talk, tip: Tip) -> None:
        """The writer may not send: those are asked who may."""
        connection, person = desk.connection, talk.chat.person
        who = await holders(connection, Right.SEND_TIP, tip.place, {person})
        if not who:
            talk.tell("tip.no_sender", _away(tip), "tip:")
        elif await tips.take(connection, tip, ASKED, talk.at):
            says = {"tip": tip.id, "right": Right.SEND_TIP.value}
            for each, chat in who:
                desk.work.post(Notice(chat, each, "tip.asked", says))
            end_mode(talk)
            talk.tell("tip.asks", _away(tip), "tip:")


@dataclass(frozen=True, slots=True)
class Send:
    """Somebody who may send taps on one that waits."""

    tip: int

    async def run(self, desk: Desk) -> Reply:
        """It is counted again; then the number is asked for."""
        talk = desk.talk()
        tip = await _open(desk, talk, self.tip)
        if tip is not None and tip.state == ASKED:
            person, what = talk.chat.person, f"look at tip {tip.id}"
            await rights.use(desk.connection, person, Right.SEND_TIP, talk.at, place=tip.place, what=what)
            desk.work.put(job(COUNT, tip.id, talk.chat, talk.at))
            talk.tell("tip.counting", f"tip_refuse:{tip.id}")
        elif tip is not None:
            talk.tell("tip.gone", "tip:", "home")
        return talk.reply()


def counted(talk: Talk, says: Mapping[str, Any]) -> None:
    """It was counted (a notice)."""
    talk.errands.append(Counted(says["tip"], tuple(says["skipped"].items())))


def told(talk: Talk, says: Mapping[str, Any]) -> None:
    """What became of one (a notice)."""
    values = {name: str(value) for name, value in says.items() if name != "what"}
    talk.tell(f"tip.{says['what']}", "tip:", "stay" if talk.flow else "home", **values)


def number_typed(talk: Talk, tip: int, text: str) -> None:
    """The number of people, as it is typed: "1.204"."""
    digits = _BLANKS.sub("", text)
    if digits.isdecimal() and len(digits) <= MOST_DIGITS:
        talk.errands.append(Confirm(tip, int(digits)))
    else:
        talk.tell("tip.only_number", *(offer for offer in talk.chat.offers if offer.startswith("tip_")))


def tomorrow(at: int) -> int:
    """The next morning, at eight."""
    day = datetime.combine(local_day(at) + timedelta(days=1), MORNING, VIETNAM)
    return int(day.timestamp() * 1000)


def when_typed(talk: Talk, tip: int, text: str) -> None:
    """Day and time, as they are typed: "mai 8 giờ"."""
    now = local_time(talk.at)
    found = moment(text, now)
    offers = [offer for offer in talk.chat.offers if offer.startswith("tip_")]
    if found is None:
        talk.tell("tip.no_time", *offers)
    elif found == now:
        talk.errands.append(When(tip))
    elif now < found <= now + FARTHEST:
        talk.errands.append(When(tip, int(found.timestamp() * 1000)))
    else:
        about = {"when": found.strftime("%H:%M, %d/%m/%Y"), "most": str(FARTHEST.days)}
        talk.tell("tip.past" if found < now else "tip.far", *offers, **about)


async def _open(desk: Desk, talk: Talk, id_: int) -> Tip | None:
    """A tip that this person may bring on its way: their own unsent one, or one that waits for who may send it.

    None after saying why not.
    """
    tip, person = await tips.find(desk.connection, id_), talk.chat.person
    if tip is None or tip.state == SENT or (tip.state == WRITTEN and tip.writer != person):
        end_mode(talk)
        talk.tell("tip.gone", "tip:", "home")
        return None
    right = Right.WRITE_TIP if tip.state == WRITTEN else Right.SEND_TIP
    if not await rights.has(desk.connection, person, right, place=tip.place):
        await rights.use(desk.connection, person, right, talk.at, place=tip.place, what=f"tip {id_}")
        end_mode(talk)
        talk.tell("team.not_allowed", "home")
        return None
    return tip


async def _ask_number(desk: Desk, talk: Talk, tip: Tip) -> None:
    sends = await rights.has(desk.connection, talk.chat.person, Right.SEND_TIP, place=tip.place)
    set_mode(talk, tip.id, "number")
    talk.tell("tip.confirm", _away(tip), **about(talk, tip, desk.work.config), sends="1" if sends else "")


def _away(tip: Tip) -> str:
    """The way out: the writer gives it up, somebody else does not send it."""
    return f"tip_drop:{tip.id}" if tip.state == WRITTEN else f"tip_refuse:{tip.id}"
