"""Whether typed words ask for the bot itself: where a human answers by hand, nothing else wakes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.engine.chat import Chat
from bot.meaning.choose import Offer, choose
from bot.meaning.fold import clean

if TYPE_CHECKING:
    from bot.service.house import House


def asks_home(house: House, text: str) -> bool:
    """The very words of the home button in any language, or a command."""
    said = clean(text[:200])
    if said.startswith("/"):
        return True
    return any(choose(said, [_home(house, language)], freely=False) for language in house.library.languages)


def _home(house: House, language: str) -> Offer:
    speaker = house.speaker(Chat("", "", "", language, 0, 0))
    return Offer("home", speaker.label(None, "", "home"), speaker.words(None, "", "home"))
