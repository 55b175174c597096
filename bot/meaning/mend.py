"""Words that nobody knows, mended by the words that are known: doubled letters, missing blanks, typos."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.meaning.lexicon import Word
from bot.meaning.syllable import is_syllable

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORTEST = 4
"""Letters below which a word is no typo of another: too many are near it."""

LONG = 8
"""Letters from which a word may have two typos."""

_DOUBLED = re.compile(r"([^\W\d_])\1")
_SIGNS = re.compile(r"[fsrxjwz]")
"""Letters of Telex that are no ending of a Vietnamese word."""


class Mender:
    """Mends words by the `known` ones (without accents); what cannot be mended stays as it is."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(word for word in known if word.isalpha())
        self._by_length: dict[int, list[str]] = {}
        for word in sorted(self._known):
            self._by_length.setdefault(len(word), []).append(word)
        self._longest = max(self._by_length, default=0)
        self.mend = lru_cache(maxsize=20_000)(self._mend)

    def _mend(self, word: Word) -> tuple[Word, ...]:
        typed = word.bare
        if typed in self._known or not typed.isalpha() or is_syllable(typed):
            return (word,)
        single = _DOUBLED.sub(r"\1", typed)
        for simpler in (single, typed[:1] + _SIGNS.sub("", single[1:])):
            if simpler in self._known and len(simpler) > 1:
                return (Word(simpler, ""),)
        if parts := self._split(typed):
            return tuple(Word(part, "") for part in parts)
        return (Word(self._nearest(typed) or typed, ""),)

    def _split(self, typed: str) -> list[str]:
        """Into the fewest known words of two letters or more, all of it."""
        best: list[list[str] | None] = [[], *([None] * len(typed))]
        for end in range(2, len(typed) + 1):
            for begin in range(max(0, end - self._longest), end - 1):
                before = best[begin]
                if before is None or typed[begin:end] not in self._known:
                    continue
                now = best[end]
                if now is None or len(before) + 1 < len(now):
                    best[end] = [*before, typed[begin:end]]
        return best[-1] or []

    def _nearest(self, typed: str) -> str | None:
        if len(typed) < SHORTEST:
            return None
        most = 2 if len(typed) >= LONG else 1
        lengths = range(len(typed) - most, len(typed) + most + 1)
        near = [word for length in lengths for word in self._by_length.get(length, ())]
        found = process.extractOne(typed, near, scorer=OSA.distance, score_cutoff=most)
        return found[0] if found else None
