"""The skills card: what somebody has shown they can do, for their own eyes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.service import certificate
from bot.store import marks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk
    from bot.store.marks import Mark

WORDS = "_bot/learning"


@dataclass(frozen=True, slots=True)
class ShowCard:
    """The person wants to see it."""

    async def run(self, desk: Desk) -> Reply:
        """Group by group; below it the certificates they may have, and the next guide on the way to one."""
        talk, connection = desk.talk(), desk.connection
        learnt = await marks.of_person(connection, talk.chat.person)
        offers = []
        for kind in talk.house.skills.kinds:
            standing = await certificate.standing(connection, talk.chat.person, kind)
            missing = [guide for guide in standing.missing if guide in talk.house.flows]
            if standing.may_have:
                offers.append(certificate.button(talk, kind))
            elif not kind.team and missing and len(missing) < len(kind.passed):
                offers.append(f"open:{missing[0]}")
        lines = _lines(talk, learnt)
        talk.tell("learning.card", *offers, "family", "delete", "stay" if talk.flow else "home", lines="\n".join(lines))
        return talk.reply()


def _lines(talk: Talk, learnt: Mapping[str, Mark]) -> list[str]:
    """One for each group in which there is something; guides of no group stand last."""
    skills, language = talk.house.skills, talk.chat.language
    grouped = {guide for group in skills.groups for guide in group.guides}
    groups = [(group.name(language), group.guides) for group in skills.groups]
    groups.append(("", tuple(guide for guide in learnt if guide not in grouped)))
    found = []
    for name, guides in groups:
        own = [learnt[guide] for guide in guides if guide in learnt and guide in talk.house.flows]
        passed = [mark.guide for mark in own if mark.passed_at]
        done = [mark.guide for mark in own if not mark.passed_at]
        if own:
            said = {"name": name, "passed": titles(talk, passed), "done": titles(talk, done)}
            words = talk.house.speaker(talk.chat).address.words
            found.append(talk.house.library.piece(language, WORDS, "group", {**words, **said}))
    return found


def titles(talk: Talk, guides: Sequence[str]) -> str:
    """Guides by their names, as a sentence lists them."""
    speaker = talk.house.speaker(talk.chat)
    return ", ".join(f"“{speaker.title(guide)}”" for guide in guides if guide in talk.house.flows)
