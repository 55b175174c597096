"""Any typed sentence to what it may mean, best first: a guide, small talk, or something the bot does itself.

Two opinions are joined: the phrase that is most alike (cosine), and all phrases of an entry together (BM25). Both count
a word the more, the fewer entries have it. Words of the sentence that nobody knows count against every entry, so that a
long sentence about something else finds nothing.

Why BM25 is not taken from a library: bm25s is fast but brings numpy (45 MB, a fifth of the start-up), rank-bm25 and
SQLite's FTS5 need 1.4 and 0.5 ms a sentence, and none of them takes weighted words. Measured 2026-11-23, 2,600 phrases.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.meaning.feature import MARKED, features, is_word, weight_of
from bot.meaning.lexicon import lexicon
from bot.meaning.mend import Mender
from bot.meaning.plain import joined, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.meaning.feature import Features
    from bot.meaning.lexicon import Word

SURE = 40
"""Score (0–100) from which one answer is taken or offered by itself."""

GUESS = 20
"""Score from which an answer is worth a guess."""

ONE_PHRASE = 0.45
"""Weight of the most alike phrase; the rest is for all phrases together."""

URGENT = 1.1
"""Factor for entries about danger: a caller who wants a fee paid is a cheat before he is about fees."""

LIFT = 14
"""Points for the guide of the story that a sentence tells (bot/meaning/story.py)."""

LIKELY = 5
"""Entries that are looked at closely, by their most alike phrase: those that share most with the sentence."""

SHORTEST = 2
"""Letters below which a sentence finds nothing."""

LEAST = 1.0
"""What a sentence must count in all to be compared: "dạ con" says nothing. A phrase that says as little is found by its
very words only: "cháu là ai"."""

A_WORD = 85
"""How alike a phrase must be to a single word that is sure: "nước" alone means no guide with "nấu nước" in it."""

SATURATION = 3.0
LENGTH = 0.7
"""BM25: how soon more of the same stops counting (k1), and how much a long list of phrases is held against it (b)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer ("open:eid-activate", "human", "talk:thanks") and what people type when they mean it.

    `urgent`: it is about danger and goes before others that fit nearly as well.
    """

    answer: str
    phrases: tuple[str, ...]
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """An answer and how well it fits, 0–100; the phrase that is most like what was typed, as it was understood."""

    answer: str
    score: float
    phrase: str
    alike: float  # 0–100: the phrase
    shared: float  # 0–100: all phrases together
    is_sure: bool


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The phrases of one answer; for each feature, which of them have it, and its share in their likeness."""

    said: list[str] = field(default_factory=list)
    having: dict[str, list[tuple[int, float]]] = field(default_factory=dict)


