"""Whom typed words go to instead of the guides: a helper, a count, a tip being written. Pure.

`Chat.mode` names it ("help:17"); what stands behind the colon is the mode's own. Buttons (also in
their very words), commands and the secrets filter work as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.channel.base import What
from bot.service import beside, count, join
from bot.service.help import asking, relay
from bot.service.tip import typed as tip
from bot.service.tip.words import MODE
from bot.service.typed import says_button

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.service.talk import Talk

MODES: dict[str, Callable[[Talk, str, str], bool]] = {
    relay.MODE: relay.typed,
    asking.MODE: asking.place_typed,
    count.MODE: count.typed,
    beside.MODE: beside.typed,
    MODE: tip.typed,
    join.MODE: join.typed,
}
"""By name: takes what stands behind the colon and the typed words ("" for a photo, a voice and the like); whether it
was for them. If not, the words go their usual way."""


def takes(talk: Talk, text: str) -> bool:
    """Whether typed words, or what is no words, have gone to the mode of the chat."""
    name, _, about = talk.chat.mode.partition(":")
    mode = MODES.get(name)
    if mode is None and talk.chat.helps and talk.incoming.what is What.TEXT and not talk.chat.flow:
        return not says_button(talk, text) and count.told(talk, text)
    if mode is None or talk.incoming.what is What.EDITED or text.startswith("/") or says_button(talk, text):
        return False
    return mode(talk, about, text)
