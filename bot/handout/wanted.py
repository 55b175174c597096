"""What somebody wants printed, and whether it can be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.flow.reader import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True, slots=True)
class Size:
    """A kind of handout: width and height in points (1/72 inch), and what it is as a file.

    A picture has one pixel for each point.
    """

    width: float
    height: float
    ending: str = "pdf"
    template: str = "sheet"

    @property
    def media_type(self) -> str:
        """As the web calls it."""
        return "image/png" if self.ending == "png" else "application/pdf"


_MM = 72 / 25.4

SIZES = {
    "a4": Size(210 * _MM, 297 * _MM),
    "a5": Size(148 * _MM, 210 * _MM),
    "a6": Size(105 * _MM, 148 * _MM),
    "card": Size(1080, 1350, "png"),
    "square": Size(1080, 1080, "png"),
    "guide": Size(210 * _MM, 297 * _MM, template="guide"),
}
"""A4 poster, A5 flyer, A6 hand card; pictures for groups; the whole guide on A4."""

LONGEST_TEAM = 60
"""Characters of a team's name: two lines on the smallest card."""

LONGEST_LINK = 200
"""Characters of an address: more make the squares of the code too small for a cheap camera at arm's length."""

_VIETNAMESE = frozenset(map(chr, (*range(0x1EA0, 0x1EFA), 0x2013, 0x2019, 0x201C, 0x201D)))
"""Letters and signs from U+0250 on that the typeface has."""

_LINK = re.compile(r"https?://[^\s/?#@]+([/?#]\S*)?")
"""A name before the host (https://bank.vn@elsewhere.example) would hide where an address leads."""


class Refused(ValueError):
    """It cannot be printed; the message is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One handout. `link` is the address that its code opens; `team` stands on it as who helps, or is empty."""

    guide: str
    size: str
    language: str
    link: str
    team: str = ""

    @property
    def kind(self) -> Size:
        """Its size, which is known once it is checked."""
        return SIZES[self.size]

    @property
    def name(self) -> str:
        """A name for its file."""
        return f"{self.guide}-{self.size}-{self.language}.{self.kind.ending}"

    def check(self, guides: Collection[str], languages: Collection[str]) -> None:
        """Raise Refused when there is no such guide, size or language, or the team or the link does not fit."""
        if self.guide not in guides:
            raise Refused(f"There is no guide '{self.guide}'. {_meant(self.guide, guides)}")
        if self.size not in SIZES:
            raise Refused(f"There is no size '{self.size}'. {_meant(self.size, SIZES)}")
        if self.language not in languages:
            raise Refused(f"There is no language '{self.language}'. {_meant(self.language, languages)}")
        if not _LINK.fullmatch(self.link) or not self.link.isprintable():
            raise Refused(f"The link must be a web address such as https://bot.example/g/about, not '{self.link}'.")
        if len(self.link) > LONGEST_LINK:
            raise Refused(f"The link has {len(self.link)} characters; at most {LONGEST_LINK} fit into a code.")
        if len(self.team) > LONGEST_TEAM:
            raise Refused(f"The team's name has {len(self.team)} characters; at most {LONGEST_TEAM} fit on a card.")
        if not is_printable(self.team):
            raise Refused("The team's name must be one line of Latin letters, figures and signs.")


def is_printable(team: str) -> bool:
    """Whether a team's name fits on every sheet, in letters that the typeface has."""
    has_letters = all(sign.isprintable() and (sign < "\u0250" or sign in _VIETNAMESE) for sign in team)
    return has_letters and len(team) <= LONGEST_TEAM


def _meant(word: str, known: Collection[str]) -> str:
    hint = did_you_mean(word, known)
    return hint[:1].upper() + hint[1:] if hint else f"There are {', '.join(known)}."
