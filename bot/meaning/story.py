"""The shape of a fraud as its victim tells it: who, how they came, what they want, whether it has happened already.

Words alone confuse guides about danger, for all of them speak of money, codes and the police. The signs of a sentence
say which is the most pressing: story.toml has the signs, and the stories in their order.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.meaning.lexicon import Word, lexicon
from bot.meaning.plain import words_of
from bot.meaning.syllable import bare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FILE = Path(__file__).with_name("story.toml")

MOST_BETWEEN = 3
"""Little words that may stand between two words of a sign."""


@dataclass(frozen=True, slots=True)
class Story:
    """The signs that make a story, and the guide for who tells it."""

    guide: str
    signs: tuple[frozenset[str], ...]  # one of each
    without: frozenset[str]

    def is_told_by(self, signs: set[str]) -> bool:
        """Whether a sentence with these signs tells it."""
        return self.without.isdisjoint(signs) and not any(map(signs.isdisjoint, self.signs))


@dataclass(frozen=True, slots=True)
class StoryBook:
    """The file."""

    signs: Mapping[str, tuple[str, ...]]
    stories: tuple[Story, ...]


@cache
def story_book() -> StoryBook:
    """The stories of this version."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    stories = [
        Story(
            story["guide"],
            tuple(frozenset(signs.split("|")) for signs in story["signs"]),
            frozenset(story.get("without", ())),
        )
        for story in data["story"]
    ]
    return StoryBook({name: tuple(phrases) for name, phrases in data["signs"].items()}, tuple(stories))


class Stories:
    """The stories, their signs understood as the words of a sentence are. Never changes."""

    def __init__(self, understood: Callable[[Sequence[Word]], list[Word]]) -> None:
        book = story_book()
        self._stories = book.stories
        self._signs: dict[str, list[tuple[str, tuple[Word, ...]]]] = {}  # by the first word
        for sign, phrases in book.signs.items():
            for phrase in phrases:
                words = tuple(_apart(understood(words_of(phrase))))
                self._signs.setdefault(words[0].bare, []).append((sign, words))
        known = lexicon()
        self._between = {*known.between, *map(bare, known.between)}

    def told(self, said: Sequence[Word], *, accented: bool) -> Story | None:
        """The first story that a sentence tells. `accented`: a word without accents is meant without."""
        signs = self.signs(said, accented=accented)
        return next((story for story in self._stories if story.is_told_by(signs)), None) if signs else None

    def signs(self, said: Sequence[Word], *, accented: bool) -> set[str]:
        """The signs that stand in a sentence."""
        words = _apart(said)
        denying = lexicon().before
        found: set[str] = set()
        for begin, word in enumerate(words):
            for sign, phrase in self._signs.get(word.bare, ()):
                if sign in found or not self._stands(words, begin, phrase, accented=accented):
                    continue
                if begin and words[begin - 1].bare in denying:
                    break
                found.add(sign)
        return found

    def _stands(self, said: Sequence[Word], begin: int, phrase: Sequence[Word], *, accented: bool) -> bool:
        """Whether a sign stands at `begin`, with little words between."""
        index, between = begin, 0
        for wanted in phrase:
            while index < len(said) and not _same(said[index], wanted, accented=accented):
                if index == begin or between == MOST_BETWEEN or (said[index].kept or said[index].bare) not in self._between:
                    return False
                between += 1
                index += 1
            if index == len(said):
                return False
            index += 1
        return True


def _apart(words: Sequence[Word]) -> list[Word]:
    """Words with blanks in them as several: "gọi bảo" has a call and what was told."""
    found: list[Word] = []
    for word in words:
        if " " in word.bare:
            parts = word.bare.split(" ")
            found += map(Word, parts, word.kept.split(" ") if word.kept else [""] * len(parts))
        else:
            found.append(word)
    return found


def _same(said: Word, wanted: Word, *, accented: bool) -> bool:
    """The same letters, and the same accents where they were typed."""
    if said.bare != wanted.bare:
        return False
    return said.kept == wanted.kept or not (said.kept or accented) or (not wanted.kept and not accented)
