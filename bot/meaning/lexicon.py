"""Reads lexicon.toml: how people shorten, misspell and vary words."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bot.meaning.syllable import bare, settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE = Path(__file__).with_name("lexicon.toml")

NUMBER = "#"
"""A neighbour that is any number."""

SUM = "số tiền"
"""What stands for every sum of money."""


class Word(NamedTuple):
    """A word that was typed: without accents, and with them as far as they are known ("" if it was typed without)."""

    bare: str
    kept: str


@dataclass(frozen=True, slots=True)
class Several:
    """A short form with several meanings: the usual one, and the words beside which it means something else."""

    usual: tuple[Word, ...]
    beside: Mapping[str, tuple[Word, ...]]


@dataclass(frozen=True, slots=True)
class Same:
    """One of several ways to say a thing, and the one word that stands for all of them; it may have a blank in it."""

    way: tuple[Word, ...]
    bares: tuple[str, ...]  # the same without accents
    word: Word


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The file, as it is asked."""

    short: Mapping[str, tuple[Word, ...]]  # by what is typed, dialect included
    several: Mapping[str, Several]
    same: Mapping[str, tuple[Same, ...]]  # by the first word, without accents; longest ways first
    sums: frozenset[str]  # what makes a number a sum of money, without accents
    empty: frozenset[str]  # words with their accents that say nothing about what is wanted
    empty_bare: frozenset[str]  # the same without
    opening: frozenset[str]  # words before a question; these without accents, and what ends them
    opening_ends: frozenset[str]
    opening_asks: str
    opening_before: str
    between: frozenset[str]  # around a cry for help, see the file; this one with accents, the others without
    before: frozenset[str]
    asked: frozenset[str]
    ending: frozenset[str]
    behind: frozenset[str]

    @property
    def words(self) -> set[str]:
        """Every word it knows, without accents, one syllable each."""
        ways = {word.bare for sames in self.same.values() for same in sames for word in same.way}
        meant = {word.bare for words in self.short.values() for word in words}
        return ways | meant | set(self.empty_bare)


@cache
def lexicon() -> Lexicon:
    """The lexicon of this version."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    dialect_bare = set(data["dialect_bare"]["words"])
    short: dict[str, tuple[Word, ...]] = {}
    for meant, ways in (*data["dialect"].items(), *data["short"].items()):
        for way in ways:
            short[settled(way)] = _words(meant)
            if bare(way) in dialect_bare:
                short[bare(way)] = _words(meant)
    empty = [" ".join(map(settled, word.split())) for word in data["empty"]["words"]]
    return Lexicon(
        short,
        {settled(way): _several(meanings) for way, meanings in data["several"].items()},
        _same(data["same"]),
        frozenset(map(bare, data["sum"]["units"])),
        frozenset(empty),
        frozenset(map(bare, empty)),
        frozenset(map(bare, data["opening"]["words"])),
        frozenset(map(bare, data["opening"]["ends"])),
        bare(data["opening"]["asks"]),
        bare(data["opening"]["before"]),
        frozenset(settled(word) for word in data["alarm"]["between"]),
        **{name: frozenset(map(bare, data["alarm"][name])) for name in ("before", "asked", "ending", "behind")},
    )


def _words(text: str) -> tuple[Word, ...]:
    return tuple(Word(bare(word), settled(word)) for word in text.split())


def _several(meanings: Mapping[str, str | Iterable[str]]) -> Several:
    beside = {near: _words(meant) for meant, nears in meanings.items() if meant != "usual" for near in nears}
    return Several(_words(str(meanings["usual"])), beside)


def _same(groups: Mapping[str, Iterable[str]]) -> dict[str, tuple[Same, ...]]:
    found: dict[str, list[Same]] = {}
    for word, ways in groups.items():
        meant = Word(bare(word), " ".join(map(settled, word.split())))
        for said in map(_words, (word, *ways)):
            if said != (meant,):
                found.setdefault(said[0].bare, []).append(Same(said, tuple(word.bare for word in said), meant))
    return {first: tuple(sorted(sames, key=lambda same: -len(same.way))) for first, sames in found.items()}
