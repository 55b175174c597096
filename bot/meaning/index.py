"""Which phrases and entries have what a sentence asks for, as arrays: one pass over all of them for each sentence.

The words are looked up by name, all else is added up by numpy, a third of the time of plain loops over the likeliest
entries. Importing it takes a fifteenth of a second: only what makes an ear does so.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bot.meaning.feature import MARKED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from bot.meaning.feature import Features

SATURATION = 3.0
LENGTH = 0.7
"""BM25: how soon more of the same stops counting (k1), and how much a long list of phrases is held against it (b)."""


class _Having(NamedTuple):
    """The phrases that have one feature."""

    row: int  # of the feature in the table of entries
    phrases: NDArray[np.intp]  # their places
    parts: NDArray[np.float64]  # its share in the likeness of each


class Matched(NamedTuple):
    """How well a sentence fits, not yet divided by what it counts in all."""

    shared: list[float]  # by entry: all its phrases together
    alike: list[float]  # by entry: its most alike phrase
    phrases: NDArray[np.float64]  # by phrase


class Index:
    """The features of the phrases of each answer, made once. The answers are in order of their names."""

    def __init__(self, found: Sequence[tuple[str, Features]], rarity: Mapping[str, float]) -> None:
        self.answers = sorted({answer for answer, _ in found})
        place = {answer: index for index, answer in enumerate(self.answers)}
        self.order = sorted(range(len(found)), key=lambda index: place[found[index][0]])  # phrases of an entry together
        entries = [place[found[index][0]] for index in self.order]
        self.first = np.searchsorted(entries, range(len(self.answers)))  # the first phrase of each entry
        phrases: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for where, index in enumerate(self.order):
            counts = {feature: count * rarity[feature] for feature, count in found[index][1].items()}
            length = math.sqrt(sum(count * count for count in counts.values()))
            for feature, count in counts.items():
                phrases[feature].append((where, count / length))
        self._having = {
            feature: _Having(row, np.array([where for where, _ in having]), np.array([part for _, part in having]))
            for row, (feature, having) in enumerate(phrases.items())
        }
        self._shared = _shared([(place[answer], has) for answer, has in found], list(self._having), len(self.answers))

    def match(self, asked: Features) -> Matched | None:
        """How well every phrase and every entry fits; None where none has anything of it."""
        having = [(known, weight) for feature, weight in asked.items() if (known := self._having.get(feature))]
        if not having:
            return None
        phrases = np.zeros(len(self.order))
        for known, weight in having:
            phrases[known.phrases] += known.parts * weight
        shared = np.array([weight for _, weight in having]) @ self._shared[[known.row for known, _ in having]]
        return Matched(shared.tolist(), np.maximum.reduceat(phrases, self.first).tolist(), phrases)

    def most_alike(self, matched: Matched, entry: int) -> int:
        """The place in `found` of the most alike phrase of an entry, the first of several."""
        first = int(self.first[entry])
        last = int(self.first[entry + 1]) if entry + 1 < len(self.first) else len(self.order)
        return self.order[first + int(matched.phrases[first:last].argmax())]


def _shared(found: Sequence[tuple[int, Features]], known: Sequence[str], entries: int) -> NDArray[np.float64]:
    """A row for each feature: how much each entry has of it, 0 to 1; BM25 without its rarity."""
    counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
    length = [0] * entries
    for entry, has in found:
        length[entry] += sum(not feature.startswith(MARKED) for feature in has)
        for feature in has:
            counts[feature][entry] += 1
    usual = sum(length) / entries if entries else 1
    shared = np.zeros((len(known), entries))
    for row, feature in enumerate(known):
        for entry, count in counts[feature].items():
            shared[row, entry] = count / (count + SATURATION * (1 - LENGTH + LENGTH * length[entry] / usual))
    return shared
