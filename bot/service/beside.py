"""A helper sits beside somebody, each with their own phone: the helper sees guide and step, never what was typed.

The person shows a code of four digits, the helper types it. From then on each step of the person is told to the helper,
with the notes for helpers; the helper can have it shown again, read aloud, or ask whether it is done. Only the person
answers. The person ends it by one tap; after half an hour it ends by itself.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.people.role import Right
from bot.service import aloud, rights
from bot.service.errand import Notice
from bot.service.help import asking, helping
from bot.store import jobs, pairs, teams

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.engine.chat import Chat
    from bot.engine.session import Session
    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk
    from bot.store.database import Database
    from bot.store.pairs import Pair

MODE = "beside"
"""While a helper is to type the code."""

MINUTE = 60_000
GOOD = 5 * MINUTE
"""Milliseconds for which a code is good."""

LONGEST = 30 * MINUTE
"""Milliseconds after which nobody sits beside anybody any more."""

MOST_TRIES, MOST_CODES = 5, 10
"""Wrong codes a helper may type, and codes somebody may be shown, in `AGAIN`."""

AGAIN = 60 * MINUTE

NEXT, SHOW, READ = "next", "again", "aloud"
"""What a helper can do: ask whether the step is done, have it shown again, have it read aloud."""

KIND = "beside"

_CODE = re.compile(r"\d{4}")
_DIGITS = 10_000


@dataclass(frozen=True, slots=True)
class ShowCode:
    """Somebody wants a helper beside them."""

    async def run(self, desk: Desk) -> Reply:
        """A code on their own screen."""
        talk, connection = desk.talk(), desk.connection
        chat, at = talk.chat, talk.at
        back = "stay" if talk.flow else "home"
        if chat.beside:
            talk.tell("beside.already", f"beside_end:{chat.beside}", back)
        elif await pairs.lately(connection, chat.person, at - AGAIN) >= MOST_CODES:
            talk.tell("beside.too_often", "human", back)
        else:
            taken = await pairs.codes(connection, at - GOOD)
            code = _new_code(taken)
            id_ = await pairs.add(connection, code, chat.person, chat.key, at)
            talk.tell("beside.code", f"beside_end:{id_}", back, code=" ".join(code))
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Ask:
    """A helper wants to sit beside somebody."""

    team: str

    async def run(self, desk: Desk) -> Reply:
        """Only who may take calls, and has learnt how."""
        talk = desk.talk()
        if await _may(desk, talk, self.team):
            talk.chat = replace(talk.chat, mode=f"{MODE}:{self.team}")
            talk.tell("beside.ask", "team")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Join:
    """A helper has typed a code."""

    team: str
    code: str

    async def run(self, desk: Desk) -> Reply:
        """Both are told. After too many wrong ones no code is taken for a while."""
        talk, connection = desk.talk(), desk.connection
        chat, at = talk.chat, talk.at
        if await pairs.TRIES.count(connection, chat.person, at - AGAIN) >= MOST_TRIES:
            talk.chat = replace(chat, mode="")
            talk.tell("beside.no_more", "team")
            return talk.reply()
        if not await _may(desk, talk, self.team):
            talk.chat = replace(talk.chat, mode="")
            return talk.reply()
        pair = await pairs.by_code(connection, self.code, at - GOOD)
        is_good = pair is not None and pair.person != chat.person
        if pair is None or not is_good or not await pairs.join(connection, pair.id, chat, self.team, at):
            left = MOST_TRIES - await pairs.TRIES.add(connection, chat.person, at - AGAIN, at)
            talk.chat = replace(chat, mode=chat.mode if left > 0 else "")
            talk.tell("beside.wrong" if left > 0 else "beside.no_more", "team", left=str(left))
            return talk.reply()
        for old in await pairs.of_helper(connection, chat.person, besides=pair.id):
            await _end(desk, old, "left")
        team = await teams.find(connection, self.team)
        says = {"pair": pair.id, "team": team.name if team else ""}
        desk.work.post(Notice(pair.chat, pair.person, "beside.begins", says))
        desk.work.put(jobs.Job(_key(pair.id), "", at + LONGEST, {"pair": pair.id}, KIND))
        talk.chat = replace(chat, mode="")
        talk.tell("beside.joined", f"beside_end:{pair.id}")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Moved:
    """What has happened to the person goes to the helper; `says` is what they may see."""

    pair: int
    says: Mapping[str, Any]

    async def run(self, desk: Desk) -> Reply | None:
        """Nothing, where it is over."""
        talk = desk.talk()
        pair = await pairs.find(desk.connection, self.pair)
        if pair is None or not pair.goes_on or pair.person != talk.chat.person:
            talk.chat = replace(talk.chat, beside=0)
            talk.tell("beside.over", how="")
            return talk.reply()
        if not await _still_may(desk, pair):
            await _end(desk, pair, "gone")
            return None
        desk.work.post(Notice(pair.helper_chat, pair.helper, "beside.moved", {"pair": pair.id, **self.says}))
        return None


@dataclass(frozen=True, slots=True)
class Push:
    """The helper does something for the person to see."""

    pair: int
    what: str

    async def run(self, desk: Desk) -> Reply:
        """It comes to the person's own screen."""
        talk = desk.talk()
        pair = await pairs.find(desk.connection, self.pair)
        if pair is None or not pair.goes_on or pair.helper != talk.chat.person:
            talk.tell("beside.is_over", "team")
        elif not await _still_may(desk, pair):
            await _end(desk, pair, "gone", besides=pair.helper)
            talk.tell("beside.is_over", "team")
        else:
            desk.work.post(Notice(pair.chat, pair.person, "beside.pushed", {"pair": pair.id, "what": self.what}))
            talk.tell(f"beside.did_{self.what}")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class End:
    """One of them ends it, or the person takes a code back that nobody has used. 0: typed, whichever it is."""

    pair: int

    async def run(self, desk: Desk) -> Reply:
        """The other one hears so."""
        talk = desk.talk()
        person = talk.chat.person
        pair = await pairs.find(desk.connection, self.pair or talk.chat.beside)
        if pair is not None and person in {pair.person, pair.helper}:
            await _end(desk, pair, "ended", besides=person)
        if self.pair in {0, talk.chat.beside}:
            talk.chat = replace(talk.chat, beside=0)
        helps = pair is not None and pair.helper == person
        if helps and pair is not None:
            talk.tell("beside.thanked", f"count:{pair.team}", "team")
        else:
            talk.tell("beside.over", how="")
            talk.go_on()
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Gone:
    """Who has the phone is no more the person beside whom somebody sits."""

    pair: int

    async def run(self, desk: Desk) -> None:
        """The helper hears so."""
        pair = await pairs.find(desk.connection, self.pair)
        if pair is not None:
            await _end(desk, pair, "gone", besides=pair.person)


