"""What people put around their words out of politeness: "dạ, bác xong rồi cháu ạ" says "xong rồi"."""

from __future__ import annotations

import re

_PEOPLE = frozenset({
    "tôi", "tui", "toi", "mình", "tớ", "bác", "bac", "bà", "ông", "ong", "cô", "chú", "dì", "thím", "mợ", "anh", "chị",
    "em", "con", "cháu", "chau", "mẹ", "bố", "má", "bạn", "nội", "ngoại",
})  # fmt: skip
_OPENING = frozenset({
    "dạ", "vâng", "ừ", "ừm", "à", "ờ", "thưa", "ủa", "thì", "thế", "ok", "oke", "please", "yes", "so",
})  # fmt: skip
_ENDING = frozenset({
    "ạ", "à", "á", "ơi", "nhé", "nhe", "nha", "nhá", "nhỉ", "hả", "vậy", "mà", "đó", "đấy", "nè", "này", "đây", "luôn",
    "oi", "rứa", "please", "bot",
})  # fmt: skip
"""Without its accents only what is no other word: "cô" is polite, "co" may be "có"."""

_MARKS = re.compile(r"[\s,.!?…;:]+")


def mannerless(text: str) -> tuple[str, ...]:
    """The words with less and less of what is polite around them; never none, and not those that were typed."""
    words = [word for word in _MARKS.split(text.casefold()) if word]
    begin = next((index for index, word in enumerate(words) if word not in _PEOPLE | _OPENING), 0)
    ends = [len(words)]
    while ends[-1] > 1 and words[ends[-1] - 1] in _PEOPLE | _ENDING:
        ends.append(ends[-1] - 1)
    found = dict.fromkeys(" ".join(words[first:last]) for last in ends for first in (0, begin) if first < last)
    return tuple(each for each in found if each != text)
