"""What Zalo says happened to a bot -> Incoming. Reads the raw JSON; no update, however odd, raises."""

from __future__ import annotations

import logging
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from bot.channel.base import Incoming, What

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

NAME = "zalo_bot"

MEDIA = {
    "message.image.received": "photo",
    "message.sticker.received": "sticker",
    "message.voice.received": "voice",
    "message.unsupported.received": "other",  # also in place of words, from people whom Zalo protects
}
"""Events that bring no words -> the detail of What.MEDIA."""


def unwrapped(update: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event itself: it comes bare, or as the result of an answer."""
    inner = update.get("result")
    return inner if isinstance(inner, dict) and "event_name" not in update else update


def sent_at(update: Mapping[str, Any]) -> int:
    """When the person sent it, in milliseconds since 1970 UTC; 0 when it does not say."""
    message = unwrapped(update).get("message")
    date = message.get("date") if isinstance(message, dict) else None
    return date if isinstance(date, int) and not isinstance(date, bool) and date > 0 else 0


def read_update(update: Mapping[str, Any], at: int) -> Incoming | None:
    """One update, received at `at`. None for what concerns nobody: what has no chat, what a bot said."""
    event = unwrapped(update)
    try:
        return _read(event, at)
    except (AttributeError, KeyError, TypeError, ValueError):
        log.warning("update not understood", extra={"kinds": sorted(map(str, event))})
        return None


def _read(event: Mapping[str, Any], at: int) -> Incoming | None:
    message = event["message"]
    chat = _id(message["chat"]["id"])
    if (message.get("from") or {}).get("is_bot") is True:
        return None
    ident = _id(message["message_id"]) if message.get("message_id") else ""
    name = event.get("event_name")
    detail, text = MEDIA.get(str(name), ""), message.get("text") or message.get("caption") or ""
    if message["chat"].get("chat_type", "PRIVATE") != "PRIVATE":
        what, text = What.GROUP, ""  # a bot hears only what names it
    elif name == "message.text.received" and text:
        what = What.TEXT
    else:
        what = What.MEDIA if detail else What.OTHER
    if not isinstance(text, str):
        raise TypeError(type(text).__name__)
    external = ident or sha256(orjson.dumps(event)).hexdigest()[:32]
    photo = address(message.get("photo") or message.get("photo_url")) if detail == "photo" else ""
    return Incoming(NAME, chat, external, at, what, text=text, message=ident, detail=detail, photo=photo)


def address(value: object) -> str:
    """Where Zalo shows a picture that somebody sent; "" for what is no address."""
    return value if isinstance(value, str) and value.startswith("https://") else ""


def _id(value: object) -> str:
    """Ids are strings; a number is taken too."""
    if not isinstance(value, str | int) or isinstance(value, bool) or not str(value):
        raise TypeError(type(value).__name__)
    return str(value)
