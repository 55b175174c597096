"""Any typed sentence to what it may mean, best first: a guide, small talk, or something the bot does itself.

Two opinions are joined: the phrase that is most alike (cosine), and all phrases of an entry together (BM25). Both count
a word the more, the fewer entries have it. Words of the sentence that nobody knows count against every entry, so that a
long sentence about something else finds nothing.

Why BM25 is not taken from a library: rank-bm25 and SQLite's FTS5 need 1.4 and 0.5 ms a sentence, and neither they nor
bm25s take weighted words. Measured 2026-11-23, 2,600 phrases. What is added up is in bot/meaning/index.py.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.meaning.feature import features, is_word, weight_of
from bot.meaning.index import Index
from bot.meaning.lexicon import lexicon
from bot.meaning.mend import Mender
from bot.meaning.plain import joined, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

NO_LIFTS: Mapping[str, float] = MappingProxyType({})

LIKELY = 5
"""Entries that are looked at closely, by their most alike phrase: those that share most with the sentence."""

SHORTEST = 2
"""Letters below which a sentence finds nothing."""

LEAST = 1.0
"""What a sentence must count in all to be compared: "dạ con" says nothing. A phrase that says as little is found by its
very words only: "cháu là ai"."""

A_WORD = 85
"""How alike a phrase must be to a single word that is sure: "nước" alone means no guide with "nấu nước" in it."""


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
        self._index = Index(found, self._rarity)

    def understood(self, words: Sequence[Word]) -> list[Word]:
        """Words with their typos mended, and with one word for every way to say a thing."""
        return joined(mended for word in words for mended in self._mender.mend(word))

    def find(self, text: str, most: int = 3) -> list[Found]:
        """What `text` may mean, best first, at most `most`, none below `GUESS`."""
        return self.find_words(self.heard(text), most)

    def find_words(self, words: Sequence[Word], most: int = 3, lifts: Mapping[str, float] = NO_LIFTS) -> list[Found]:
        """The same for words that were heard. `lifts`: points that answers have more."""
        return [found for found in self.rank(words, most, lifts) if found.score >= GUESS]

    def heard(self, text: str) -> list[Word]:
        """The words of a text as they are compared; none of one that is too short."""
        return _without_opening(self.understood(words_of(text))) if len(text) >= SHORTEST else []

    def rank(self, words: Sequence[Word], most: int = 3, lifts: Mapping[str, float] = NO_LIFTS) -> list[Found]:
        """The same with what is below `GUESS`."""
        asked = self._asked(words)
        total = sum(asked.values())
        if same := self._same(words):
            return [Found(answer, 100.0, said, 100.0, 100.0, is_sure=True) for answer, said in same][:most]
        if total < LEAST:
            return []
        shares = self._index.shared(asked)
        length = math.sqrt(sum([weight * weight for weight in asked.values()]))
        said = [word for word in words if weight_of(word) >= 1]
        single = len(said) == 1 or sum(map(is_word, asked)) == 1
        found = []
        for entry in self._likely(shares, said, most, lifts):
            answer = self._index.answers[entry]
            likeness, phrase = self._index.most_alike(asked, entry)
            alike, shared = 100 * likeness / length, 100 * shares[entry] / total
            score = ONE_PHRASE * alike + (1 - ONE_PHRASE) * shared
            score *= URGENT if answer in self._urgent else 1
            score = min(100.0, score + lifts.get(answer, 0))
            is_sure = score >= SURE and not (single and alike < A_WORD)
            found.append(Found(answer, score, self._phrases[phrase], alike, shared, is_sure))
        found.sort(key=lambda each: (-each.score, each.answer))
        return found[:most]

    def _likely(
        self, shares: Mapping[int, float], said: Sequence[Word], most: int, lifts: Mapping[str, float]
    ) -> list[int]:
        """The places of the entries that share most with the sentence, and of those that are lifted."""
        answers = self._index.answers
        sharing = sorted(shares)
        if len(said) == 1 and said[0].kept:
            sharing = [entry for entry in sharing if self._may_mean(answers[entry], said[0])]
        likely = sorted(sharing, key=shares.__getitem__, reverse=True)[: max(LIKELY, most)]
        return likely + [entry for entry in sharing if answers[entry] in lifts and entry not in likely]

    def asked(self, text: str) -> Features:
        """What a sentence asks for, and how much each part of it counts."""
        return self._asked(self.heard(text))

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


def _without_opening(words: list[Word]) -> list[Word]:
    """The words without "dạ em chào ad, cho em hỏi tí là" before them, where something is left that is asked."""
    known = lexicon()
    end, has_before = 0, False
    for place, (bare, _) in enumerate(words, 1):
        if bare not in known.opening:
            break
        has_before = has_before or bare == known.opening_before
        if bare in known.opening_ends or (bare == known.opening_asks and has_before):
            end = place
    left = words[end:]
    return left if any(weight_of(word) >= 1 for word in left) else words


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
