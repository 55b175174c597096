"""Which commune somebody means: "xã Kiên Thọ", "kien tho", "Lam Sơn huyện Thọ Xuân", an old name, an old district.

Names are compared without accents. Where somebody types accents, only what has the same ones is meant, if there is
anything. A name may be a commune's of today, one's of before July 2025, or a district's of before: these come in that
order. Several names narrow each other down.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from bot.meaning.fold import clean, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.people.place import Place

MOST_WORDS = 5
"""Syllables of a name, with its kind in front."""

KINDS: Mapping[str, str] = {
    "xa": "xa", "x": "xa",
    "phuong": "phuong", "p": "phuong",
    "dac khu": "dac khu",
    "thi tran": "thi tran", "tt": "thi tran",
    "huyen": "huyen", "h": "huyen",
    "quan": "quan", "q": "quan",
    "thi xa": "thi xa", "tx": "thi xa",
    "thanh pho": "thanh pho", "tp": "thanh pho",
    "tinh": "tinh",
}  # fmt: skip
"""What may stand before a name, folded, and what it is short for."""

UNKNOWN = frozenset(
    fold(text)
    for text in ("không rõ", "ko rõ", "không biết", "ko biết", "k biết", "chưa rõ", "không nhớ", "bỏ qua", "not sure")
)
"""What somebody says who does not know, or does not want to say."""

_KEY = re.compile(r"[a-z0-9-]+/[a-z0-9-]+")
"""A key of a commune is not read as words."""

_Fit: TypeAlias = "tuple[int, ...]"
"""How well a name fits what was typed, for each name that was typed; less is better."""

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")


@dataclass(frozen=True, slots=True)
class _Name:
    """One name a place goes by. `rank`: 0 its own, 1 of a commune it was made of, 2 of the district it lay in."""

    place: Place
    rank: int
    kind: str
    spelled: str


@dataclass(frozen=True, slots=True)
class _Mention:
    """A name found in what was typed: its kind ("" if none was said), its spelling."""

    words: str
    kind: str
    spelled: str


class Finder:
    """Finds places by what people type. Reads its places once; then nothing changes."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.places: Mapping[str, Place] = {place.key: place for place in places}
        self._names: dict[str, list[_Name]] = {}
        self._provinces: dict[str, str] = {}
        self._titles: dict[str, list[Place]] = {}
        for place in self.places.values():
            self._titles.setdefault(_spelled(place.title), []).append(place)
            if place.is_province:
                self._provinces[fold(place.name)] = place.key
                continue
            self._add(_Name(place, 0, fold(place.kind), _spelled(place.name)), place.name)
            for district, communes in place.was:
                for full, rank in ((district, 2), *((commune, 1) for commune in communes)):
                    kind, name = _parted(full)
                    self._add(_Name(place, rank, kind, _spelled(name)), name)

    def find(self, text: str, province: str = "") -> tuple[Place, ...]:
        """The communes that may be meant, the likeliest first; none if nothing is known by that name.

        `province` (a key) leaves out those of any other.
        """
        if _KEY.fullmatch(text.strip()):
            return tuple(place for key, place in self.places.items() if key == text.strip())
        mentions = self._mentions(text)
        provinces = {self._provinces[each.words] for each in mentions if self._is_province(each, mentions)}
        found: list[dict[str, _Fit]] = []
        for mention in mentions:
            ranked = self._ranked(mention)
            if ranked and not self._is_province(mention, mentions):
                found.append(ranked)
        if not found:
            return ()
        best = found[0]
        for other in found[1:]:
            both = {key: (*rank, *other[key]) for key, rank in best.items() if key in other}
            best = both or best
        keys = [key for key in sorted(best, key=lambda key: (best[key], key)) if self._fits(key, province, provinces)]
        return tuple(self.places[key] for key in keys)

    def sure(self, text: str, province: str = "") -> Place | None:
        """The one place that is meant, if there is no doubt: its key, a name that nothing else has, or its full title.

        So "xã Ngọc Lặc" is one, "Ngọc Lặc" may be any commune of the district of before.
        """
        if place := self.places.get(text.strip()):
            return place
        titled = self._titles.get(_spelled(clean(text)), ())
        found = titled if len(titled) == 1 else self.find(text, province)
        return found[0] if len(found) == 1 else None

    def _is_province(self, mention: _Mention, among: Sequence[_Mention]) -> bool:
        """Whether a name is the province's: said so, or beside another name; alone it may be the town's."""
        if mention.words not in self._provinces:
            return False
        return mention.kind == "tinh" or (mention.kind == "" and len(among) > 1) or mention.words not in self._names

    def _fits(self, key: str, province: str, provinces: set[str]) -> bool:
        own = self.places[key].province
        return (not province or own == province) and (not provinces or own in provinces)

    def _ranked(self, mention: _Mention) -> dict[str, _Fit]:
        """The places that go by a name, with how well it fits (less is better). The kind that was said decides."""
        names = self._names.get(mention.words, [])
        names = [name for name in names if name.kind == mention.kind] or (names if mention.kind != "tinh" else [])
        if mention.spelled != mention.words:  # accents were typed: they are right where there is such a name
            names = [name for name in names if name.spelled == mention.spelled] or names
        found: dict[str, _Fit] = {}
        for name in names:
            fit = (name.rank, fold(name.place.name) != mention.words)  # of a district, its namesake goes first
            found[name.place.key] = min(fit, found.get(name.place.key, fit))
        return found

    def _mentions(self, text: str) -> list[_Mention]:
        """The names in a text from left to right, each as long as can be."""
        said = clean(text)
        words, spelled = fold(said).split(), _spelled(said).split()
        if len(words) != len(spelled):  # a sign inside a word: compare without accents only
            spelled = words
        found, at = [], 0
        while at < len(words):
            kind, length = _kind_at(words, at)
            name = self._longest(words, at + length)
            if length and not name:  # "thanh pho", "phuong": also the beginning of a name
                kind, length, name = "", 0, self._longest(words, at)
            start = at + length
            if name and (name > 1 or length or len(words) == name):
                end = start + name
                found.append(_Mention(" ".join(words[start:end]), kind, " ".join(spelled[start:end])))
                at = end
            else:
                at += 1
        return found

    def _longest(self, words: Sequence[str], at: int) -> int:
        """How many words from there are a name; 0 if none."""
        for length in range(min(MOST_WORDS, len(words) - at), 0, -1):
            words_ = " ".join(words[at : at + length])
            if words_ in self._names or words_ in self._provinces:
                return length
        return 0

    def _add(self, name: _Name, words: str) -> None:
        self._names.setdefault(fold(words), []).append(name)


def says_unknown(text: str) -> bool:
    """Whether somebody says that they do not know where they live, or do not want to say."""
    return fold(text) in UNKNOWN


def _kind_at(words: Sequence[str], at: int) -> tuple[str, int]:
    """The kind that stands there, and of how many words."""
    for length in (2, 1):
        if kind := KINDS.get(" ".join(words[at : at + length])):
            return kind, length
    return "", 0


def _parted(full: str) -> tuple[str, str]:
    """Kind and name: "Thị trấn Nưa" -> ("thi tran", "Nưa")."""
    words = full.split()
    kind, length = _kind_at(fold(full).split(), 0)
    return kind, " ".join(words[length:])


def _spelled(text: str) -> str:
    """Small letters with accents, the tone behind each syllable: "Hoà" and "Hòa" are one; signs are blanks."""
    syllables = []
    for word in "".join(c if c.isalnum() or unicodedata.combining(c) else " " for c in text.casefold()).split():
        spread = unicodedata.normalize("NFD", word)
        tone = "".join(c for c in spread if c in _TONES)
        syllables.append(unicodedata.normalize("NFC", "".join(c for c in spread if c not in _TONES)) + tone)
    return " ".join(syllables)
