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
    "rứa", "please", "bot",
})  # fmt: skip
"""Without its accents only what is no other word: "cô" is polite, "co" may be "có"."""

_MARKS = re.compile(r"[\s,.!?…;:]+")


def mannerless(text: str) -> tuple[str, ...]:
    """The words without what is polite around them, the longer first; those that are left as they are do not count."""
    words = [word for word in _MARKS.split(text.casefold()) if word]
    begin = 0
    while begin < len(words) and words[begin] in _PEOPLE | _OPENING:
        begin += 1
    end = len(words)
    while end > begin and words[end - 1] in _ENDING:
        end -= 1
    least = end
    while least > 0 and words[least - 1] in _PEOPLE | _ENDING:
        least -= 1
    spans = ((0, end), (begin, end), (0, least), (begin, least))
    found = dict.fromkeys(" ".join(words[first:last]) for first, last in spans if first < last)
    return tuple(each for each in found if each != " ".join(words))
