"""Cries for help: an alarm phrase of a guide stands in a sentence, and nothing around it says that it is no alarm.

"mất tiền rồi" alarms; "có mất tiền không" asks for a price. A phrase is heard with words in between that say nothing
("lỡ đọc cái mã cho họ rồi"). Accents are compared where both sides have them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.meaning.lexicon import lexicon
from bot.meaning.plain import words_of
from bot.meaning.syllable import bare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.meaning.lexicon import Lexicon, Word

MOST_BETWEEN = 3
"""Words that say nothing which may stand between two words of a phrase."""


@dataclass(frozen=True, slots=True)
class AlarmEntry:
    """An answer, what people cry when they need it, and what in the same sentence says that they do not."""

    answer: str
    phrases: tuple[str, ...]
    calm: tuple[str, ...] = ()
    life: tuple[str, ...] = ()  # phrases that go before those of every other entry


@dataclass(frozen=True, slots=True)
class Cry:
    """An alarm phrase that was heard."""

    answer: str
    phrase: str
    words: int  # of the phrase: the longer, the surer
    life: bool = False  # a life is at stake: before everything about money


Phrase = tuple["Word", ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """A phrase that alarms, as it is compared."""

    phrase: Phrase
    answer: str
    life: bool
    needs: frozenset[str]  # the words behind the first, without accents


class Alarm:
    """The alarm phrases of all guides in service."""

    def __init__(self, entries: Sequence[AlarmEntry], understood: Callable[[Sequence[Word]], list[Word]]) -> None:
        self._understood = understood
        self._known: Lexicon = lexicon()
        self._between = self._known.between | set(map(bare, self._known.between))
        self._cries: dict[str, list[_Known]] = {}  # by the first word
        self._calm: dict[str, dict[str, list[Phrase]]] = {}  # by the answer and the first word
        for entry in entries:
            for texts, life in ((entry.phrases, False), (entry.life, True)):
                for phrase in self._phrases(texts):
                    needs = frozenset(word.bare for word in phrase[1:])
                    self._cries.setdefault(phrase[0].bare, []).append(_Known(phrase, entry.answer, life, needs))
            calm = self._calm.setdefault(entry.answer, {})
            for phrase in self._phrases(entry.calm):
                calm.setdefault(phrase[0].bare, []).append(phrase)

    def cries(self, text: str) -> list[Cry]:
        """Every alarm that `text` raises, a life first, then the longest phrase; one for each answer."""
        return self.cries_in(self._understood(words_of(text)))

    def cries_in(self, said: Sequence[Word]) -> list[Cry]:
        """The same for words that were heard."""
        best: dict[str, Cry] = {}
        there = {word.bare for word in said}
        there.update(word.bare.partition(" ")[0] for word in said if " " in word.bare)
        for begin, word in enumerate(said):
            for known in self._cries.get(word.bare, ()):
                if not known.needs <= there:
                    continue
                phrase, answer = known.phrase, known.answer
                end = self._stands(said, begin, phrase)
                if not end or (answer in best and _order(best[answer]) <= (not known.life, -len(phrase))):
                    continue
                around = (begin, end) if known.life else (0, len(said))
                if not self._is_calm(said, begin, end) and not self._calmed(said, answer, *around):
                    words = " ".join(word.kept or word.bare for word in phrase)
                    best[answer] = Cry(answer, words, len(phrase), known.life)
        return sorted(best.values(), key=_order)

    def _phrases(self, texts: Sequence[str]) -> list[Phrase]:
        phrases = [tuple(self._understood(words_of(text))) for text in texts]
        return [phrase for phrase in phrases if phrase]

    def _stands(self, said: Sequence[Word], begin: int, phrase: Phrase) -> int:
        """Where the phrase that begins at `begin` ends; 0 if it does not stand there."""
        index = begin
        between = 0
        for place, wanted in enumerate(phrase, 1):
            while index < len(said) and not _same(said[index], wanted, is_last=place == len(phrase)):
                if between == MOST_BETWEEN or index == begin or not self._may_be_between(said[index]):
                    return 0
                between += 1
                index += 1
            if index == len(said):
                return 0
            index += 1
        return index

    def _may_be_between(self, word: Word) -> bool:
        """Whether it says nothing; "cô" does not, but "có" does."""
        return word.kept in self._known.between if word.kept else word.bare in self._between

    def _calmed(self, said: Sequence[Word], answer: str, first: int, last: int) -> bool:
        """Whether one of the guide's own calming phrases stands in the sentence and shares a word of this part.

        Of a life only what shares a word with the cry: "nóng muốn chết" is none, but "cần tiền" calms nobody who wants
        to die.
        """
        calm = self._calm[answer]
        return any(
            self._stands(said, begin, phrase) > first
            for begin in range(last)
            for phrase in calm.get(said[begin].bare, ())
        )

    def _is_calm(self, said: Sequence[Word], begin: int, end: int) -> bool:
        """Whether the words around it deny or ask."""
        known = self._known
        before = [word.bare for word in said[max(0, begin - 3) : begin]]
        if any(" ".join(before[-count:]) in known.before for count in (1, 2) if len(before) >= count):
            return True
        behind = [word.bare for word in said[end:]]
        while behind and behind[-1] in known.ending:
            behind.pop()
        if " ".join(behind) in known.behind:
            return True
        asked = any(" ".join(before[-count:]) in known.asked for count in (1, 2, 3) if len(before) >= count)
        return asked and bool(behind) and behind[-1] in known.behind


def _order(cry: Cry) -> tuple[bool, int]:
    """A life first, then the longest."""
    return (not cry.life, -cry.words)


def _same(said: Word, wanted: Word, *, is_last: bool) -> bool:
    """The same letters, and no accents that differ.

    The last word of a phrase may be the beginning of several words that stand together ("gọi" of "gọi bảo").
    """
    if is_last and said.bare.startswith(f"{wanted.bare} "):
        return True
    return said.bare == wanted.bare and (not said.kept or not wanted.kept or said.kept == wanted.kept)
