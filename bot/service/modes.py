"""Whom typed words go to instead of the guides: a helper, a count, a tip being written. Pure.

`Chat.mode` names it ("help:17"); what stands behind the colon is the mode's own. Buttons, commands and the secrets
filter work as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.channel.base import What

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.service.talk import Talk

MODES: dict[str, Callable[[Talk, str, str], bool]] = {}
"""By name: takes what stands behind the colon and the typed words ("" for a photo, a voice and the like); whether it
was for them. If not, the words go their usual way."""


def takes(talk: Talk, text: str) -> bool:
    """Whether typed words, or what is no words, have gone to the mode of the chat."""
    name, _, about = talk.chat.mode.partition(":")
    mode = MODES.get(name)
    spoken = talk.incoming.what is not What.EDITED and not text.startswith("/")
    return mode is not None and spoken and mode(talk, about, text)
