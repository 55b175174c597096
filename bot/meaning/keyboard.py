"""Words as two Vietnamese keyboards leave them when they are switched off: Telex "maatj", VNI "mat65" -> "mật"."""

from __future__ import annotations

import re
import unicodedata

from bot.meaning.syllable import LONGEST, bare, is_syllable, settled

_TELEX_TONES = {"f": "\u0300", "s": "\u0301", "x": "\u0303", "r": "\u0309", "j": "\u0323"}
_TELEX_LETTERS = (
    *(("uow", "ươ"), ("uwow", "ươ"), ("uwo", "ươ"), ("dd", "đ")),
    *(("aa", "â"), ("ee", "ê"), ("oo", "ô"), ("aw", "ă"), ("ow", "ơ"), ("uw", "ư")),
)
_VNI_TONES = {"1": "\u0301", "2": "\u0300", "3": "\u0309", "4": "\u0303", "5": "\u0323"}
_VNI_LETTERS = {"6": ("aeo", "\u0302"), "7": ("uo", "\u031b"), "8": ("a", "\u0306")}
_VOWEL = re.compile("[aeiouy]")
_VNI = re.compile(r"[a-z]+\d[a-z\d]*")
MOST = LONGEST + 5
"""Letters and signs of the longest word that is looked at."""


def from_telex(word: str) -> str | None:
    """The syllable that a plain small-letter word is in Telex, or None if it is none or needs no decoding."""
    if len(word) > MOST or not (word.isascii() and word.isalpha()) or is_syllable(word):
        return None
    vowel = _VOWEL.search(word)
    if vowel is None:
        return None
    head, tail = word[: vowel.start()], word[vowel.start() :]
    tones = [c for c in tail if c in _TELEX_TONES]
    tail = "".join(c for c in tail if c not in _TELEX_TONES)
    letters = head + tail
    if "d" in tail and head[:1] == "d":  # "dinhd": the second d was typed last
        letters = "d" + head + tail.replace("d", "")
    for typed, meant in _TELEX_LETTERS:
        letters = letters.replace(typed, meant)
    if "w" in letters:  # the hook was typed last: "nuocw", "duocwj"
        letters = _hooked(letters.replace("w", ""))
    return _if_syllable(letters, _TELEX_TONES[tones[-1]] if tones else "")


def _hooked(letters: str) -> str:
    for plain, hooked in (("uo", "ươ"), ("u", "ư"), ("o", "ơ"), ("a", "ă")):
        if plain in letters:
            return letters.replace(plain, hooked, 1)
    return letters


def has_vni_letter(word: str) -> bool:
    """Whether a word looks like VNI beyond doubt: "khau63" does, "muc1" may as well be "mức 1"."""
    return bool(_VNI.fullmatch(word)) and not set(word).isdisjoint("6789") and from_vni(word) is not None


def from_vni(word: str) -> str | None:
    """The syllable that a small-letter word with digits is in VNI, or None."""
    if len(word) > MOST or not _VNI.fullmatch(word):
        return None
    letters = ""
    tone = ""
    for c in word:
        if c in _VNI_TONES:
            tone = _VNI_TONES[c]
        elif c == "9" and letters.startswith("d"):
            letters = "đ" + letters[1:]
        elif c in _VNI_LETTERS:
            letters = _marked(letters, *_VNI_LETTERS[c])
        elif c.isdigit():
            return None
        else:
            letters += c
    return _if_syllable(letters, tone) if letters else None


def _marked(letters: str, vowels: str, mark: str) -> str:
    """The last vowel gets the mark; "uo" gets two horns."""
    if mark == "\u031b" and "uo" in letters:
        return letters.replace("uo", "ươ")
    for index in range(len(letters) - 1, -1, -1):
        if letters[index] in vowels:
            return unicodedata.normalize("NFC", letters[: index + 1] + mark + letters[index + 1 :])
    return letters


def _if_syllable(letters: str, tone: str) -> str | None:
    """Letters and tone as one word, if that is a syllable with an accent."""
    if not any(c in "aeiouyăâêôơư" for c in letters):
        return None
    last = max(index for index, c in enumerate(letters) if c in "aeiouyăâêôơư")
    word = settled(letters[: last + 1] + tone + letters[last + 1 :])
    return word if word != bare(word) and is_syllable(word) else None
