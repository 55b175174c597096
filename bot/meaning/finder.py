"""Any typed sentence to the guides it may mean, best first; and cries for help before all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process

from bot.meaning.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SURE = 86
"""Score (0–100) from which one guide is offered by itself."""

GUESS = 68
"""Score from which a guide is worth a guess."""

SHORTEST = 4
"""Letters below which a sentence finds nothing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A guide and the phrases that mean it."""

    guide: str
    phrases: tuple[str, ...]
    folded: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Fold once: the phrases are compared with every message."""
        object.__setattr__(self, "folded", tuple(dict.fromkeys(filter(None, map(fold, self.phrases)))))


@dataclass(frozen=True, slots=True)
class Found:
    """A guide and how well it fits, 0–100."""

    guide: str
    score: float


def find(text: str, entries: Iterable[Entry], most: int = 3) -> list[Found]:
    """The guides `text` may mean, best first, at most `most`, none below `GUESS`."""
    typed = fold(text)
    if len(typed) < SHORTEST:
        return []
    found: list[Found] = []
    for entry in entries:
        best = process.extractOne(typed, entry.folded, scorer=_likeness, score_cutoff=GUESS)
        if best is not None:
            found.append(Found(entry.guide, best[1]))
    return sorted(found, key=lambda f: -f.score)[:most]


def alarmed(text: str, entries: Sequence[Entry]) -> str | None:
    """The emergency guide whose alarm phrase stands in `text`, or None."""
    typed = f" {fold(text)} "
    for entry in entries:
        if any(f" {phrase} " in typed for phrase in entry.folded):
            return entry.guide
    return None


def _likeness(typed: str, phrase: str, *, score_cutoff: float | None = None, processor: object = None) -> float:
    """How alike, by words rather than by letters; a phrase that is a small part of a long sentence counts less.

    Half of a phrase or less ("xong rồi" of "kích hoạt xong rồi") is at most a guess: such words stand in many phrases.
    """
    del processor
    shared = 0.95 * fuzz.token_set_ratio(typed, phrase, score_cutoff=score_cutoff or 0)
    if shared >= SURE and 2 * len(set(typed.split())) <= len(set(phrase.split())):
        shared = SURE - 1
    return max(fuzz.token_sort_ratio(typed, phrase, score_cutoff=score_cutoff or 0), shared)
