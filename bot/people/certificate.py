"""Certificates: their serials, and the name that is printed. Also the short codes of families, which look alike."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Consonants: no word can come of them, no figure looks like one, and no number is mistaken for a secret."""

GROUP, GROUPS, GROUPS_OF_CODE = 4, 4, 2
"""A serial is BCDF-GHJK-LMNP-QRST: one of 20¹⁶, which nobody guesses."""

FAMILY = "GD"
"""What a family's code begins with ("gia đình"), so that no letters typed at random are one: GDBC-DFGH, one of 20⁶."""

MOST_CHANCE = GROUP * GROUPS_OF_CODE - len(FAMILY)
"""Letters of a code that are drawn."""

LONGEST, MOST_WORDS = 60, 8
"""Characters and words of a name."""

_GAP = re.compile(r"[\s\-\u2010-\u2015]+")
_CODE = re.compile(rf"[{LETTERS}]{{{GROUP}}}(?:-[{LETTERS}]{{{GROUP}}})*")
_LATIN = frozenset(map(chr, (*range(0x00C0, 0x0250), *range(0x1EA0, 0x1EFA)))) - {"×", "÷"}
"""Letters with marks that the typeface has."""
_BETWEEN = frozenset(" -'’.")


class NameFault(Enum):
    """Why a name cannot be printed."""

    EMPTY = "empty"
    LONG = "long"
    NUMBER = "number"  # there are figures in it: a number that is somebody's does not belong on paper
    SIGNS = "signs"


def spelled(letters: str) -> str:
    """Letters in groups, as they are kept and printed."""
    return "-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))


def read_serial(text: str) -> str:
    """A serial as it is kept, however it was typed; "" if it is none."""
    return _read(text, GROUPS)


def read_code(text: str) -> str:
    """A family's code as it is kept; "" if it is none."""
    code = _read(text, GROUPS_OF_CODE)
    return code if code.startswith(FAMILY) else ""


def _read(text: str, groups: int) -> str:
    if len(text) > LONGEST:
        return ""
    said = _GAP.sub("-", text.strip().upper())
    said = spelled(said) if "-" not in said else said
    return said if _CODE.fullmatch(said) and said.count("-") == groups - 1 else ""


def read_name(text: str) -> str | NameFault:
    """A name as it is printed: composed, with single blanks."""
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not any(sign.isalpha() for sign in name):
        return NameFault.NUMBER if any(sign.isdigit() for sign in name) else NameFault.EMPTY
    if len(name) > LONGEST or len(name.split()) > MOST_WORDS:
        return NameFault.LONG
    if any(sign.isdigit() for sign in name):
        return NameFault.NUMBER
    if not all(_is_letter(sign) or sign in _BETWEEN for sign in name):
        return NameFault.SIGNS
    return name


def initials(name: str) -> str:
    """All that is kept of a name: "Nguyễn Thị Hoa" is "N. T. H."."""
    first = (next((sign for sign in word if sign.isalpha()), "") for word in name.split())
    return " ".join(f"{letter.upper()}." for letter in first if letter)


def are_alike(one: str, other: str) -> bool:
    """Whether two names may be the same person's, going by their initials; marks are left out ("Đ" and "D")."""
    return _bare(one) == _bare(other)


def _bare(text: str) -> str:
    spread = unicodedata.normalize("NFD", text.upper().replace("Đ", "D"))
    return "".join(sign for sign in spread if not unicodedata.combining(sign))


def _is_letter(sign: str) -> bool:
    return (sign.isascii() and sign.isalpha()) or sign in _LATIN
