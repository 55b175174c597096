"""The ear of a house: what a typed sentence means, alarms before all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.meaning.alarm import Alarm, AlarmEntry, Cry
from bot.meaning.finder import Entry, Finder, Found
from bot.meaning.plain import plain, words_of
from bot.meaning.story import Stories
from bot.meaning.why import Why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.meaning.lexicon import Word
    from bot.meaning.story import Told

CLEAR_LEAD = 4
"""Points by which the best answer must lead the next to be taken alone."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a sentence means: the alarms it raises, and what it may ask for, best first."""

    cries: tuple[Cry, ...]
    found: tuple[Found, ...]

    @property
    def alarm(self) -> str:
        """The answer to a cry for help; "" without one. Of several, the longest phrase, then what is found first."""
        if not self.cries:
            return ""
        place = {found.answer: index for index, found in enumerate(self.found)}
        return min(self.cries, key=lambda cry: (-cry.words, place.get(cry.answer, len(place)))).answer

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
        self._storied = frozenset(f"open:{guide}" for guide in self._stories.guides)

    def hear(self, text: str, most: int = 3) -> Heard:
        """What `text` means."""
        words = self._finder.heard(text)
        story = _open(self._told(text, words))
        cries = [
            replace(cry, answer=story) if story and cry.answer in self._storied else cry
            for cry in self._alarm.cries_in(words)
        ]
        return Heard(tuple(cries), tuple(self._finder.find_words(words, most, story)))

    def why(self, text: str, most: int = 6) -> Why:
        """The same, with the reasons."""
        heard = self.hear(text)
        told = self._told(text, self._finder.heard(text))
        return Why(
            plain(text),
            tuple(word.kept or word.bare for word in self._finder.understood(words_of(text))),
            self._finder.asked(text),
            told,
            heard.cries,
            heard.found,
            tuple(found for found in self._finder.rank(text, most, _open(told)) if found not in heard.found),
        )

    def _told(self, text: str, words: Sequence[Word]) -> Told:
        return self._stories.told(words, accented=not text.isascii())


def _open(told: Told) -> str:
    """The answer that opens the guide of a story; "" without one."""
    return f"open:{told.guide}" if told.guide else ""
