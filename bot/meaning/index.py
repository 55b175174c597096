"""Which entries have what a sentence asks for, and which of their phrases is most alike: tables made once.

Plain lists: numpy adds up in half the time, but costs 10 MB and a fifteenth of a second wherever an ear is made.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from bot.meaning.feature import MARKED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.meaning.feature import Features

SATURATION = 3.0
LENGTH = 0.7
"""BM25: how soon more of the same stops counting (k1), and how much a long list of phrases is held against it (b)."""


class Index:
    """The features of the phrases of each answer, made once. The answers are in order of their names."""

    def __init__(self, found: Sequence[tuple[str, Features]], rarity: Mapping[str, float]) -> None:
        self.answers = sorted({answer for answer, _ in found})
        place = {answer: index for index, answer in enumerate(self.answers)}
        self._phrases: list[list[int]] = [[] for _ in self.answers]  # by entry: the places of its phrases in `found`
        self._parts: list[dict[str, list[tuple[int, float]]]] = [{} for _ in self.answers]
        for where, (answer, has) in enumerate(found):
            counts = {feature: count * rarity[feature] for feature, count in has.items()}
            length = math.sqrt(sum(count * count for count in counts.values()))
            phrases, parts = self._phrases[place[answer]], self._parts[place[answer]]
            for feature, count in counts.items():
                parts.setdefault(feature, []).append((len(phrases), count / length))
            phrases.append(where)
        self._shared = _shared([(place[answer], has) for answer, has in found], len(self.answers))

    def shared(self, asked: Features) -> dict[int, float]:
        """How much of what is asked each entry has in all its phrases together; those without any are left out."""
        found: defaultdict[int, float] = defaultdict(float)
        for feature, weight in asked.items():
            for entry, part in self._shared.get(feature, ()):
                found[entry] += weight * part
        return found

    def most_alike(self, asked: Features, entry: int) -> tuple[float, int]:
        """How alike the most alike phrase of an entry is, not yet divided by what is asked; its place in `found`."""
        phrases, parts = self._phrases[entry], self._parts[entry]
        alike = [0.0] * len(phrases)
        for feature, weight in asked.items():
            if feature in parts:
                for place, part in parts[feature]:
                    alike[place] += weight * part
        best = max(alike)
        return best, phrases[alike.index(best)]


def _shared(found: Sequence[tuple[int, Features]], entries: int) -> dict[str, list[tuple[int, float]]]:
    """For each feature the entries that have it, and how much, 0 to 1; BM25 without its rarity."""
    counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
    length = [0] * entries
    for entry, has in found:
        length[entry] += sum(not feature.startswith(MARKED) for feature in has)
        for feature in has:
            counts[feature][entry] += 1
    usual = sum(length) / entries if entries else 1
    return {
        feature: [
            (entry, count / (count + SATURATION * (1 - LENGTH + LENGTH * length[entry] / usual)))
            for entry, count in having.items()
        ]
        for feature, having in counts.items()
    }
