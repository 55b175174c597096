"""Tips that were sent: the newest of one's places, how far each is, and pausing, going on or stopping it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.people.role import Right, may
from bot.service import rights
from bot.service.sending import TURNS, goes_on
from bot.service.tip.deciding import Offered
from bot.service.tip.words import RIGHTS, end_mode, headline, may_any, places_of
from bot.service.tip.work import LOOK, job
from bot.store import broadcasts, roles, tips
from bot.store.tips import ASKED, SENT
from bot.wording.library import BOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.people.role import Grant
    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk
    from bot.store.tips import Sent

MOST_LOOKED_AT, MOST_SHOWN = 200, 5


@dataclass(frozen=True, slots=True)
class Show:
    """What somebody can do about tips, and the newest ones of their places."""

    async def run(self, desk: Desk) -> Reply:
        """Only those they have a right over."""
        talk, connection = desk.talk(), desk.connection
        grants = await roles.grants(connection, talk.chat.person)
        end_mode(talk)
        if not may_any(grants):
            talk.tell("team.not_allowed", "home")
            return talk.reply()
        waiting = [
            (each.id, _label(talk, "waiting", each.text))
            for each in await tips.waiting(connection)
            if may(grants, Right.SEND_TIP, place=each.place)
        ]
        sent = [
            (each.tip.id, _label(talk, each.state, each.tip.text))
            for each in await tips.newest(connection, MOST_LOOKED_AT)
            if _sees(grants, each.tip.place)
        ]
        write = ("tip_new:0",) if places_of(grants, Right.WRITE_TIP) else ()
        looks = [f"tip_look:{id_}|{label}" for id_, label in (*waiting[:MOST_SHOWN], *sent[:MOST_SHOWN])]
        talk.tell("tip.menu", *write, *looks, "home", any="1" if looks else "", writes="1" if write else "")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Look:
    """One of them."""

    tip: int

    async def run(self, desk: Desk) -> Reply | None:
        """Who may send sees one that waits; of one that was sent the numbers are counted."""
        talk, connection = desk.talk(), desk.connection
        tip = await tips.find(connection, self.tip)
        grants = await roles.grants(connection, talk.chat.person)
        if tip is not None and tip.state == ASKED and may(grants, Right.SEND_TIP, place=tip.place):
            return await Offered(self.tip, Right.SEND_TIP).run(desk)
        if tip is None or tip.state != SENT:
            talk.tell("tip.gone", "tip:", "home")
        elif not _sees(grants, tip.place):
            talk.tell("team.not_allowed", "home")
        else:
            desk.work.put(job(LOOK, tip.id, talk.chat, talk.at))
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Turn:
    """Pause one, let it go on, stop it: `what` is a key of TURNS. Its sending sees it within a second."""

    tip: int
    what: str

    async def run(self, desk: Desk) -> Reply:
        """Whoever may send may do that."""
        talk, connection = desk.talk(), desk.connection
        found = await tips.sent(connection, self.tip)
        if found is None:
            talk.tell("tip.gone", "tip:", "home")
            return talk.reply()
        person, what = talk.chat.person, f"{self.what} tip {self.tip}"
        only_if, state, reason = TURNS[self.what]
        if not await rights.use(connection, person, Right.SEND_TIP, talk.at, place=found.tip.place, what=what):
            talk.tell("team.not_allowed", "home")
        elif found.state in only_if and await tips.turn(connection, found, _state(found, state, talk.at), reason):
            talk.tell(f"tip.did_{self.what}", f"tip_look:{self.tip}", "tip:")
        else:
            talk.tell("tip.late", f"tip_look:{self.tip}", "tip:")
        return talk.reply()


def looked(talk: Talk, says: Mapping[str, Any]) -> None:
    """How far one is (a notice)."""
    tip, state = says["tip"], says["state"]
    able = [what for what, (only_if, _, _) in TURNS.items() if says["sends"] and state in only_if]
    turns = [f"tip_{what}:{tip}" for what in able]
    if says["approves"] and state == broadcasts.ASKED:
        turns = [f"tip_approve:{tip}", f"tip_refuse:{tip}"]
    numbers = {name: str(says[name]) for name in ("sent", "failed", "skipped", "unknown", "left")}
    said = {"state": _word(talk, state), **{name: says[name] for name in ("expected", "rests", "by_itself")}}
    talk.tell("tip.status", *turns, f"tip_look:{tip}", "tip:", **numbers, **said)


def _state(found: Sent, state: str, now: int) -> str:
    """What it is paused, stopped or resumed to."""
    return goes_on(found.starts_at, now) if state == broadcasts.SCHEDULED else state


def _sees(grants: list[Grant], place: str) -> bool:
    return any(may(grants, right, place=place) for right in RIGHTS)


def _label(talk: Talk, state: str, text: str) -> str:
    return f"{_word(talk, state)} · {headline(text, 30)}"


def _word(talk: Talk, state: str) -> str:
    words = talk.house.speaker(talk.chat).address.words
    return str(talk.house.library.phrase(talk.chat.language, f"{BOT}/tip", f"state_{state}", words))
