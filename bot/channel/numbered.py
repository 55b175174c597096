"""Answers on a platform without buttons: numbered lines under the text. The person types the number."""

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


def in_words(message: Message, say: Say) -> Message:
    """The message without buttons: what can be answered stands in its body, and so does what is always there."""
    lines = []
    if message.buttons and message.typed:
        lines = [say(message.language, "say", {"labels": _quoted(each.label for each in message.buttons)})]
    elif message.buttons:
        numbered = enumerate(message.buttons, 1)
        lines = [say(message.language, "press", {"number": n, "label": each.label}) for n, each in numbered]
    always = say(message.language, "always", {"labels": _quoted(message.constants)}) if message.constants else ""
    body = "\n\n".join(filter(None, (message.body, "\n".join(lines), always)))
    return replace(message, body=body, buttons=(), constants=())


def _quoted(labels: Iterable[str]) -> str:
    """Labels as they are typed: without the sign in front."""
    return ", ".join(f"“{_SIGN.sub('', label)}”" for label in labels)
