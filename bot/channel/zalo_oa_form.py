"""The form of a message on an Official Account: words, a picture, at most five buttons; in one call where it fits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from bot.capability import CAPABILITIES
from bot.channel.numbered import in_words
from bot.channel.zalo_form import parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.channel.base import Message, Photo
    from bot.channel.numbered import Say

Json = dict[str, Any]

TAP: Final = "#b:"
"""How the text begins in which a tap comes back: a button's id stands behind it."""

CAN: Final = CAPABILITIES["zalo_oa"]

_LINK = re.compile(r"https?://[^\s<>\"“”]+[^\s<>\"“”.,;:!?)]")


def bodies(message: Message, say: Say, *, picture: str = "", phone: str = "", together: bool = True) -> list[Json]:
    """The `message` of each call, in order; none if it says nothing. `picture` is the id of an uploaded one.

    `phone`: a number that gets a button where it stands in the text, as the first link does: as far as there is room.
    `together`: words, picture and buttons in one call; else the picture goes ahead.
    """
    fitted = in_words(message, say, CAN.buttons)
    texts = [part.text for part in parts(fitted, CAN.text)]
    buttons = [_tap(button.id, button.label) for button in fitted.buttons]
    buttons += _ways(message, say, phone)[: CAN.buttons - len(buttons)]
    media = {"template_type": "media", "elements": [{"media_type": "image", "attachment_id": picture}]}
    if picture and together and len(texts) <= 1 and len("".join(texts)) <= CAN.caption:
        return [_body("".join(texts), {**media, **({"buttons": buttons} if buttons else {})})]
    first = [_body("", media)] if picture else []
    templates = [*[None] * (len(texts) - 1), {"buttons": buttons} if buttons else None]
    return first + [_body(text, template) for text, template in zip(texts, templates, strict=False)]


def shown(photo: Photo) -> Json:
    """A picture that Zalo fetches by its address."""
    media = {"template_type": "media", "elements": [{"media_type": "image", "url": photo.file}]}
    return _body(photo.words[: CAN.caption], media)


def link(address: str, title: str) -> Json:
    """A button that opens a page."""
    return {"type": "oa.open.url", "title": title[: CAN.button_label], "payload": {"url": address}}


def with_button(text: str, button: Json) -> Json:
    """A text with one button."""
    return _body(text, {"buttons": [button]})


def _tap(ident: str, label: str) -> Json:
    return {"type": "oa.query.hide", "title": label[: CAN.button_label], "payload": f"{TAP}{ident}"}


def _ways(message: Message, say: Say, phone: str) -> list[Json]:
    """Buttons that call and open what the text names."""
    text = f"{message.head}\n{message.body}"
    ways = []
    if phone and phone in text:
        title = say(message.language, "call_it", {"phone": phone})[: CAN.button_label]
        ways.append({"type": "oa.open.phone", "title": title, "payload": {"phone_code": _dialled(phone)}})
    if found := _LINK.search(text):
        host = urlsplit(found[0]).hostname or ""
        ways.append(link(found[0], say(message.language, "visit_it", {"host": host.removeprefix("www.")})))
    return ways


def _dialled(phone: str) -> str:
    """A number as it is dialled from anywhere; one that is no usual number stays as it is."""
    digits = re.sub(r"\D", "", phone)
    return f"84{digits[1:]}" if digits.startswith("0") else digits


def _body(text: str, template: Mapping[str, Any] | None) -> Json:
    body: Json = {"text": text} if text else {}
    if template is not None:
        body["attachment"] = {"type": "template", "payload": dict(template)}
    return body
