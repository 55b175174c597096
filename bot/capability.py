"""What each channel can do: one table for sending, for the checker and for the docs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do. Lengths in characters after NFC; rates in messages per second."""

    text: int
    caption: int
    buttons: int  # 0: answers are numbered lines in the text, and the number is typed
    button_label: int
    edits: bool
    deletes: bool
    pictures: bool
    voice: str  # how the file of a voice note ends; "": none are taken, a voice is given by its address
    chat_rate: float  # sustained messages a second to one chat; 0: no limit
    chat_burst: int  # messages at once to one chat
    keeps: bool  # the channel shows its messages from the outbox, so their words are kept there
    rate: float = 0.0  # messages a second to everybody together; 0: no limit
    by_address: bool = False  # pictures are not uploaded: the platform fetches them from our own web door
    people: int = 0  # how many the platform's free plan allows; 0: no limit
    messages: int = 0  # how many a month it allows; 0: no limit
    burst: int = 0  # replies wait for `rate` as well, but for so many at once; 0: they do not wait
    shares: bool = False  # a button lets the person choose whom to pass something on to
    window: int = 0  # hours after a person did something in which they may be written to unasked; 0: at any time
    payload: int = 0  # letters (of ASCII) that a tap may bring back; 0: no buttons of a platform, or no limit
    photos: bool = False  # a photo that somebody sent can be sent on by the platform's own id or address of it


CAPABILITIES = {
    "terminal": Capabilities(
        text=100_000,
        caption=100_000,
        buttons=100,
        button_label=60,
        edits=False,
        deletes=False,
        pictures=False,
        voice="",
        chat_rate=0,
        chat_burst=1,
        keeps=False,
    ),
    "web": Capabilities(
        text=100_000,
        caption=100_000,
        buttons=100,
        button_label=60,
        edits=True,
        deletes=True,
        pictures=True,
        voice=".mp3",
        chat_rate=0,
        chat_burst=1,
        keeps=True,
    ),
    # https://core.telegram.org/bots/api and https://core.telegram.org/bots/faq, read 2026-11-23. No length of a label
    # is published; 64 characters are what a phone shows.
    "telegram": Capabilities(
        text=4096,
        caption=1024,
        buttons=100,
        button_label=64,
        edits=True,
        deletes=True,
        pictures=True,
        voice=".ogg",
        chat_rate=1.0,
        chat_burst=5,
        keeps=False,
        rate=30.0,
        shares=True,
        payload=64,
        photos=True,
    ),
    # https://docs.zaloplatforms.com/docs/BOT, as developers quote it; what is not settled: docs/zalo.md. It takes voice
    # as AAC alone, by its address, and in private chats.
    "zalo_bot": Capabilities(
        text=2000,
        caption=2000,
        buttons=0,
        button_label=100,
        edits=False,
        deletes=False,
        pictures=True,
        voice=".aac",
        chat_rate=1.0,
        chat_burst=5,
        keeps=False,
        by_address=True,
        people=50,
        messages=3000,
        photos=True,
    ),
    # https://docs.zaloplatforms.com (Official Account), as developers quote it; what is not settled: docs/zalo.md. 100
    # calls a minute: 80 evenly and 20 at once are never more. For 48 hours messages are free; 500 a month after that.
    "zalo_oa": Capabilities(
        text=2000,
        caption=2000,
        buttons=5,
        button_label=100,
        edits=False,
        deletes=False,
        pictures=True,
        voice="",
        chat_rate=1.0,
        chat_burst=5,
        keeps=False,
        rate=80 / 60,
        messages=500,
        burst=20,
        window=48,
        payload=1000,
        photos=True,
    ),
}
"""By the channel's name."""
