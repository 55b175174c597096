"""Help is counted by who gave it: tapped (guide, how it went, age), or typed after an event; changed, undone.

Who was helped is nobody here: only how many, with what, how it went, and of which age.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.people.count import (
    AGES,
    ANY_AGE,
    DOUBTFUL,
    MOST,
    MOST_A_DAY,
    RESULTS,
    WALKED,
    Draft,
    read_count,
)
from bot.people.place import is_under, province_of
from bot.people.role import Right
from bot.service import rights
from bot.store import counts, pairs, roles, teams
from bot.store.counts import Help, day_at
from bot.store.journal import DAY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.people.team import Team
    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk
    from bot.store.database import Database

MODE = "count"

WORDS = "_bot/count"
"""Where the labels of results and ages stand."""

MOST_GUIDES, MOST_GUESSES, MOST_SHOWN = 6, 3, 5
"""Guides to choose from; guesses at a typed one; entries of a day in one list."""

LATELY = 30
"""Days whose guides are offered first."""

_COMMUNE = re.compile(r"(?<!\w)(?:xã|xa|phường|phuong|thị trấn|thi tran)\s[^,;.]+")


@dataclass(frozen=True, slots=True)
class Count:
    """An entry on its way; what is missing is asked for."""

    draft: Draft

    async def run(self, desk: Desk) -> Reply:
        """Ask for the next thing, or write it down."""
        talk, connection, draft = desk.talk(), desk.connection, self.draft
        team = await _team(desk, talk, draft.team)
        if team is None:
            return talk.reply()
        draft = replace(draft, team=team.code)
        talk.chat = replace(talk.chat, mode=f"{MODE}:{team.code}")
        if draft.guide not in talk.house.flows:
            often = await counts.often(connection, team.code, day_at(talk.at) - LATELY)
            _ask_guide(talk, replace(draft, guide=""), often)
        elif not draft.result:
            _ask(talk, "result", {each: replace(draft, result=each) for each in RESULTS})
        elif not draft.age:
            _ask(talk, "age", {each: replace(draft, age=each) for each in (*AGES, ANY_AGE)})
        else:
            await self._count(desk, talk, replace(draft, number=max(1, draft.number)), team)
        return talk.reply()

    async def _count(self, desk: Desk, talk: Talk, draft: Draft, team: Team) -> None:
        connection, person, day = desk.connection, talk.chat.person, day_at(talk.at)
        if draft.number > MOST:
            talk.tell("count.too_many", f"count:{team.code}", "team", most=str(MOST))
        elif draft.number > DOUBTFUL and not draft.sure:
            yes = _offer(talk, replace(draft, sure=True), "yes")
            talk.tell("count.sure", yes, f"count:{team.code}", **_said(talk, draft.guide, draft.number))
        elif await _today(desk, person, day) + draft.number > MOST_A_DAY:
            talk.tell("count.enough", f"count_today:{team.code}", "team", most=str(MOST_A_DAY))
        else:
            what = f"count {draft.number} {draft.guide}"
            await rights.use(connection, person, Right.COUNT_HELP, talk.at, team=team.code, what=what)
            age = "" if draft.age == ANY_AGE else draft.age
            near = is_under(draft.place, province_of(team.place))
            place = draft.place if near else team.place
            entry = Help(day, team.code, place, person, draft.guide, draft.result, age, draft.how, draft.number)
            _counted(talk, replace(entry, id=await counts.add(connection, entry)))


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of today is of more or fewer people; `by` 0: it is taken back."""

    entry: int
    by: int

    async def run(self, desk: Desk) -> Reply:
        """Only who made it, and only on its day: later nobody knows who made it."""
        talk, connection = desk.talk(), desk.connection
        person, day = talk.chat.person, day_at(talk.at)
        entry = await counts.find(connection, self.entry, person, day)
        if entry is None:
            talk.tell("count.too_late", "count:", "team")
            return talk.reply()
        number = entry.number + self.by if self.by else 0
        team = entry.team
        if number > MOST or (self.by > 0 and await _today(desk, person, day) + self.by > MOST_A_DAY):
            talk.tell("count.enough", f"count_today:{team}", "team", most=str(MOST_A_DAY))
        elif not await rights.use(connection, person, Right.COUNT_HELP, talk.at, team=team, what=f"count to {number}"):
            talk.tell("team.not_allowed", "home")
        else:
            await counts.change(connection, entry, number)
            if number > 0:
                _counted(talk, replace(entry, number=number))
            else:
                talk.tell("count.undone", f"count:{team}", "team", **_said(talk, entry.guide, entry.number))
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Age:
    """How old they were who were walked through a guide: said after it was counted, so that nothing hangs on it."""

    entry: int
    age: str

    async def run(self, desk: Desk) -> Reply:
        """Only who made the entry, on its day."""
        talk, connection, person = desk.talk(), desk.connection, desk.talk().chat.person
        entry = await counts.find(connection, self.entry, person, day_at(talk.at))
        if entry is None or self.age not in AGES:
            talk.tell("count.too_late", "count:", "team")
        elif not await rights.use(connection, person, Right.COUNT_HELP, talk.at, team=entry.team, what="age"):
            talk.tell("team.not_allowed", "home")
        else:
            await counts.say_age(connection, entry, self.age)
            _counted(talk, replace(entry, age=self.age))
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Today:
    """What this person has counted today, to take one of it back."""

    team: str

    async def run(self, desk: Desk) -> Reply:
        """The newest first."""
        talk = desk.talk()
        found = await counts.of_day(desk.connection, talk.chat.person, day_at(talk.at))
        labels = [(entry.id, _said(talk, entry.guide, entry.number)) for entry in found[:MOST_SHOWN]]
        undo = [f"count_undo:{id_}|❌ {said['number']} · {said['title']}" for id_, said in labels]
        number = str(counts.total(found)) if found else ""
        talk.tell("count.today", *undo, f"count:{self.team}", "team", number=number)
        return talk.reply()


