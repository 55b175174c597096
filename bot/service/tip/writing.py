"""The writer of a tip: types it, sees it as people will, says for which place and for whom, or gives it up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.people.place import province_of
from bot.people.role import Right
from bot.service import rights
from bot.service.tip.words import (
    ALL,
    FINISHED,
    LONGEST,
    STUCK,
    UNSAID,
    end_mode,
    is_busy,
    place_title,
    places_of,
    set_mode,
    show,
)
from bot.service.tip.work import COUNT, job
from bot.store import roles, tips
from bot.store.tips import SENT, UNSET, WRITTEN, Tip

if TYPE_CHECKING:
    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk

MOST_GUIDES, MOST_PLACES = 6, 5


@dataclass(frozen=True, slots=True)
class New:
    """Somebody wants to write a tip, or (`tip`) the text of theirs anew."""

    tip: int = 0

    async def run(self, desk: Desk) -> Reply:
        """If they may write any."""
        talk = desk.talk()
        if is_busy(talk):
            talk.tell("tip.busy")
        elif await _places(desk, talk):
            set_mode(talk, self.tip, "text")
            talk.tell("tip.write", f"tip_drop:{self.tip}", most=str(LONGEST))
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Write:
    """The text was typed, and is sound. `long`: a sentence in it is hard to follow."""

    tip: int
    text: str
    long: str = ""

    async def run(self, desk: Desk) -> Reply:
        """Keep it, and show it as people will see it."""
        talk, connection = desk.talk(), desk.connection
        places = await _places(desk, talk)
        if not places:
            return talk.reply()
        chat, old = talk.chat, await tips.unsent_of(connection, talk.chat.person)
        if old is not None and old.id == self.tip:
            tip = replace(old, text=self.text, people=-1, changed_at=talk.at)
            await tips.save(connection, tip)
        else:
            if old is not None:
                await tips.delete_unsent(connection, old.id)
            only = places[0] if len(places) == 1 and _is_commune(places[0]) else UNSET
            tip = Tip(0, chat.person, chat.key, only, ALL, self.text, UNSAID, -1, WRITTEN, "", "", 0, talk.at)
            tip = replace(tip, id=await tips.add(connection, tip))
        if tip.place != UNSET and not await _may_write(desk, talk, tip.place, tip.id):
            return talk.reply()
        show(talk, tip)
        _ask_next(talk, tip, places, self.long)
        return talk.reply()


@dataclass(frozen=True, slots=True)
class At:
    """For the people of this place."""

    tip: int
    place: str

    async def run(self, desk: Desk) -> Reply:
        """If they may write for it."""
        talk = desk.talk()
        tip = await own_unsent(desk, talk, self.tip)
        if tip is not None and await _may_write(desk, talk, self.place, tip.id):
            tip = replace(tip, place=self.place, people=-1, changed_at=talk.at)
            await tips.save(desk.connection, tip)
            _ask_next(talk, tip, [])
        return talk.reply()


@dataclass(frozen=True, slots=True)
class AskGuide:
    """For those who are in the middle of a guide, or have finished it: of which?"""

    tip: int
    how: str

    async def run(self, desk: Desk) -> Reply:
        """The first of the menu; any other is typed."""
        talk = desk.talk()
        tip = await own_unsent(desk, talk, self.tip)
        if tip is not None:
            set_mode(talk, tip.id, self.how)
            listed = sorted((flow.menu, name) for name, flow in talk.house.flows.items() if flow.menu is not None)
            offer_guides(talk, "guide", tip.id, self.how, [name for _, name in listed][:MOST_GUIDES])
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Whom:
    """Who of the place: all, or those at a guide ("stuck.tea", "finished.tea")."""

    tip: int
    who: str

    async def run(self, desk: Desk) -> Reply:
        """They are counted; that may take a moment."""
        talk = desk.talk()
        tip = await own_unsent(desk, talk, self.tip)
        how, _, guide = self.who.partition(".")
        fits = self.who == ALL or (how in {STUCK, FINISHED} and guide in talk.house.flows)
        if tip is not None and fits and await _may_write(desk, talk, tip.place, tip.id):
            tip = replace(tip, who=self.who, people=-1, start_at=UNSAID, changed_at=talk.at)
            await tips.save(desk.connection, tip)
            desk.work.put(job(COUNT, tip.id, talk.chat, talk.at))
            end_mode(talk)
            talk.tell("tip.counting", f"tip_drop:{tip.id}")
        elif tip is not None and not fits:
            talk.tell("tip.gone", "tip:")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Drop:
    """The writer gives the tip up."""

    tip: int

    async def run(self, desk: Desk) -> Reply:
        """Nothing of it stays."""
        talk = desk.talk()
        end_mode(talk)
        tip = await tips.find(desk.connection, self.tip) if self.tip else None
        if self.tip and (tip is None or tip.writer != talk.chat.person or tip.state == SENT):
            talk.tell("tip.gone", "tip:", "home")
            return talk.reply()
        if tip is not None:
            await tips.delete_unsent(desk.connection, tip.id)
        talk.tell("tip.dropped", "tip:", "home")
        return talk.reply()


async def own_unsent(desk: Desk, talk: Talk, id_: int) -> Tip | None:
    """The unsent tip, if it is this person's; None after saying that it is gone, or that they may not write now."""
    tip = await tips.find(desk.connection, id_)
    if tip is None or tip.state != WRITTEN or tip.writer != talk.chat.person:
        talk.tell("tip.gone", "tip:", "home")
        return None
    return tip if await _places(desk, talk) else None


