"""What Zalo says happened around an Official Account -> Incoming. Reads the raw JSON; no event, however odd, raises."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from bot.channel.base import Incoming, What
from bot.channel.zalo_bot_update import address
from bot.channel.zalo_oa_form import TAP

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

NAME = "zalo_oa"

MEDIA = {
    "user_send_image": "photo",
    "user_send_gif": "photo",
    "user_send_audio": "voice",
    "user_send_video": "other",
    "user_send_sticker": "sticker",
    "user_send_location": "location",
    "user_send_business_card": "contact",
    "user_send_file": "document",
}
"""Events that bring no words -> the detail of What.MEDIA."""

WORDS = frozenset({"user_send_text", "user_send_link"})

OPENING = frozenset({*WORDS, *MEDIA, "follow", "user_click_chatnow", "user_submit_info", "user_call_oa"})
"""What a person does that lets them be written to."""

NEWS = {"follow": What.UNBLOCKED, "unfollow": What.BLOCKED}

RECEIPTS = frozenset({"user_seen_message", "user_received_message", "user_reacted_message", "oa_reacted_message"})
"""Told about every message we send; nothing follows from them, so they are not kept."""

WITHDRAWN = "user_withdraw"
"""Somebody tells Zalo that they take their consent back, or want their data deleted."""

_TAPPED = re.compile(re.escape(TAP) + r"([A-Za-z0-9_-]{1,16})\s*")


@dataclass(frozen=True, slots=True)
class Echo:
    """A message of the account itself, in a chat; `by_hand`: it names a member of the staff."""

    chat: str
    message: str
    by_hand: bool


def sent_at(event: Mapping[str, Any]) -> int:
    """When it happened, in milliseconds since 1970 UTC; 0 when it does not say."""
    value = str(event.get("timestamp") or event.get("timeStamp") or "")
    return int(value) if re.fullmatch(r"\d{12,14}", value, re.ASCII) else 0


def opens(event: Mapping[str, Any]) -> bool:
    """Whether the person did something that lets them be written to."""
    return event.get("event_name") in OPENING


def read_echo(event: Mapping[str, Any]) -> Echo | None:
    """A message of the account itself; None for anything else."""
    name = str(event.get("event_name"))
    if not name.startswith("oa_send_") or "group" in name or "anonymous" in name:
        return None
    try:
        by = event["sender"].get("admin_id")
        return Echo(_id(event["recipient"]["id"]), _id(event["message"]["msg_id"]), bool(by))
    except (AttributeError, KeyError, TypeError):
        return None


def read_event(event: Mapping[str, Any], at: int) -> Incoming | None:
    """One event, received at `at`. None for what concerns no chat: receipts, groups, what the account said."""
    name = str(event.get("event_name"))
    if name in RECEIPTS or "group" in name or "anonymous" in name or name.startswith("oa_"):
        return None
    try:
        return _read(event, name, at)
    except (AttributeError, KeyError, TypeError, ValueError):
        log.warning("event not understood", extra={"event": name[:60], "keys": sorted(map(str, event))[:20]})
        return None


def _read(event: Mapping[str, Any], name: str, at: int) -> Incoming:
    chat = _person(event)
    message = event.get("message") or {}
    ident = _id(message["msg_id"]) if message.get("msg_id") else ""
    text, detail = _text(message), MEDIA.get(name, "")
    what = NEWS.get(name) or (What.TEXT if name in WORDS and text else What.MEDIA if detail else What.OTHER)
    external = ident or _digest(name, chat, str(sent_at(event)))
    if name == WITHDRAWN:
        log.error("somebody takes their consent back by way of Zalo: docs/zalo.md", extra={"event": external})
    if what is What.TEXT and (tapped := _TAPPED.fullmatch(text)):
        return Incoming(NAME, chat, external, at, What.TAP, tap=tapped[1])
    words = text if what in {What.TEXT, What.MEDIA} else ""
    photo = _photo(message) if name == "user_send_image" else ""
    return Incoming(NAME, chat, external, at, what, text=words, message=ident, detail=detail, photo=photo)


def _person(event: Mapping[str, Any]) -> str:
    """Whom it is about: `sender`, `follower`, or by name."""
    for holder in ("sender", "follower"):
        if event.get(holder):
            return _id(event[holder]["id"])
    return _id(event["user_id"])


def _text(message: Mapping[str, Any]) -> str:
    """The words, and the address of a link that was shared."""
    text = message.get("text") or ""
    if not isinstance(text, str):
        raise TypeError(type(text).__name__)
    links = (each.get("payload", {}).get("url") for each in message.get("attachments") or () if each["type"] == "link")
    return "\n".join(filter(None, (text, *(each for each in links if isinstance(each, str)))))


def _photo(message: Mapping[str, Any]) -> str:
    """Where Zalo shows the picture."""
    found = (address(each.get("payload", {}).get("url")) for each in message.get("attachments") or ())
    return next(filter(None, found), "")


def _digest(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _id(value: object) -> str:
    """Ids are strings of digits, too long for many a number; a number is taken too."""
    if not isinstance(value, str | int) or isinstance(value, bool) or not str(value):
        raise TypeError(type(value).__name__)
    return str(value)
