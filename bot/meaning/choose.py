"""Typed words to one of the answers that are offered: its number, its label, its words, with or without typos."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from bot.meaning.fold import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

CLOSE = 84
"""Similarity (0–100) from which a typo is forgiven."""

AHEAD = 6
"""By how much the best answer must lead the next one."""

SHORTEST = 4
"""Letters below which a word must be exact: "có" and "cô" are too near each other."""

ACCENTED = frozenset({"một", "hai", "ba", "bốn", "năm", "sáu"})

NUMBER_WORDS = {"mot": 1, "hai": 2, "ba": 3, "bon": 4, "nam": 5, "sau": 6, "one": 1, "two": 2, "three": 3, "four": 4}
"""Numbers of buttons in words, folded; a label that reads the same goes first. Typed with accents only in `ACCENTED`:
"bà" is somebody, not a number."""

_NUMBER = re.compile(r"(?:bam |go |chon )?(?:so |nut |phim |cau )?(\d{1,2})")


_folded = lru_cache(maxsize=20_000)(fold)
"""For the words on our side: they are compared with every message."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An answer on the screen and every way to say it."""

    answer: str
    label: str
    words: tuple[str, ...] = ()


def choose(text: str, offers: Sequence[Offer], *, freely: bool = True, numbered: bool = True) -> str | None:
    """The answer meant by `text`, or None.

    Not `freely`: only by its very words (a step that is answered by typing).
    `numbered`: a bare number is the number of an answer.
    """
    typed = fold(text)
    if not typed:
        return _same_sign(text, offers)
    if freely and numbered and (match := _NUMBER.fullmatch(typed)):
        index = int(match[1]) - 1
        return offers[index].answer if 0 <= index < len(offers) else None
    exact = unicodedata.normalize("NFC", text.casefold()).strip()
    for offer in offers:
        if exact in {word.casefold() for word in (offer.label, *offer.words)}:
            return offer.answer
    same = {offer.answer for offer in offers if typed in {_folded(word) for word in (offer.label, *offer.words)}}
    if same:  # without its accents a word may mean two answers: then the person is asked again
        return same.pop() if len(same) == 1 else None
    is_number = exact in ACCENTED or exact == typed
    if freely and numbered and is_number and NUMBER_WORDS.get(typed, len(offers) + 1) <= len(offers):
        return offers[NUMBER_WORDS[typed] - 1].answer
    return _nearest(typed, offers) if freely else None


def _nearest(typed: str, offers: Sequence[Offer]) -> str | None:
    if len(typed) < SHORTEST:
        return None
    scored: dict[str, float] = {}
    for offer in offers:
        for word in (offer.label, *offer.words):
            if len(folded := _folded(word)) >= SHORTEST:
                scored[offer.answer] = max(scored.get(offer.answer, 0), fuzz.ratio(typed, folded))
    ranked = sorted(scored.values(), reverse=True)
    if not ranked or ranked[0] < CLOSE or (len(ranked) > 1 and ranked[0] - ranked[1] < AHEAD):
        return None
    return max(scored, key=scored.__getitem__)


def _same_sign(text: str, offers: Sequence[Offer]) -> str | None:
    """An emoji alone is the button that begins with it."""
    sign = text.strip()
    return next((o.answer for o in offers if sign and o.label.startswith(sign)), None)