def forgetter(database: Database) -> Callable[[int], Awaitable[None]]:
    """What cannot be taken back any more is nobody's; who sat beside whom is kept for a day."""

    async def forget(now: int) -> None:
        async with database.write() as connection:
            await counts.forget(connection, day_at(now))
            await pairs.forget(connection, now - DAY)

    return forget


def choose(talk: Talk, written: str) -> None:
    """A button of an entry on its way. The last one counts while it is on the screen: a double tap is one."""
    draft = Draft.read(written)
    is_shown = any(offer.partition("|")[0] == f"count_as:{written}" for offer in talk.chat.offers)
    is_whole = draft.guide and draft.result and draft.age
    talk.errands.append(Today(draft.team) if is_whole and not is_shown else Count(draft))


def choose_age(talk: Talk, about: str) -> None:
    """An age was tapped below an entry: "17.old"."""
    entry, _, age = about.partition(".")
    talk.errands.append(Age(int(entry), age))


def typed(talk: Talk, team: str, text: str) -> bool:
    """What is typed while the screen of counting is there: a count, or at least a guide."""
    is_there = any(offer.startswith("count") for offer in talk.chat.offers)
    if is_there and _takes(talk, team, text, needs_number=False):
        return True
    talk.chat = replace(talk.chat, mode="")
    return not is_there and not talk.chat.flow and told(talk, text)


def told(talk: Talk, text: str) -> bool:
    """The same without the screen, from who helps: "12 người, kích hoạt VNeID". A cry for help goes before."""
    return bool(text) and _takes(talk, "", text, needs_number=True)


def _takes(talk: Talk, team: str, text: str, *, needs_number: bool) -> bool:
    said = read_count(text)
    if needs_number and (not said.number or (talk.heard(text).alarm and not said.begins)):
        return False
    commune = _COMMUNE.search(said.rest)
    place = talk.house.places.sure(commune[0]) if commune else None
    batch = ("done", ANY_AGE) if said.number else ("", "")
    draft = Draft(
        team,
        result=said.result or batch[0],
        age=said.age or batch[1],
        number=said.number,
        place=place.key if place else "",
    )
    guides, is_clear = _guides(talk, said.rest)
    if is_clear:
        talk.errands.append(Count(replace(draft, guide=guides[0])))
    elif not said.begins and (needs_number or not (said.number or guides)):
        return False
    elif guides:
        talk.tell("count.which", *(_titled(talk, replace(draft, guide=guide)) for guide in guides), f"count:{team}")
    else:
        talk.errands.append(Count(draft))
    return True


