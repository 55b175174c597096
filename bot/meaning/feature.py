"""Words to what is compared: each word, each pair of neighbours, each word with its accents, with a weight."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bot.meaning.lexicon import lexicon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.meaning.lexicon import Word

PAIR = 0.6
"""Weight of two neighbours, against 1 for a word."""

ACCENTED = 0.6
"""Weight of a word with its accents, beside the word without: it breaks ties ("khóa" is no "khoa")."""

PERHAPS_EMPTY = 0.25
"""Weight of a word that without its accents may be an empty one: "cho" is "cho", "chợ" or "chờ"."""

A_NUMBER = 0.4
"""Weight of digits: they mean something ("mức 2"), but rarely what is wanted."""

PAIRED = "+"
"""Stands between two neighbours; no word has it."""

MARKED = "="
"""Stands before a word with its accents."""

Features = dict[str, float]


def features(words: Iterable[Word]) -> Features:
    """What a sentence or phrase has, by name: "mat", "mat+khau", "=mật"."""
    found: Features = {}
    before = ""
    weight_before = 0.0
    for word in words:
        bare, kept = word
        weight = weight_of(word)
        if weight:
            if found.get(bare, 0.0) < weight:
                found[bare] = weight
            if kept and kept != bare:
                found[MARKED + kept] = ACCENTED
        if before and weight + weight_before > PAIR:
            found[f"{before}{PAIRED}{bare}"] = PAIR
        before, weight_before = bare, weight
    return found


@lru_cache(maxsize=20_000)
def weight_of(word: Word) -> float:
    """How much a word by itself says, 0 to 1; less than 1 if it is, or may be, one of those that say nothing."""
    known = lexicon()
    if word.bare.isdecimal():
        return A_NUMBER
    if word.kept:
        return 0.0 if word.kept in known.empty else 1.0
    return PERHAPS_EMPTY if word.bare in known.empty_bare else 1.0


def is_word(feature: str) -> bool:
    """Whether a feature is a word by itself: it is asked for, even if nobody knows it."""
    return PAIRED not in feature and not feature.startswith(MARKED)
