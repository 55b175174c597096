"""Typed text to words in plain Vietnamese: short forms, dialect and keyboard leftovers resolved, accents kept.

"mk vneid laf j dzaayj" -> "mật khẩu vneid là gì dzaayj". Needs nothing but the lexicon. What can only be mended by
knowing which words there are (typos, missing blanks) is mended in bot/meaning/mend.py.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.meaning.keyboard import from_telex, from_vni, has_vni_letter
from bot.meaning.lexicon import NUMBER, SUM, Word, lexicon
from bot.meaning.syllable import bare, settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_WORDS = 120
"""Words of a message that are listened to; nobody asks for a guide behind them."""

MOST_LETTERS = 2_000
"""Letters of a message in which these words are looked for."""

LONGEST = 48
"""Letters of a word that are looked at."""

_TOKEN = re.compile(r"[^\W\d_]+(?:\d+[^\W_]*)*|\d+")
"""Letters, also with digits in or behind them ("khau63"); or digits."""
_PARTS = re.compile(r"[^\W\d_]+|\d+")
_RUN = re.compile(r"([^\W\d_])\1{2,}")
"""Three or more of one letter: "ơiii"."""
_SUM = Word(bare(SUM), SUM)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0f]")


def words_of(text: str) -> list[Word]:
    """The words of a text in plain Vietnamese. Never more than `MOST_WORDS`, whatever the text."""
    small = unicodedata.normalize("NFC", _INVISIBLE.sub("", text[:MOST_LETTERS]).casefold())
    tokens = [token[:LONGEST] for token in _TOKEN.findall(small)[:MOST_WORDS]]
    vni = any(map(has_vni_letter, tokens)) if any(c in small for c in "6789") else False
    parts: list[str] = []
    for token in tokens:
        parts += _apart(token, vni=vni)
    return _resolved(parts)


def plain(text: str) -> str:
    """The same as one line. What is plain stays as it is."""
    return " ".join(word.kept or word.bare for word in words_of(text))


@lru_cache(maxsize=20_000)
def _apart(token: str, *, vni: bool) -> tuple[str, ...]:
    """A token as words with their accents settled: runs shortened, Telex and VNI decoded, digits split off."""
    if token.isdecimal():
        return (token,)
    known = lexicon()
    if token not in known.short:
        token = _RUN.sub(r"\1", token)
    if token in known.short or token in known.several:
        return (token,)
    if vni and (word := from_vni(token)):
        return (word,)
    return tuple(_decoded(part) for part in _PARTS.findall(token))


def _decoded(part: str) -> str:
    """A part without digits: out of Telex, its tone in one place. Short forms stay for now."""
    known = lexicon()
    if part.isdecimal() or part in known.short or part in known.several:
        return part
    return from_telex(part) or settled(part)


def _resolved(parts: Sequence[str]) -> list[Word]:
    """Short forms and dialect become what they mean; with several meanings the neighbours decide."""
    known = lexicon()
    found: list[Word] = []
    for index, part in enumerate(parts):
        if several := known.several.get(part):
            nears = (_near(parts, index - 1), _near(parts, index + 1))
            found += next((several.beside[near] for near in nears if near in several.beside), several.usual)
        elif meant := known.short.get(part):
            found += meant
        else:
            found.append(_word(part))
    return found


def _near(parts: Sequence[str], index: int) -> str:
    if not 0 <= index < len(parts):
        return ""
    return NUMBER if parts[index].isdecimal() else bare(parts[index])


@lru_cache(maxsize=20_000)
def _word(part: str) -> Word:
    without = bare(part)
    return Word(without, part if part != without else "")


def joined(words: Iterable[Word]) -> list[Word]:
    """The words with every way to say a thing replaced by the one word that stands for it; a sum is a sum."""
    known = lexicon().same
    words = list(words)
    bares = tuple(word.bare for word in words)
    found: list[Word] = []
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if sames := known.get(word.bare):
            for same in sames:
                end = index - 1 + len(same.way)
                if bares[index - 1 : end] == same.bares and all(map(_may_be, words[index - 1 : end], same.way)):
                    word = same.word
                    index = end
                    break
        elif word.bare.isdecimal() and (end := _sum_ends(words, index)):
            word = _SUM
            index = end
        found.append(word)
    return found


def _sum_ends(words: Sequence[Word], begin: int) -> int:
    """Where the sum ends whose number stands before `begin`: "10 triệu đồng"; 0 if it is none."""
    units = lexicon().sums
    end = begin
    while end < len(words) and words[end].bare in units:
        end += 1
    return end if end > begin else 0


def _may_be(said: Word, known: Word) -> bool:
    """No accent that says otherwise."""
    return said.kept in {"", known.kept}
