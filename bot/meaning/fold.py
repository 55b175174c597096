"""Typed text made comparable: one Unicode form, no invisible marks; and a folded copy without accents and signs."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0f]"
)
"""Control characters (NUL among them), zero-width and direction marks, variation selectors."""

_SIGNS = re.compile(r"[^\w\s]|_")
_BLANKS = re.compile(r"\s+")


def clean(text: str) -> str:
    """The text as it is kept and read: NFC, without invisible characters, stripped."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).strip()


def fold(text: str) -> str:
    """Small letters without accents, signs and emoji, single blanks: "  Xong RỒI! ✅" -> "xong roi"."""
    spread = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    bare = "".join(c for c in spread if not unicodedata.combining(c))
    return _BLANKS.sub(" ", _SIGNS.sub(" ", bare)).strip()
