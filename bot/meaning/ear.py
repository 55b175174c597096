"""The ear of a house: what a typed sentence means, alarms before all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.meaning.alarm import Alarm, AlarmEntry, Cry
from bot.meaning.finder import Entry, Finder, Found
from bot.meaning.plain import plain, words_of
from bot.meaning.story import Stories, story_book
from bot.meaning.why import Why

if TYPE_CHECKING:
    from collections.abc import Sequence

CLEAR_LEAD = 4
"""Points by which the best answer must lead the next to be taken alone."""

STORIED = frozenset(f"open:{s.guide}" for s in story_book().stories)

@dataclass(frozen=True, slots=True)
class Heard:
    """What a sentence means: the alarms it raises, what it may ask for, best first, and the guide of the story it tells."""

    cries: tuple[Cry, ...]
    found: tuple[Found, ...]
    story: str = ""

    @property
    def alarm(self) -> str:
        """The answer to a cry for help; "" without one.

        A story decides between the guides that have stories. Of several cries, the longest phrase, then what is found
        first.
        """
        if not self.cries:
            return ""
        if self.story and all(cry.answer in STORIED for cry in self.cries):
            return self.story
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

    def hear(self, text: str, most: int = 3) -> Heard:
        """What `text` means."""
        words = self._finder.heard(text)
        story = self._stories.told(words, accented=not text.isascii())
        lifted = f"open:{story.guide}" if story else ""
        found = self._finder.find_words(words, most, lifted)
        return Heard(tuple(self._alarm.cries_in(words)), tuple(found), lifted)

    def why(self, text: str, most: int = 6) -> Why:
        """The same, with the reasons."""
        heard = self.hear(text)
        return Why(
            plain(text),
            tuple(word.kept or word.bare for word in self._finder.understood(words_of(text))),
            self._finder.asked(text),
            heard.cries,
            heard.found,
            tuple(found for found in self._finder.rank(text, most) if found not in heard.found),
        )