async def _places(desk: Desk, talk: Talk) -> list[str]:
    """Where this person may write tips; nowhere after saying so."""
    found = places_of(await roles.grants(desk.connection, talk.chat.person), Right.WRITE_TIP)
    if not found:
        await rights.use(desk.connection, talk.chat.person, Right.WRITE_TIP, talk.at, what="tip")
        end_mode(talk)
        talk.tell("team.not_allowed", "home")
    return found


async def _may_write(desk: Desk, talk: Talk, place: str, tip: int) -> bool:
    """Whether they may write for this place; written down, and said if not."""
    person, what = talk.chat.person, f"tip {tip}"
    may = await rights.use(desk.connection, person, Right.WRITE_TIP, talk.at, place=place, what=what)
    if not may:
        talk.tell("tip.not_there", "tip:", "home")
    return may


def _ask_next(talk: Talk, tip: Tip, places: list[str], long: str = "") -> None:
    """For which place, where it may be several; then for whom."""
    drop = f"tip_drop:{tip.id}"
    if tip.place == UNSET:
        set_mode(talk, tip.id, "place")
        offers = [f"tip_place:{tip.id}.{key}|{place_title(talk.house, key)}" for key in places[:MOST_PLACES] if key]
        offers += [f"tip_place:{tip.id}."] if "" in places else []
        talk.tell("tip.place", *offers, f"tip_edit:{tip.id}", drop, long=long)
    else:
        end_mode(talk)
        offers = [f"{answer}:{tip.id}" for answer in ("tip_all", "tip_stuck", "tip_finished", "tip_edit")]
        talk.tell("tip.whom", *offers, drop, place=place_title(talk.house, tip.place), long=long)


def offer_guides(talk: Talk, sentence: str, tip: int, how: str, guides: list[str]) -> None:
    """Guides to choose from."""
    speaker = talk.house.speaker(talk.chat)
    offers = (f"tip_guide:{tip}.{how}.{guide}|{speaker.title(guide)}" for guide in guides)
    talk.tell(f"tip.{sentence}", *offers, f"tip_drop:{tip}")


def _is_commune(place: str) -> bool:
    return place != "" and place != province_of(place)
