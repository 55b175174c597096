"""The Vietnamese syllable: its letters, its tone, and whether letters can be one.

Onsets and rhymes are those of the written language (chữ quốc ngữ); a rhyme that ends in c, ch, p or t takes only the
tones sắc and nặng.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LONGEST = 7
"""Letters of the longest syllable: "nghiêng"."""

TONES = {"\u0300": "huyền", "\u0301": "sắc", "\u0303": "ngã", "\u0309": "hỏi", "\u0323": "nặng"}
"""The combining marks that are tones; circumflex, breve and horn belong to the letter."""

STOPPED = frozenset({"", "\u0301", "\u0323"})
"""Tones before a final c, ch, p or t. None at all is how it is typed without accents."""

ONSETS = frozenset(
    re.findall(r"\w+", "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"),
) | {""}
RHYMES = frozenset(
    re.findall(
        r"\w+",
        """
        a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
        e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
        i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
        o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong op ot
        ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
        u ua uc ui um un ung up ut uân uât uâng uây uê uêch uênh uy uya uych uynh uyt uyu uyên uyêt uôc uôi uôm uôn uông
        uôt uơ ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu y yêm yên yêt yêu
        """,
    )
)
_BARE_RHYMES = frozenset(
    "".join(c for c in unicodedata.normalize("NFD", rhyme) if not unicodedata.combining(c)) for rhyme in RHYMES
)
_VOWELS = frozenset("aăâeêioôơuưy")
_STOPS = ("c", "ch", "p", "t")


def bare(word: str) -> str:
    """A small-letter word without its accents: "được" -> "duoc"."""
    if word.isascii():
        return word
    spread = unicodedata.normalize("NFD", word).replace("đ", "d")
    return "".join(c for c in spread if not unicodedata.combining(c))


def apart(word: str) -> tuple[str, str]:
    """A small-letter word without its tone, and the tone's mark, "" for none: "hoà" -> ("hoa", "\u0300")."""
    tone = ""
    letters = []
    for mark in unicodedata.normalize("NFD", word):
        if mark in TONES:
            tone = mark
        else:
            letters.append(mark)
    return unicodedata.normalize("NFC", "".join(letters)), tone


@lru_cache(maxsize=20_000)
def is_syllable(word: str) -> bool:
    """Whether a small-letter word can be a Vietnamese syllable, typed with all its accents or with none."""
    if len(word) > LONGEST:
        return False
    letters, tone = apart(word)
    rhymes = _BARE_RHYMES if word.isascii() else RHYMES
    if letters.endswith(_STOPS) and tone not in STOPPED:
        return False
    return any(letters[:cut] in ONSETS and letters[cut:] in rhymes for cut in range(min(4, len(letters))))


def settled(word: str) -> str:
    """A small-letter word with its tone in one place, whichever way it was typed: "hoà" and "hòa" -> "hòa"."""
    letters, tone = apart(word)
    if not tone:
        return letters
    begin = 2 if letters.startswith(("qu", "gi")) and any(c in _VOWELS for c in letters[2:]) else 0
    vowels = [index for index, c in enumerate(letters) if c in _VOWELS and index >= begin]
    if not vowels:
        return unicodedata.normalize("NFC", word)
    marked = [index for index in vowels if letters[index] in "ăâêôơư"]
    if marked:
        place = marked[-1]
    elif len(vowels) == 1 or letters[-1] not in _VOWELS:
        place = vowels[-1]
    else:
        place = vowels[-2]
    return unicodedata.normalize("NFC", letters[: place + 1] + tone + letters[place + 1 :])
