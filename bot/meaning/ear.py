"""The ear of a house: what a typed sentence means, alarms before all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.meaning.alarm import Alarm, AlarmEntry, Cry
from bot.meaning.finder import Entry, Finder, Found
from bot.meaning.plain import plain
from bot.meaning.story import Stories
from bot.meaning.why import Why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.meaning.lexicon import Word
    from bot.meaning.story import Told

LIFT = 14
"""Points for the guide of the story that a sentence tells (bot/meaning/story.py)."""

SUSPECT = 6
"""Points for each guide of a story, that one included, when any is told: it is rather a fraud than what a cheat says it
is about."""

CLEAR_LEAD = 4
"""Points by which the best answer must lead the next to be taken alone."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a sentence means: the alarms it raises, and what it may ask for, best first."""

    cries: tuple[Cry, ...]
    found: tuple[Found, ...]

    @property
    def alarm(self) -> str:
        """The answer to a cry for help; "" without one. Of several, a life, the longest phrase, what is found first."""
        if not self.cries:
            return ""
        place = {found.answer: index for index, found in enumerate(self.found)}
        return min(self.cries, key=lambda cry: (not cry.life, -cry.words, place.get(cry.answer, len(place)))).answer

    @property
    def is_for_life(self) -> bool:
        """Whether a life is at stake: nothing goes before it."""
        return any(cry.life for cry in self.cries)

    @property
    def is_clear(self) -> bool:
        """Whether the first that was found is meant beyond doubt."""
        first, *others = self.found or (None,)
        if first is None or not first.is_sure:
            return False
        return not others or first.score - others[0].score >= CLEAR_LEAD


class Ear:
    """Made once for a house."""

    def __init__(self, entries: Sequence[Entry], alarms: Sequence[AlarmEntry]) -> None:
        self._finder = Finder(entries)
        self._alarm = Alarm(alarms, self._finder.understood)
        self._stories = Stories(self._finder.understood)
        self._storied = frozenset(map(_open, self._stories.guides))

    def hear(self, text: str, most: int = 3) -> Heard:
        """What `text` means."""
        words = self._finder.heard(text)
        told = self._told(text, words).guide
        story = _open(told) if told else ""
        cries = [
            replace(cry, answer=story) if story and cry.answer in self._storied else cry
            for cry in self._alarm.cries_in(words)
        ]
        return Heard(tuple(cries), tuple(self._finder.find_words(words, most, self._lifts(told))))

    def why(self, text: str, most: int = 6) -> Why:
        """The same, with the reasons."""
        heard = self.hear(text)
        words = self._finder.heard(text)
        told = self._told(text, words)
        return Why(
            plain(text),
            tuple(word.kept or word.bare for word in words),
            self._finder.asked(text),
            told,
            heard.cries,
            heard.found,
            tuple(
                found for found in self._finder.rank(words, most, self._lifts(told.guide)) if found not in heard.found
            ),
        )

    def _lifts(self, guide: str) -> dict[str, float]:
        """The points that answers have more when the story of a guide is told; none for ""."""
        return {each: SUSPECT + (LIFT if each == _open(guide) else 0) for each in self._storied} if guide else {}

    def _told(self, text: str, words: Sequence[Word]) -> Told:
        return self._stories.told(words, accented=_is_accented(text))


def _is_accented(text: str) -> bool:
    """Whether somebody types with accents: three of five words have some, not only what a keyboard put there."""
    words = text.split()
    return 5 * sum(not word.isascii() for word in words) >= 3 * len(words) > 0


def _open(guide: str) -> str:
    """The answer that opens a guide."""
    return f"open:{guide}"
