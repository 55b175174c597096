"""The shape of a fraud as its victim tells it: who, how they came, what they want, whether it has happened already.

Words alone confuse the guides about danger, for all of them speak of money, codes and the police. The signs of a
sentence say which is the most pressing: story.toml has the signs, and the stories in their order.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bot.meaning.lexicon import Word, lexicon
from bot.meaning.plain import words_of
from bot.meaning.syllable import bare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

FILE = Path(__file__).with_name("story.toml")

MOST_BETWEEN = 3
"""Little words that may stand between two words of a sign."""


@dataclass(frozen=True, slots=True)
class Story:
    """The signs that make a story, and the guide for who tells it."""

    guide: str
    signs: tuple[frozenset[str], ...]  # one of each
    without: frozenset[str]

    def is_told_by(self, signs: AbstractSet[str]) -> bool:
        """Whether a sentence with these signs tells it."""
        return self.without.isdisjoint(signs) and not any(map(signs.isdisjoint, self.signs))


@dataclass(frozen=True, slots=True)
class StoryBook:
    """The file, as it is asked."""

    denying: tuple[str, ...]  # right before a sign they take it back
    signs: Mapping[str, tuple[str, ...]]  # phrases by the name of the sign
    stories: tuple[Story, ...]  # the most pressing first


class _Phrase(NamedTuple):
    """A phrase of a sign."""

    sign: str
    first: Word
    others: tuple[Word, ...]
    needs: frozenset[str]  # the others without accents


@dataclass(frozen=True, slots=True)
class Told:
    """The story of a sentence, and every sign that stands in it."""

    guide: str  # "" where no story is told
    signs: frozenset[str]


@cache
def story_book() -> StoryBook:
    """The stories of this version."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    stories = [
        Story(
            story["guide"],
            tuple(frozenset(either.split("|")) for either in story["signs"]),
            frozenset(story.get("without", ())),
        )
        for story in data["story"]
    ]
    signs = {name: tuple(phrases) for name, phrases in data["signs"].items()}
    return StoryBook(tuple(data["denying"]), signs, tuple(stories))


class Stories:
    """The stories, their signs understood as the words of a sentence are. Never changes."""

    def __init__(self, understood: Callable[[Sequence[Word]], list[Word]]) -> None:
        book = story_book()
        self._stories = book.stories
        self.guides = frozenset(story.guide for story in book.stories)
        self._denying = {word.bare: word for phrase in book.denying for word in words_of(phrase)}
        self._signs: dict[str, list[_Phrase]] = {}  # by the first word
        for sign, phrases in book.signs.items():
            for phrase in phrases:
                first, *others = _apart(understood(words_of(phrase)))
                needs = frozenset(word.bare for word in others)
                self._signs.setdefault(first.bare, []).append(_Phrase(sign, first, tuple(others), needs))
        known = lexicon().between
        self._between = known.union(map(bare, known))

    def told(self, words: Sequence[Word], *, accented: bool) -> Told:
        """What words tell that were heard. `accented`: they were typed with accents; one without is meant so."""
        signs = frozenset(self._found(_apart(words), accented=accented))
        guides = (story.guide for story in self._stories if story.is_told_by(signs))
        return Told(next(guides, "") if signs else "", signs)

    def _found(self, said: Sequence[Word], *, accented: bool) -> set[str]:
        found: set[str] = set()
        known = {word.bare for word in said}
        for begin, word in enumerate(said):
            for sign, first, others, needs in self._signs.get(word.bare, ()):
                if not needs <= known or sign in found or not _same(word, first, accented=accented):
                    continue
                if others and not self._follow(said, begin + 1, others, accented=accented):
                    continue
                if begin and self._denies(said[begin - 1], accented=accented):
                    break
                found.add(sign)
        return found

    def _denies(self, word: Word, *, accented: bool) -> bool:
        denying = self._denying.get(word.bare)
        return denying is not None and _same(word, denying, accented=accented)

    def _follow(self, said: Sequence[Word], index: int, others: Sequence[Word], *, accented: bool) -> bool:
        """Whether the other words of a sign stand from `index` on, with little words between."""
        between = 0
        for wanted in others:
            while index < len(said) and not _same(said[index], wanted, accented=accented):
                if between == MOST_BETWEEN or (said[index].kept or said[index].bare) not in self._between:
                    return False
                between += 1
                index += 1
            if index == len(said):
                return False
            index += 1
        return True


def _apart(words: Sequence[Word]) -> list[Word]:
    """Words that are several, one by one: "gọi bảo" has a call and what was told."""
    found: list[Word] = []
    for word in words:
        if " " in word.bare:
            parts = word.bare.split(" ")
            found += map(Word, parts, word.kept.split(" ") if word.kept else [""] * len(parts))
        else:
            found.append(word)
    return found


def _same(said: Word, wanted: Word, *, accented: bool) -> bool:
    """The same letters, and no accents that differ; in a sentence with accents none that are missing."""
    if said.bare != wanted.bare:
        return False
    if (said.kept or said.bare) == (wanted.kept or wanted.bare):
        return True
    return not (accented or (said.kept and wanted.kept))
