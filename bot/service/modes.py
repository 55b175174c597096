"""Whom typed words go to instead of the guides: a helper, a count, a tip being written. Pure.

`Chat.mode` names it ("help:17"); what stands behind the colon is the mode's own. Buttons (also in
their very words), commands and the secrets filter work as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.channel.base import What
from bot.service import beside, count, join
from bot.service.help import asking, call, ending, relay
from bot.service.offered import says, says_button
from bot.service.tip import typed as tip
from bot.service.tip.words import MODE

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.engine.chat import Chat
    from bot.service.talk import Talk

MODES: dict[str, Callable[[Talk, str, str], bool]] = {
    call.MODE: relay.typed,
    asking.MODE: asking.place_typed,
    count.MODE: count.typed,
    beside.MODE: beside.typed,
    MODE: tip.typed,
    join.MODE: join.typed,
}
"""By name: takes what stands behind the colon and the typed words ("" for a photo, a voice and the like); whether it
was for them. If not, the words go their usual way."""


def is_in_one(chat: Chat) -> bool:
    """Whether what is typed does not go to the guides."""
    return chat.mode.partition(":")[0] in MODES


def takes(talk: Talk, text: str) -> bool:
    """Whether typed words, or what is no words, have gone to the mode of the chat."""
    if _ends_call(talk, text):
        return True
    name, _, about = talk.chat.mode.partition(":")
    mode = MODES.get(name)
    if mode is None and talk.chat.helps and talk.incoming.what is What.TEXT and not talk.chat.flow:
        return not says_button(talk, text) and count.told(talk, text)
    is_words = talk.incoming.what is What.TEXT  # a button is not pressed by what stands below a photo
    if mode is None or talk.incoming.what is What.EDITED or (is_words and _is_no_mode_s(talk, text)):
        return False
    return mode(talk, about, text)


def _ends_call(talk: Talk, text: str) -> bool:
    """The words that end a call do so whatever is on the screen."""
    ticket = call.ticket_of(talk.chat)
    ends = ticket > 0 and talk.incoming.what is What.TEXT and says(talk, text, "help_end", "help_solved")
    if ends:
        talk.errands.append(ending.End(ticket))
    return ends


def _is_no_mode_s(talk: Talk, text: str) -> bool:
    return text.startswith("/") or says_button(talk, text)
