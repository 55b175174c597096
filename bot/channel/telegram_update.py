"""What Telegram says happened -> Incoming. Reads the raw JSON; no update, however odd, raises."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.channel.base import Incoming, What

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

NAME = "telegram"

WANTED = ("message", "edited_message", "callback_query", "my_chat_member", "inline_query")
"""The kinds of updates we ask for."""

MEDIA = {
    "photo": "photo",
    "voice": "voice",
    "audio": "voice",
    "video_note": "voice",
    "sticker": "sticker",
    "venue": "location",
    "location": "location",
    "contact": "contact",
    "animation": "other",  # stands before document: an animation carries both
    "document": "document",
    **dict.fromkeys(("video", "poll", "dice", "story", "game", "paid_media", "checklist"), "other"),
}
"""What a message may hold beside text -> the detail of What.MEDIA."""

LEFT = frozenset({"kicked", "left"})


@dataclass(frozen=True, slots=True)
class Me:
    """Who this bot is on Telegram; the name is empty until Telegram told it."""

    id: int
    username: str = ""


def tap_id(update: Mapping[str, Any]) -> str:
    """The id under which a tap is to be answered; empty for everything that is no tap."""
    query = update.get("callback_query")
    return str(query.get("id", "")) if isinstance(query, dict) else ""


def read_update(update: Mapping[str, Any], me: Me, at: int) -> Incoming | None:
    """One update, received at `at`. None for what concerns nobody: what others say in a group, what has no chat."""
    try:
        return _read(update, me, at)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        log.warning("update not understood", extra={"kinds": sorted(map(str, update))})
        return None


def _read(update: Mapping[str, Any], me: Me, at: int) -> Incoming | None:
    external = str(update["update_id"])
    if "callback_query" in update:
        return _tapped(update["callback_query"], external, at)
    for kind in ("message", "edited_message", "channel_post"):
        if kind in update:
            return _said(update[kind], external, at, me, edited=kind == "edited_message")
    if "my_chat_member" in update:
        return _membership(update["my_chat_member"], external, at)
    body = next((value for key, value in update.items() if key != "update_id"), None)
    chat = body.get("chat") if isinstance(body, dict) else None
    if not isinstance(chat, dict) or chat.get("type") != "private":
        return None
    return Incoming(NAME, str(chat["id"]), external, at, What.OTHER)


def _tapped(query: Mapping[str, Any], external: str, at: int) -> Incoming | None:
    message = query.get("message") or {}  # absent, or with little more than its id, when it is too old
    chat = message.get("chat") or {"id": query["from"]["id"], "type": "private"}
    data = query.get("data")
    if chat.get("type", "private") != "private":
        return None
    return Incoming(
        NAME,
        str(chat["id"]),
        external,
        at,
        What.TAP if data else What.OTHER,
        tap=data or "",
        message=str(message.get("message_id", "")),
        language=query["from"].get("language_code") or "",
    )


def _said(message: Mapping[str, Any], external: str, at: int, me: Me, *, edited: bool) -> Incoming | None:
    chat = message["chat"]
    text = message.get("text") or message.get("caption") or ""
    language = (message.get("from") or {}).get("language_code") or ""
    if chat["type"] != "private":
        if edited or not _for_us(message, text, me):
            return None
        return Incoming(NAME, str(chat["id"]), external, at, What.GROUP, language=language)
    detail = ""
    if edited:  # a live location is edited every few seconds: only words count
        what = What.EDITED if text else What.OTHER
    elif "text" in message:
        what = What.TEXT
    else:
        detail = next((detail for key, detail in MEDIA.items() if key in message), "")
        what = What.MEDIA if detail else What.OTHER
    return Incoming(
        NAME,
        str(chat["id"]),
        external,
        at,
        what,
        text=text,
        message=str(message["message_id"]),
        detail=detail,
        language=language,
        forwarded="forward_origin" in message,
        photo=_largest(message.get("photo")) if detail == "photo" else "",
    )


def _largest(sizes: object) -> str:
    """The id of a photo in its largest size, which stands last; "" for what is no photo."""
    largest = sizes[-1] if isinstance(sizes, list) and sizes else None
    found = largest.get("file_id") if isinstance(largest, dict) else None
    return found if isinstance(found, str) else ""


def _for_us(message: Mapping[str, Any], text: str, me: Me) -> bool:
    """Whether something said in a group is a command, or names this bot."""
    words = text.split(maxsplit=1)
    if words and words[0].startswith("/"):
        meant = words[0].partition("@")[2].lower()
        return not meant or meant == me.username.lower()
    if me.username and f"@{me.username}".lower() in text.lower():
        return True
    marks = (*message.get("entities", ()), *message.get("caption_entities", ()))
    return any((mark.get("user") or {}).get("id") == me.id for mark in marks)


def _membership(change: Mapping[str, Any], external: str, at: int) -> Incoming | None:
    chat = change["chat"]
    if chat["type"] != "private":
        return None
    what = What.BLOCKED if change["new_chat_member"]["status"] in LEFT else What.UNBLOCKED
    return Incoming(NAME, str(chat["id"]), external, at, what, language=change["from"].get("language_code") or "")
