"""The bot's own sentences where there are no buttons: they speak of numbers."""

from __future__ import annotations

import re

import pytest

from bot.engine.chat import Chat
from bot.engine.effect import Tell
from tests.kit.clock import MORNING
from tests.kit.house import guides

SPOKEN = {"vi": ("bấm một nút", "bấm một số"), "en": ("tap a button", "tap a number")}


def told(channel, language, text):
    """What somebody on a channel is told."""
    speaker = guides().speaker(Chat(f"{channel}:1", channel, "1", language, 0, 0))
    return speaker.tell(None, None, Tell(text, "", ("home",), (("call", ""),)), MORNING)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_button_is_a_number_where_there_are_none(language):
    """On Zalo bots alone; the buttons themselves are called the same everywhere."""
    button, number = SPOKEN[language]
    shown = {name: told(name, language, "media_sticker") for name in ("web", "telegram", "zalo_oa", "zalo_bot")}
    for name, message in shown.items():
        assert (number if name == "zalo_bot" else button) in message.body
        assert message.buttons == shown["web"].buttons


@pytest.mark.parametrize(
    "text",
    [
        *(f"media_{kind}" for kind in ("photo", "voice", "sticker", "location", "contact", "document", "other")),
        *(f"secret_{kind}" for kind in ("otp", "password", "id", "card")),
        *("not_understood", "gone"),
    ],
)
def test_no_sentence_tells_to_press_what_is_not_there(text):
    """Also those that answer what people send by themselves, in both languages."""
    for language, word in (("vi", "nút"), ("en", "button")):
        message = told("zalo_bot", language, text)
        assert not re.search(rf"\b{word}\b", f"{message.head} {message.body}")