def typed(talk: Talk, team: str, text: str) -> bool:
    """The code, with any blanks or words around it; other words go their usual way, and it is asked for no more."""
    digits = _CODE.fullmatch(re.sub(r"\D", "", text))
    if digits:
        talk.errands.append(Join(team, digits[0]))
        return True
    talk.chat = replace(talk.chat, mode="")
    return False


def follow(talk: Talk, chat: Chat, sessions: Mapping[str, Session]) -> None:
    """After what happened to a person beside whom somebody sits: tell the helper, if it changes where they are."""
    if not talk.chat.beside or talk.chat.person != chat.person or talk.switch is not None:
        return
    before, session = sessions.get(chat.flow), talk.session
    noted = {note.what for _, note in talk.notes}
    stuck = bool(noted & {"stuck", "help"})
    stood = (chat.flow, before.step if before else "", len(before.visits) if before else 0)
    stands = (talk.chat.flow, session.step if session else "", len(session.visits) if session else 0)
    if stuck or stood != stands:
        where = asking.where(talk)
        says = {"guide": talk.chat.flow, "step": session.step if session and talk.flow else "", "place": "", **where}
        finished = bool(session and talk.flow and session.finished)
        talk.errands.append(Moved(chat.beside, says | {"what": "stuck" if stuck else "end" if finished else "step"}))


def drop_out(talk: Talk) -> None:
    """The person will not be there any more."""
    if talk.chat.beside:
        talk.errands.append(Gone(talk.chat.beside))
        talk.chat = replace(talk.chat, beside=0)


