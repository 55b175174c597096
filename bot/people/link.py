"""Links to a guide or to one step of it, as they are passed on. Whose team passed it on stands in it, signed.

A code is at most 64 letters of A-Z a-z 0-9 _ -, so that it fits behind t.me/<bot>?start= and our own /go/. There are
three forms:

    eid-activate__open_app               a place: nobody is counted, everybody can write it
    G<signature>s<place>__<step>__<team> a signed link: `s` is its kind
    K<signature>                         a short code, for what is too long: its row says what it stands for

A step's "/" is written "-". Links do not expire.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from bot.people import team as teams
from bot.people.sign import MARK, is_marked, mark

SIGNED, SHORT = "G", "K"
"""What the two begin with: no guide's name has capital letters, and no invitation."""

LONGEST = 64
"""Characters: core.telegram.org/bots/features#deep-linking."""

LONGEST_PLACE = 200
"""Characters of a place that is looked at."""

_SAFE = "[A-Za-z0-9_-]"
_PLACE = re.compile(r"([a-z0-9][a-z0-9-]*)(?:__([a-z][a-z0-9_-]*))?")
_SIGNED = re.compile(rf"{SIGNED}({_SAFE}{{{MARK}}})([a-z])({_SAFE}*)")
_SHORT = re.compile(rf"{SHORT}{_SAFE}{{{MARK}}}")
_PURPOSE, _SHORTENED = "link", "short link"


class Kind(Enum):
    """How a link is passed on."""

    SEND = "send"  # the message of “Gửi cho…”
    CARD = "card"  # Telegram's inline card
    PAPER = "paper"  # poster, flyer, hand card
    PICTURE = "picture"  # image for groups


_LETTERS = {Kind.SEND: "s", Kind.CARD: "c", Kind.PAPER: "p", Kind.PICTURE: "i"}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads, and whose it is: `team` is "" where nobody is counted."""

    guide: str
    step: str = ""
    team: str = ""
    kind: Kind = Kind.SEND

    @property
    def place(self) -> str:
        """The guide and the step in one word."""
        return f"{self.guide}__{self.step.replace('/', '-')}" if self.step else self.guide


def place(text: str) -> Link | None:
    """The link a place says, of no team; None when it is no place."""
    match = _PLACE.fullmatch(text) if len(text) <= LONGEST_PLACE else None
    return Link(match[1], (match[2] or "").replace("-", "/")) if match else None


def code(key: bytes, link: Link) -> str:
    """The code of a link; "" where it is too long for one, or cannot be taken apart again: it needs a short code."""
    said = _said(link)
    made = f"{SIGNED}{mark(key, _PURPOSE, said)}{said}" if link.team else link.place
    return made if len(made) <= LONGEST and "__" not in f"{link.step}_" else ""


def short(key: bytes, link: Link) -> str:
    """The short code of a link: the same for the same link, so that it has one row however often it is passed on."""
    return f"{SHORT}{mark(key, _SHORTENED, _said(link))}"


def is_short(text: str) -> bool:
    """Whether a row may say what it stands for."""
    return _SHORT.fullmatch(text) is not None


def is_code(text: str) -> bool:
    """Whether a link's payload is one of these codes, whole or cut off, and not a plain place or an invitation."""
    return text[:1] in {SIGNED, SHORT}


def read(key: bytes, text: str) -> Link | None:
    """What a code or a place says; None where nothing can be read, or it is a short code.

    Of a code that was forged or cut off what is still to be read: where it leads, but no team.
    """
    match = _SIGNED.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        return place(text)
    given, letter, rest = match.groups()
    guide, step, team = (*rest.split("__"), "", "")[:3]
    found = place(f"{guide}__{step}" if step else guide) or place(guide)
    if found is None:
        return None
    kind = _KINDS.get(letter)
    if kind is None or not teams.is_code(team) or not is_marked(key, _PURPOSE, f"{letter}{rest}", given):
        return found
    return Link(found.guide, found.step, team, kind)


def _said(link: Link) -> str:
    """What is signed."""
    return f"{_LETTERS[link.kind]}{link.guide}__{link.step.replace('/', '-')}__{link.team}"
