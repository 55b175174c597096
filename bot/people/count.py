"""Help that is counted: what an entry says, and how it is typed after an event.

What every number means is written down in docs/counting.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from bot.meaning.fold import clean, fold

RESULTS = ("done", "part", "not")
"""How it went: done, a part of it, not yet."""

AGES = ("young", "middle", "old")
"""Under 35, 35 to 59, 60 and older. An age that nobody said is ""."""

TOLD, WALKED = "told", "walked"
"""How it came to be counted: a helper says so; a helper walked the guide with them in helper mode."""

MIDDLE, OLD, OLDEST = 35, 60, 120
"""Years from which somebody is of the middle and of the old band, and what is no age any more."""

DOUBTFUL = 30
"""People above which a number is asked back."""

MOST = 500
"""People in one entry."""

MOST_A_DAY = 1_000
"""People that one helper counts in a day."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry on its way: what is not known yet is "" (or 0), and asked for.

    `sure`: a doubtful number was confirmed.
    """

    team: str = ""
    guide: str = ""
    result: str = ""
    age: str = ""
    number: int = 0
    how: str = TOLD
    place: str = ""
    sure: bool = False

    def written(self) -> str:
        """In one word, as behind the colon of an answer."""
        said = [getattr(self, f.name) for f in fields(self)]
        return ",".join("1" if value is True else "" if not value else str(value) for value in said).rstrip(",")

    @staticmethod
    def read(text: str) -> Draft:
        """What `written` gave."""
        team, guide, result, age, number, how, place, sure = [*text.split(","), *[""] * len(fields(Draft))][:8]
        return Draft(team, guide, result, age, int(number or 0), how or TOLD, place, sure == "1")


@dataclass(frozen=True, slots=True)
class Told:
    """What a typed count says; `rest` is what is left for finding the guide and the place."""

    number: int  # 0: none was said
    result: str
    age: str
    rest: str
    begins: bool = False  # whether the sentence begins with the number of people: "12 người, …"


ANY_AGE = "any"
"""In a draft: nobody says how old they were, and it is not asked."""

_DIGITS = {
    "mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "lam": 5, "nham": 5,
    "sau": 6, "bay": 7, "tam": 8, "chin": 9,
}  # fmt: skip
_DIGIT = "|".join(_DIGITS)
_WORDS = re.compile(rf"(?:({_DIGIT}) tram ?)?(?:(?:linh|le) )?(?:((?:{_DIGIT}) )?(muoi|chuc) ?)?({_DIGIT})?")
"""A number up to 999 in words, folded: "hai muoi lam", "muoi hai", "mot tram linh ba"."""

_WHO = (
    r"(?:người|nguoi|bác|bac|cụ|cu|ông bà|ong ba|bà con|ba con|cô chú|co chu|lượt|luot|bạn|ban|ng|people|persons?|"
    r"chị em|chi em|chị|chi|anh|em|cháu|chau|bà|ông|cô|chú|phụ nữ|phu nu|hội viên|hoi vien)"
)
_COUNTED = re.compile(rf"(?<!\w)(\d{{1,6}}|(?:[^\W\d_]+ ){{1,5}}?)\s*{_WHO}(?!\w)", re.IGNORECASE)
_BARE = re.compile(r"(?<!\S)\+?(\d{1,6})(?!\S)")
_YEARS = re.compile(
    r"(trên|tren|dưới|duoi|hơn|hon|từ|tu|over|under)?\s*(\d{1,3})\s*(?:tuổi|tuoi|t(?!\w)|years?)"
    r"(?:\s+(?:trở lên|tro len))?"
)
_BELOW = ("duoi", "under")
_AGE_WORDS = (
    ("old", re.compile(r"(?<!\w)(?:(?<=người )già|(?<=nguoi )gia|cao tuổi|cao tuoi|elderly)(?!\w)")),
    ("young", re.compile(r"(?<!\w)(?:thanh niên|thanh nien|học sinh|hoc sinh|sinh viên|sinh vien|young)(?!\w)")),
    ("middle", re.compile(r"(?<!\w)(?:trung niên|trung nien|middle aged)(?!\w)")),
)
_RESULT_WORDS = (
    ("part", re.compile(r"(?<!\w)(?:một phần|mot phan|dở dang|do dang|làm dở|lam do|partly)(?!\w)")),
    (
        "not",
        re.compile(r"(?<!\w)(?:chưa xong|chua xong|chưa được|chua duoc|không xong|khong xong|not done|failed)(?!\w)"),
    ),
    ("done", re.compile(r"(?<!\w)(?:đã xong|da xong|làm xong|lam xong|thành công|thanh cong|xong|done)(?!\w)")),
)


def read_count(text: str) -> Told:
    """What a sentence such as "12 người, kích hoạt VNeID, nhà văn hoá thôn 3" counts.

    Of several numbers the first one with a word for people counts. A bare number counts only at the very beginning.
    """
    said = clean(text).casefold()
    age, said = _age(said)
    begins = _COUNTED.match(said) is not None
    number, said = _number(said)
    result = ""
    for name, words in _RESULT_WORDS:
        if words.search(said):
            result, said = result or name, words.sub(" ", said)
    return Told(number, result, age, " ".join(said.replace(",", " , ").split()).strip(" ,.;"), begins and number > 0)


def _age(said: str) -> tuple[str, str]:
    for name, words in _AGE_WORDS:
        if words.search(said):
            return name, words.sub(" người " if name == "young" else " ", said)  # "5 học sinh"
    found = _YEARS.search(said)
    if not found or int(found[2]) > OLDEST:
        return "", said
    years = int(found[2]) - (1 if fold(found[1] or "") in _BELOW else 0)
    return age_of(years), f"{said[: found.start()]} {said[found.end() :]}"


def age_of(years: int) -> str:
    """The band of an age in years."""
    return "young" if years < MIDDLE else "middle" if years < OLD else "old"


def _number(said: str) -> tuple[int, str]:
    """The number of people, and the words without it."""
    for found in _COUNTED.finditer(said):
        words = found[1].split()
        for start in range(len(words)):
            number = int(words[start]) if words[start].isdecimal() else in_words(" ".join(words[start:]))
            if number is not None:
                return number, f"{said[: found.start()]} {' '.join(words[:start])} {said[found.end() :]}"
    bare = _BARE.match(said)
    return (int(bare[1]), said[bare.end() :]) if bare else (0, said)


def in_words(words: str) -> int | None:
    """Words that are a number from 1 to 999 and nothing else: "mười hai" -> 12; else None."""
    found = _WORDS.fullmatch(fold(words))
    if not found:
        return None
    hundreds, tens, ten, ones = found.groups()
    number = 100 * _DIGITS[hundreds] if hundreds else 0
    if ten:
        number += 10 * (_DIGITS[tens.strip()] if tens else 1)
    return number + (_DIGITS[ones] if ones else 0) or None