class Finder:
    """Everything that can be found, made once for a house. Never changes, so that all threads may use it."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        said = [(entry.answer, words_of(phrase)) for entry in entries for phrase in entry.phrases]
        self._urgent = frozenset(entry.answer for entry in entries if entry.urgent)
        self._mender = Mender(lexicon().words.union(word.bare for _, words in said for word in words))
        phrases = [(answer, self.understood(words)) for answer, words in said]
        self._phrases = [" ".join(word.kept or word.bare for word in words) for _, words in phrases]
        found = [(answer, features(words)) for answer, words in phrases]
        self._rarity = _rarity(found, len(entries))
        self._written = _written(phrases)
        self._unknown = math.log(1 + len(entries))
        self._little: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
        for (answer, words), phrase in zip(phrases, self._phrases, strict=True):
            if sum(self._asked(words).values()) < LEAST:
                self._little[_without_address(words)].setdefault(answer, phrase)
        self._alike = self._in_phrases(found)
        self._shared = _in_entries(found)

    def understood(self, words: Sequence[Word]) -> list[Word]:
        """Words with their typos mended, and with one word for every way to say a thing."""
        return joined(mended for word in words for mended in self._mender.mend(word))

    def find(self, text: str, most: int = 3) -> list[Found]:
        """What `text` may mean, best first, at most `most`, none below `GUESS`."""
        return self.find_words(self.heard(text), most)

    def find_words(self, words: Sequence[Word], most: int = 3, lifted: str = "") -> list[Found]:
        """The same for words that were heard. `lifted`: the answer that has `LIFT` points more."""
        return [found for found in self._ranked(words, most, lifted) if found.score >= GUESS]

    def rank(self, text: str, most: int = 3, lifted: str = "") -> list[Found]:
        """The same with what is below `GUESS`."""
        return self._ranked(self.heard(text), most, lifted)

    def heard(self, text: str) -> list[Word]:
        """The words of a text as they are compared; none of one that is too short."""
        return self.understood(words_of(text)) if len(text) >= SHORTEST else []

    def _ranked(self, words: Sequence[Word], most: int, lifted: str) -> list[Found]:
        asked = self._asked(words)
        total = sum(asked.values())
        if same := self._same(words):
            return [Found(answer, 100.0, said, 100.0, 100.0, is_sure=True) for answer, said in same][:most]
        if total < LEAST:
            return []
        length = math.sqrt(sum([weight * weight for weight in asked.values()]))
        said = [word for word in words if weight_of(word) >= 1]
        single = len(said) == 1 or sum(map(is_word, asked)) == 1
        shared: dict[str, float] = {}
        for feature, weight in asked.items():
            for answer, part in self._shared.get(feature, ()):
                shared[answer] = shared.get(answer, 0.0) + weight * part
        if len(said) == 1 and said[0].kept:
            shared = {answer: part for answer, part in shared.items() if self._may_mean(answer, said[0])}
        likely = sorted(shared, key=lambda each: (-shared[each], each))[: max(LIKELY, most)]
        if lifted in shared and lifted not in likely:
            likely.append(lifted)
        found = []
        for answer in likely:
            likeness, phrase = self._most_alike(asked, answer)
            alike = 100 * likeness / length
            more = LIFT if answer == lifted else 0
            found.append(self._found(answer, phrase, alike, 100 * shared[answer] / total, more=more, single=single))
        found.sort(key=lambda each: (-each.score, each.answer))
        return found[:most]

    def _found(self, answer: str, phrase: str, alike: float, shared: float, *, more: float, single: bool) -> Found:
        score = ONE_PHRASE * alike + (1 - ONE_PHRASE) * shared
        if answer in self._urgent:
            score *= URGENT
        score = min(100.0, score + more)
        return Found(answer, score, phrase, alike, shared, score >= SURE and not (single and alike < A_WORD))

    def _most_alike(self, asked: Features, answer: str) -> tuple[float, str]:
        """How alike (0–1, times the length of what is asked) the most alike phrase of an answer is, and the phrase."""
        phrases = self._alike[answer]
        having = phrases.having
        alike = [0.0] * len(phrases.said)
        for feature, weight in asked.items():
            if feature in having:
                for place, part in having[feature]:
                    alike[place] += weight * part
        best = max(alike)
        return best, phrases.said[alike.index(best)]

    def asked(self, text: str) -> Features:
        """What a sentence asks for, and how much each part of it counts."""
        return self._asked(self.understood(words_of(text)))

    def _asked(self, words: Sequence[Word]) -> Features:
        asked: Features = {}
        for feature, weight in features(words).items():
            rarity = self._rarity.get(feature)
            if rarity is not None:
                asked[feature] = weight * rarity
            elif is_word(feature):
                asked[feature] = weight * self._unknown
        return asked

    def _same(self, words: Sequence[Word]) -> list[tuple[str, str]]:
        """The answers with a phrase of little words that is the sentence, whoever it is said to; and that phrase."""
        key = _without_address(words)
        if not key or key not in self._little:
            return []
        ending = lexicon().ending
        if any(weight_of(word) >= 1 for word in words if word.bare not in ending):
            return []
        return sorted(self._little[key].items())

    def _may_mean(self, answer: str, word: Word) -> bool:
        """Whether an entry has the word with these accents or with none: "mày" alone is no "máy"."""
        written = self._written.get(word.bare, {}).get(answer, set())
        return not written or bool(written & {word.kept, ""})

    def _in_phrases(self, found: Sequence[tuple[str, Features]]) -> dict[str, _Phrases]:
        """The phrases of each answer, by what they have."""
        index: defaultdict[str, _Phrases] = defaultdict(_Phrases)
        for said, (answer, has) in zip(self._phrases, found, strict=True):
            counts = {feature: count * self._rarity[feature] for feature, count in has.items()}
            length = math.sqrt(sum(count * count for count in counts.values()))
            phrases = index[answer]
            for feature, count in counts.items():
                phrases.having.setdefault(feature, []).append((len(phrases.said), count / length))
            phrases.said.append(said)
        return dict(index)


def _without_address(words: Sequence[Word]) -> tuple[str, ...]:
    """The words without those for a person and without what ends a sentence: "con ơi giúp bà với" is "giúp với"."""
    return tuple(word.bare for word in words if word.bare not in lexicon().ending)


def _written(phrases: Sequence[tuple[str, Sequence[Word]]]) -> dict[str, dict[str, set[str]]]:
    """For each word without accents and each answer, the accents it is written with; "" for none."""
    written: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for answer, words in phrases:
        for word in words:
            written[word.bare][answer].add(word.kept)
    return {word: dict(answers) for word, answers in written.items()}


def _rarity(found: Sequence[tuple[str, Features]], entries: int) -> dict[str, float]:
    """How much each feature tells, by how few entries have it."""
    having: dict[str, set[str]] = defaultdict(set)
    for answer, has in found:
        for feature in has:
            having[feature].add(answer)
    return {feature: math.log(1 + entries / len(answers)) for feature, answers in having.items()}


def _in_entries(found: Sequence[tuple[str, Features]]) -> dict[str, list[tuple[str, float]]]:
    """For each feature the entries that have it, and how much: BM25 without its rarity, 0 to 1."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    length: Counter[str] = Counter()
    for answer, has in found:
        length[answer] += sum(not feature.startswith(MARKED) for feature in has)
        for feature in has:
            counts[feature][answer] += 1
    usual = sum(length.values()) / len(length) if length else 1
    return {
        feature: [
            (answer, count / (count + SATURATION * (1 - LENGTH + LENGTH * length[answer] / usual)))
            for answer, count in having.items()
        ]
        for feature, having in counts.items()
    }