def begins(talk: Talk, says: Mapping[str, Any]) -> None:
    """Somebody sits beside this person from now on."""
    talk.chat = replace(talk.chat, beside=says["pair"])
    talk.tell("beside.begins", f"beside_end:{says['pair']}", team=says["team"])
    talk.go_on()
    session = talk.session
    step = session.step if session and talk.flow else ""
    here = {"guide": talk.chat.flow, "step": step, "place": "", "what": "step", **asking.where(talk)}
    talk.errands.append(Moved(says["pair"], here))


def moved(talk: Talk, says: Mapping[str, Any]) -> None:
    """Where the person is, on the helper's screen."""
    id_ = says["pair"]
    values = helping.on_card(talk, says) | {"what": says["what"]}
    values["notes"] = helping.notes(talk, says["guide"], says["step"])
    pushes = () if says["what"] == "end" or not says["guide"] else (f"beside_next:{id_}",)
    talk.tell("beside.moved", *pushes, f"beside_again:{id_}", f"beside_aloud:{id_}", f"beside_end:{id_}", **values)


def pushed(talk: Talk, says: Mapping[str, Any]) -> None:
    """The helper has asked for something: nothing is answered in the person's place."""
    if talk.chat.beside != says["pair"]:
        return
    note = aloud.note(talk.house, talk.chat, talk.session, talk.at) if says["what"] == READ else None
    if note is not None:
        talk.outgoing.append(note)
    elif says["what"] == NEXT and talk.flow is not None:
        talk.tell("beside.next", *talk.offers)
    else:
        talk.go_on()


def over(talk: Talk, says: Mapping[str, Any]) -> None:
    """It has ended: said to the person, or to the helper."""
    if says["asks"]:
        if talk.chat.beside == says["pair"]:
            talk.chat = replace(talk.chat, beside=0)
            talk.tell("beside.over", how=says["how"])
            talk.go_on()
    else:
        talk.tell("beside.thanked", f"count:{says['team']}", "team")


def carriers(database: Database) -> dict[str, Callable[[jobs.Job, int], Awaitable[None]]]:
    """Due work: half an hour is over."""

    async def end(job: jobs.Job, now: int) -> None:
        async with database.batch() as connection:
            await jobs.cancel(connection, [job.key])
            pair = await pairs.find(connection, job.payload["pair"])
            if pair is not None and await pairs.end(connection, pair.id, now):
                notices = _notices(pair, "time", "")
                await jobs.add(connection, [each.job(number, now) for number, each in enumerate(notices)])

    return {KIND: end}


async def _may(desk: Desk, talk: Talk, team: str) -> bool:
    """Whether somebody may sit beside others; else they are told why not."""
    if not await rights.use(
        desk.connection, talk.chat.person, Right.TAKE_TICKET, talk.at, team=team, what="sit beside"
    ):
        talk.tell("team.not_allowed", "home")
        return False
    if not await helping.has_learnt(desk):
        talk.tell("help.learn_first", f"open:{helping.LESSON}", "team")
        return False
    return True


async def _still_may(desk: Desk, pair: Pair) -> bool:
    """Whether the helper's role still stands: what was taken away ends at once."""
    return await rights.has(desk.connection, pair.helper, Right.TAKE_TICKET, team=pair.team)


async def _end(desk: Desk, pair: Pair, how: str, besides: str = "") -> None:
    if await pairs.end(desk.connection, pair.id, desk.incoming.at):
        desk.work.cancelled.add(_key(pair.id))
        for notice in _notices(pair, how, besides) if pair.joined_at else ():
            desk.work.post(notice)


def _notices(pair: Pair, how: str, besides: str) -> list[Notice]:
    """What each of them is told of the end."""
    says = {"pair": pair.id, "how": how, "team": pair.team}
    both = ((pair.chat, pair.person, True), (pair.helper_chat, pair.helper, False))
    return [
        Notice(chat, person, "beside.over", says | {"asks": asks}) for chat, person, asks in both if person != besides
    ]


def _new_code(taken: set[str]) -> str:
    while (code := f"{secrets.randbelow(_DIGITS):04}") in taken:
        pass
    return code


def _key(pair: int) -> str:
    return f"beside:{pair}"
