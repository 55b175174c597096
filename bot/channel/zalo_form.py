"""The form of a message on Zalo: plain text in parts that fit, its headline in larger letters."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.channel.parts import split, units

if TYPE_CHECKING:
    from bot.channel.base import Message

LARGE = ("b", "f_20")
"""Bold, and the largest of Zalo's letters."""


@dataclass(frozen=True, slots=True)
class Part:
    """One text of a message. `large`: where its headline stands, as (start, length) in units of UTF-16."""

    text: str
    large: tuple[int, int] | None = None

    @property
    def styles(self) -> list[dict[str, object]]:
        """The text_styles of a message."""
        return [{"start": self.large[0], "len": self.large[1], "st": list(LARGE)}] if self.large else []


def parts(message: Message, limit: int) -> list[Part]:
    """The words of a message without buttons, in texts of at most `limit` characters; none if it says nothing."""
    lead = _composed(f"{message.progress}\n") if message.progress else ""
    head = _composed(message.head)
    pieces = (piece for piece in (lead + head, _composed(message.body)) if piece.strip())
    texts = split("\n\n".join(pieces), limit)
    if not texts or not head or not texts[0].startswith(lead + head):
        return [Part(text) for text in texts]
    return [Part(texts[0], (units(lead), units(head))), *(Part(text) for text in texts[1:])]


def _composed(text: str) -> str:
    """Letters with their accents in one, as Zalo counts them."""
    return unicodedata.normalize("NFC", text)
