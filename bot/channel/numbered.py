"""Answers on a platform without buttons, or with few: numbered lines under the text. The person types the number."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.channel.base import Message

Say = Callable[[str, str, Mapping[str, Hashable]], str]
"""A block of content/<language>/_bot/no_buttons.j2 in words: (language, block, names)."""

_SIGN = re.compile(r"^[^\w]+(?=\w)")


def in_words(message: Message, say: Say, room: int = 0) -> Message:
    """The message with at most `room` buttons: what else can be answered stands in its body, and what is always there.

    An answer in words keeps the number of its place among all answers.
    """
    buttons, told = message.buttons[:room], message.buttons[room:]
    lines = []
    if told and message.typed:
        lines = [say(message.language, "say", {"labels": _quoted(each.label for each in told)})]
    elif told:
        numbered = enumerate(told, room + 1)
        lines = [say(message.language, "press", {"number": n, "label": each.label}) for n, each in numbered]
    block = "always_too" if room else "always"
    always = say(message.language, block, {"labels": _quoted(message.constants)}) if message.constants else ""
    body = "\n\n".join(filter(None, (message.body, "\n".join(lines), always)))
    return replace(message, body=body, buttons=buttons, constants=())


def _quoted(labels: Iterable[str]) -> str:
    """Labels as they are typed: without the sign in front."""
    return ", ".join(f"“{_SIGN.sub('', label)}”" for label in labels)