def _guides(talk: Talk, text: str) -> tuple[list[str], bool]:
    """The guides that are meant, the likeliest first, and whether the first one is beyond doubt. Commas part words."""
    best: list[str] = []
    for part in (text, *text.split(",")):
        heard = talk.heard(part.strip())
        found = [each.answer.partition(":")[2] for each in heard.found if each.answer.startswith("open:")]
        if heard.is_clear and heard.found[0].answer.startswith("open:"):
            return found, True
        best = best or found[:MOST_GUESSES]
    return best, False


async def _team(desk: Desk, talk: Talk, code: str) -> Team | None:
    """The team it is counted for; None after saying why not, or asking for which one."""
    grants = await roles.grants(desk.connection, talk.chat.person)
    found = []
    for each in dict.fromkeys(grant.team for grant in grants if grant.team and code in {"", grant.team}):
        if await rights.has(desk.connection, talk.chat.person, Right.COUNT_HELP, team=each):
            found += [team] if (team := await teams.find(desk.connection, each)) else []
    if len(found) == 1:
        return found[0]
    if found:
        talk.tell("count.team", *(f"count:{each.code}|{each.name}" for each in found), "home")
    else:
        if code:
            await rights.use(desk.connection, talk.chat.person, Right.COUNT_HELP, talk.at, team=code, what="count")
        talk.tell("team.not_allowed", "home")
    return None


async def _today(desk: Desk, person: str, day: int) -> int:
    return counts.total(await counts.of_day(desk.connection, person, day))


def _ask_guide(talk: Talk, draft: Draft, often: list[str]) -> None:
    flows = talk.house.flows
    listed = sorted((flow.menu, name) for name, flow in flows.items() if flow.menu is not None)
    names = dict.fromkeys([*(each for each in often if each in flows), *(name for _, name in listed)])
    offers = [_titled(talk, replace(draft, guide=name)) for name in list(names)[:MOST_GUIDES]]
    talk.tell("count.guide", *offers, f"count_today:{draft.team}", "team", number=str(draft.number or ""))


def _ask(talk: Talk, what: str, drafts: dict[str, Draft]) -> None:
    draft = next(iter(drafts.values()))
    offers = [_offer(talk, each, f"{what}_{name}") for name, each in drafts.items()]
    talk.tell(f"count.{what}", *offers, f"count:{draft.team}", **_said(talk, draft.guide, draft.number or 1))


def _counted(talk: Talk, entry: Help) -> None:
    changes = (f"count_more:{entry.id}", f"count_less:{entry.id}", f"count_undo:{entry.id}", f"count:{entry.team}")
    place = talk.house.places.places.get(entry.place)
    said = _said(talk, entry.guide, entry.number)
    said["result"] = label(talk, f"result_{entry.result}")
    said["age"] = label(talk, f"age_{entry.age}") if entry.age else ""
    said["place"] = place.title if place else ""
    walked = entry.how == WALKED
    asked = AGES if walked and not entry.age else ()
    ages = (f"count_age:{entry.id}.{age}|{label(talk, f'age_{age}')}" for age in asked)
    said["asked"] = "1" if asked else ""
    talk.tell("count.counted", *ages, *(changes[1:] if walked else changes), **said)


def _said(talk: Talk, guide: str, number: int) -> dict[str, str]:
    title = talk.house.speaker(talk.chat).title(guide) if guide in talk.house.flows else ""
    return {"title": title, "number": str(number)}


def _titled(talk: Talk, draft: Draft) -> str:
    return f"count_as:{draft.written()}|{talk.house.speaker(talk.chat).title(draft.guide)}"


def _offer(talk: Talk, draft: Draft, name: str) -> str:
    return f"count_as:{draft.written()}|{label(talk, name)}"


def label(talk: Talk, name: str) -> str:
    """The words of a result, of an age, of a yes: blocks of _bot/count.j2."""
    words = talk.house.speaker(talk.chat).address.words
    return str(talk.house.library.phrase(talk.chat.language, WORDS, name, words))
