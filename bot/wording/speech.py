"""What a message sounds like: its words as a voice has to be given them. Pure.

`content/<language>/_bot/lexicon.toml` says how words are spoken that no voice knows.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bot.wording.figures import READERS, apart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.channel.base import Message

FILE = "lexicon.toml"

_UNSPOKEN = {"So", "Sk", "Cf", "Cs", "Co", "Cn"}
"""Kinds of characters that are only seen: signs and pictures."""

_PAUSES = str.maketrans(
    {"\ufe0e": "", "\ufe0f": "", "\u20e3": "", "ℹ": ""}  # the look of the sign before; a letter that is a sign
    | {"“": "", "”": "", '"': "", "«": "", "»": "", "(": ", ", ")": ", ", "[": ", ", "]": ", ", ";": ",", "·": ","}
    | {"→": ",", "›": ",", "–": ",", "—": ",", "…": ".", "_": " ", "*": " ", "|": ",", "•": " ", "<": "", ">": ""}
)
_SPACES = re.compile(r"\s+")
_STOPS = re.compile(r"\s*[.,:!?](?:\s*[.,:!?])*")
_STRONGEST_FIRST = "?!.:,"


@dataclass(frozen=True)
class Lexicon:
    """How one language is spoken. `words`: written → spoken, whole words, as they are written.

    `dot` stands between the parts of an address. `one` and `several` say a button ({label}, and its {place} out of
    `places`); without them buttons are not said.
    """

    language: str
    words: Mapping[str, str] = field(default_factory=dict)
    dot: str = "."
    one: str = ""
    several: str = ""
    places: tuple[str, ...] = ()

    @classmethod
    def of(cls, language: str, data: Mapping[str, Any]) -> Lexicon:
        """From the file; what it leaves out keeps its plain form."""
        return cls(language, **{**data, "places": tuple(data.get("places", ()))})

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        """Any of the words; the longest wins."""
        if not self.words:
            return None
        return re.compile("|".join(_whole(word) for word in sorted(self.words, key=len, reverse=True)))

    def say(self, text: str) -> str:
        """A text as it is spoken: one line, nothing but words and pauses."""
        lines = (self._line(line) for line in unicodedata.normalize("NFC", text).splitlines())
        return " ".join(filter(None, lines))

    def _instead(self, match: re.Match[str]) -> str:
        """The spoken form, with room around it where a sign stood between two words."""
        spoken = self.words[match[0]]
        return spoken if match[0][0].isalnum() else f" {spoken} "

    def _line(self, line: str) -> str:
        """One line as a sentence."""
        if self._pattern:
            line = self._pattern.sub(self._instead, line)
        line = READERS.get(self.language, apart)(line)
        line = re.sub(r"(?<=\w)\.(?=[^\W\d_])", f" {self.dot} ", line)
        line = "".join(" " if unicodedata.category(sign) in _UNSPOKEN else sign for sign in line.translate(_PAUSES))
        line = _STOPS.sub(_strongest, _SPACES.sub(" ", line)).strip(" ,")
        if not any(sign.isalnum() for sign in line):
            return ""
        return line if line[-1] in ".!?:" else f"{line}."


def _strongest(stops: re.Match[str]) -> str:
    """One of several stops in a row; the room before them goes."""
    return next(stop for stop in _STRONGEST_FIRST if stop in stops[0])


def _whole(word: str) -> str:
    """The pattern of a word that is no part of a longer one, nor of a number: 113, but not in 113.000."""
    begin = r"(?<!\w)(?<!\d[.,/])" if word[0].isalnum() else ""
    end = r"(?!\w|[.,/]\d)" if word[-1].isalnum() else ""
    return f"{begin}{re.escape(word)}{end}"


def spoken(message: Message, lexicon: Lexicon) -> str:
    """What is read aloud: headline, body, then the large buttons in their order; the small row is known by heart."""
    labels = [button.label for button in message.buttons if button.weight != "small"]
    said = [message.head, message.body]
    if len(labels) == 1 and lexicon.one:
        said.append(lexicon.one.format(label=labels[0]))
    elif lexicon.several:
        said += [
            lexicon.several.format(place=place, label=label)
            for place, label in zip(lexicon.places, labels, strict=False)
        ]
    return " ".join(filter(None, (lexicon.say(text) for text in said)))
