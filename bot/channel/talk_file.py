"""Transcripts as plain text, for editors, tests and `bot chat`: read and written here. Pure.

# a comment
language en          (first line, when it is not Vietnamese)
> typed words        what the person types
* label              taps the button with that label under the newest message; case and emoji do not matter
~ 1 day              time passes
= step               where the person must stand now; `= end done` at an end of that kind, `= home` outside
< words              what the bot says, one line each; an empty line parts two messages
  [label]            a button under it
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.channel.base import Button, Message

MARKS = ("#", ">", "*", "~", "=", "<")
LANGUAGE = "language"
BUTTON = "["
BLANK = ""
LONGEST_QUOTE = 80
"""Characters of a line that a fault shows."""
SPOKEN = frozenset({"<", BUTTON, BLANK})
"""Marks of what the bot says; the other lines are the writer's."""

_DURATION = re.compile(r"(\d{1,6}) (minute|hour|day|week)s?")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_SIGNS = re.compile(r"[^\w\s]|_")


class TalkFault(ValueError):
    """A line of a talk file that cannot be read; the message begins with its number."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: its mark, what follows it, and where it stood (0: nowhere yet)."""

    mark: str
    text: str = ""
    line: int = 0


def parse(text: str) -> list[Entry]:
    """The lines of a talk file. Raises TalkFault for a line without a mark."""
    entries = []
    for number, line in enumerate(text.splitlines(), 1):
        word, _, rest = line.partition(" ")
        if not line.strip():
            entry = Entry(BLANK, "", number)
        elif match := re.fullmatch(r"  \[(.*)\]", line):
            entry = Entry(BUTTON, match[1], number)
        elif word in MARKS or word == LANGUAGE:
            entry = Entry(word, rest if word in {"<", "#"} else rest.strip(), number)
        else:
            raise TalkFault(f"line {number}: {quoted(line)} begins with none of {' '.join(MARKS)}")
        entries.append(entry)
    return entries


def quoted(text: str) -> str:
    """A line as a fault shows it: a file of another kind may be one line without an end."""
    return f"'{text}'" if len(text) <= LONGEST_QUOTE else f"'{text[:LONGEST_QUOTE]}…'"


def write(entries: Iterable[Entry]) -> str:
    """The text of a talk file; `parse` is its inverse."""
    lines = [f"  [{entry.text}]" if entry.mark == BUTTON else f"{entry.mark} {entry.text}".strip() for entry in entries]
    return "".join(f"{line}\n" for line in lines)


def spoken(messages: Iterable[Message]) -> list[Entry]:
    """What the bot says, as lines: how far along, the headline, the picture in words, the rest, the buttons."""
    entries: list[Entry] = []
    for message in messages:
        lines = [message.progress] if message.progress else []
        lines += message.head.splitlines()
        if message.picture:
            lines.append(f"[{message.picture.alt}]")
        if message.body:
            lines += ["", *message.body.splitlines()]
        if entries:
            entries.append(Entry(BLANK))
        entries += [Entry("<", line) for line in lines]
        entries += [Entry(BUTTON, button.label) for button in message.buttons]
    return entries


def find_button(messages: Sequence[Message], label: str) -> Button | None:
    """The button with that label under the newest message that has any."""
    newest = next((message for message in reversed(messages) if message.buttons), None)
    if newest is None:
        return None
    return next((button for button in newest.buttons if _bare(button.label) == _bare(label)), None)


def duration(text: str) -> int:
    """Seconds of e.g. "2 days". Raises TalkFault."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise TalkFault(f"{quoted(text)} is no time: write for example 30 minutes, 6 hours, 1 day, 2 weeks")
    return int(match[1]) * _SECONDS[match[2]]


def _bare(label: str) -> str:
    """Small letters with their accents, without emoji and signs."""
    return " ".join(_SIGNS.sub(" ", unicodedata.normalize("NFC", label).casefold()).split())
