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


@dataclass(frozen=True, slots=True)
class Cry:
    """An alarm phrase that was heard."""

    answer: str
    phrase: str
    words: int  # of the phrase: the longer, the surer


Phrase = tuple["Word", ...]


class Alarm:
    """The alarm phrases of all guides in service."""

    def __init__(self, entries: Sequence[AlarmEntry], understood: Callable[[Sequence[Word]], list[Word]]) -> None:
        self._understood = understood
        self._known: Lexicon = lexicon()
        self._between = self._known.between | set(map(bare, self._known.between))
        self._cries: dict[str, list[tuple[Phrase, str]]] = {}  # by the first word
        self._calm: dict[str, dict[str, list[tuple[Phrase, str]]]] = {}
        for entry in entries:
            _put(self._cries, self._phrases(entry.phrases), entry.answer)
            _put(self._calm.setdefault(entry.answer, {}), self._phrases(entry.calm), entry.answer)

    def cries(self, text: str) -> list[Cry]:
        """Every alarm that `text` raises, the longest phrase first, one for each answer."""
        return self.cries_in(self._understood(words_of(text)))

    def cries_in(self, said: Sequence[Word]) -> list[Cry]:
        """The same for words that were heard."""
        best: dict[str, Cry] = {}
        for begin in range(len(said)):
            for phrase, answer in self._cries.get(said[begin].bare, ()):
                end = self._stands(said, begin, phrase)
                if not end or (answer in best and best[answer].words >= len(phrase)):
                    continue
                if not self._is_calm(said, begin, end) and not self._calmed(said, answer):
                    best[answer] = Cry(answer, " ".join(word.kept or word.bare for word in phrase), len(phrase))
        return sorted(best.values(), key=lambda cry: -cry.words)

    def _phrases(self, texts: Sequence[str]) -> list[Phrase]:
        return [tuple(self._understood(words_of(text))) for text in texts]

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

    def _calmed(self, said: Sequence[Word], answer: str) -> bool:
        """Whether one of the guide's own calming phrases stands in the sentence."""
        calm = self._calm[answer]
        return any(
            self._stands(said, begin, phrase)
            for begin in range(len(said))
            for phrase, _ in calm.get(said[begin].bare, ())
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


def _put(index: dict[str, list[tuple[Phrase, str]]], phrases: Sequence[Phrase], answer: str) -> None:
    for phrase in phrases:
        if phrase:
            index.setdefault(phrase[0].bare, []).append((phrase, answer))


def _same(said: Word, wanted: Word, *, is_last: bool) -> bool:
    """The same letters, and no accents that differ.

    The last word of a phrase may be the beginning of several words that stand together ("gọi" of "gọi bảo").
    """
    if is_last and said.bare.startswith(f"{wanted.bare} "):
        return True
    return said.bare == wanted.bare and (not said.kept or not wanted.kept or said.kept == wanted.kept)
