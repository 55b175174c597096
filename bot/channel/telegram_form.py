"""The form of a message on Telegram: HTML, keyboards as JSON, and parts that fit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any

import orjson

from bot.channel.parts import split

if TYPE_CHECKING:
    from bot.channel.base import Button, Message

SMALL_IN_ROW = 4
"""Small buttons side by side; more would be too narrow for a thumb."""

ROW_LETTERS = 30
"""Letters that fit beside each other below the chat; more go into two rows."""


@dataclass(frozen=True, slots=True)
class Part:
    """One text of a message: with markup, and the same without for the case that the markup is refused."""

    html: str
    plain: str


def parts(message: Message, limit: int) -> list[Part]:
    """The words of a message in texts of at most `limit` characters; none if it says nothing."""
    lead = f"{message.progress}\n" if message.progress else ""
    start = lead + message.head
    plain = "\n\n".join(piece for piece in (start, message.body) if piece.strip())
    texts = split(plain, limit)
    if not texts or not message.head or not texts[0].startswith(start):
        return [Part(_safe(text), text) for text in texts]
    first = f"{_safe(lead)}<b>{_safe(message.head)}</b>{_safe(texts[0][len(start) :])}"
    return [Part(first, texts[0]), *(Part(_safe(text), text) for text in texts[1:])]


@lru_cache(maxsize=4096)
def inline(buttons: tuple[Button, ...], *, shares: bool = False) -> orjson.Fragment:
    """The keyboard under a message as JSON: small ones that stand together share a row, each other has its own.

    `shares`: the bot has inline mode, so that a button can let the person choose whom to pass something on to.
    """
    rows: list[list[dict[str, Any]]] = []
    for small, group in groupby(buttons, key=lambda button: button.weight == "small"):
        shown = [{"text": button.label, **_does(button, shares=shares)} for button in group]
        size = _even(len(shown)) if small else 1
        rows += [shown[at : at + size] for at in range(0, len(shown), size)]
    return orjson.Fragment(orjson.dumps({"inline_keyboard": rows}))


def _does(button: Button, *, shares: bool) -> dict[str, Any]:
    """What happens when the button is tapped."""
    if button.share is None or not shares:
        return {"callback_data": button.id}
    anybody = {"allow_user_chats": True, "allow_group_chats": True}
    return {"switch_inline_query_chosen_chat": {"query": button.share, **anybody}}


def _even(count: int) -> int:
    """How many small buttons in each row, so that the rows are of about one length."""
    rows = -(-count // SMALL_IN_ROW)
    return -(-count // rows)


@lru_cache(maxsize=64)
def below(labels: tuple[str, ...], placeholder: str) -> orjson.Fragment:
    """The keyboard that stays below the chat, as JSON."""
    rows = [labels] if sum(map(len, labels)) <= ROW_LETTERS else [labels[:-1], labels[-1:]]
    keyboard: dict[str, Any] = {
        "keyboard": [[{"text": label} for label in row] for row in rows if row],
        "is_persistent": True,
        "resize_keyboard": True,
    }
    if placeholder:
        keyboard["input_field_placeholder"] = placeholder[:64]
    return orjson.Fragment(orjson.dumps(keyboard))


def markup(message: Message, placeholder: str, *, shares: bool = False) -> dict[str, orjson.Fragment]:
    """The reply_markup of a message; nothing where it has no buttons. `shares` as of `inline`."""
    if message.buttons:
        return {"reply_markup": inline(message.buttons, shares=shares)}
    if message.constants:
        return {"reply_markup": below(message.constants, placeholder)}
    return {}


def _safe(text: str) -> str:
    return escape(text, quote=False)
