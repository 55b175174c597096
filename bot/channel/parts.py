"""Long texts in parts that a platform takes, cut between sentences."""

from __future__ import annotations

import re

_ENDS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?…:;])\s"))
"""Where a text may be cut without cutting a sentence, the best first."""

_WORD = re.compile(r"\s")


def split(text: str, limit: int) -> list[str]:
    """The text in pieces of at most `limit` characters, cut at the end of a paragraph, a line or a sentence.

    A single sentence that is too long is cut between words, a word that is too long anywhere. An emoji counts twice
    where it is two units of UTF-16: platforms do not say how they count, and so the piece fits either way.
    """
    pieces = []
    while (room := _room(text, limit)) < len(text):
        cut = next(filter(None, (*(_last(end, text, room, room // 2) for end in _ENDS), _sentence(text, room))), 0)
        cut = cut or _last(_WORD, text, room, room // 2) or room
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [piece for piece in (*pieces, text) if piece.strip()]


def units(text: str) -> int:
    """The length in units of UTF-16, as Java and JavaScript count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _room(text: str, limit: int) -> int:
    """How many characters of the text fit; at least one."""
    if units(text) <= limit:
        return len(text)
    taken = 0
    for count, letter in enumerate(text):
        taken += 1 + (letter > "\uffff")
        if taken > limit:
            return max(count, 1)
    return len(text)


def _sentence(text: str, room: int) -> int:
    """The last end of a sentence, however far in front."""
    return max(_last(end, text, room, 1) for end in _ENDS)


def _last(end: re.Pattern[str], text: str, room: int, first: int) -> int:
    """The last such end between `first` and `room`; 0 if there is none."""
    found = [match.start() for match in end.finditer(text, first, room + 1) if match.start() <= room]
    return found[-1] if found else 0
