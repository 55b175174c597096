"""Telegram's inline mode: somebody types “@bot vneid” in any chat, and passes a guide on by tapping its card.

It goes past the conversation: no chat is opened, nothing is stored, and no chat waits for it. BotFather has to
switch it on (/setinline). https://core.telegram.org/bots/api#inline-mode
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from bot.channel.base import SendFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from bot.channel.base import Card
    from bot.channel.telegram_api import Api
    from bot.channel.telegram_update import Me

    Suggest = Callable[[str, str, str], Awaitable[Sequence[Card]]]
    """(what is typed, the phone's language, Telegram's id of who types) -> what is offered, best first."""

log = logging.getLogger(__name__)

ANSWER = "answerInlineQuery"

PAGE = 10
"""Cards at a time: a phone shows four; Telegram takes 50."""

KEPT = 60
"""Seconds for which Telegram may give the same answer to the same person."""

MOST_AT_ONCE = 20
"""Queries that are looked up at a time; of more the phone hears nothing, and asks again with the next letter."""

LONGEST = 256
"""Characters of a query: Telegram takes no more."""


@dataclass
class Inline:
    """Answers queries. `suggest` knows the guides; without it nobody is answered."""

    api: Api
    suggest: Suggest | None = None
    running: set[asyncio.Task[None]] = field(default_factory=set)

    def take(self, query: Mapping[str, Any], me: Me) -> None:
        """Answer one query in a while; a later one does not wait for it."""
        if self.suggest is None or len(self.running) >= MOST_AT_ONCE:
            return
        answering = asyncio.create_task(self._answer(self.suggest, query, me))
        self.running.add(answering)
        answering.add_done_callback(self.running.discard)

    async def close(self) -> None:
        """Answers that hang are given up."""
        for answering in self.running:
            answering.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)

    async def _answer(self, suggest: Suggest, query: Mapping[str, Any], me: Me) -> None:
        try:
            who, text = query["from"], str(query.get("query", ""))[:LONGEST]
            cards = await suggest(text, who.get("language_code") or "", str(who["id"]))
            await self.api.call(ANSWER, answer(query, cards, me.username))
        except SendFailed as failed:  # who typed has typed on
            log.info("inline query not answered", extra={"fault": failed.fault.value, "reason": failed.reason[:200]})
        except Exception:  # a fault of ours must not end the task unseen
            log.exception("inline query not answered")


def answer(query: Mapping[str, Any], cards: Sequence[Card], username: str) -> dict[str, Any]:
    """The call that answers a query with the page it asks for."""
    offset = str(query.get("offset", ""))
    start = int(offset) if offset.isascii() and offset.isdigit() and len(offset) < 6 else 0
    ahead = start + PAGE
    return {
        "inline_query_id": str(query["id"]),
        "results": [_result(card, username) for card in cards[start:ahead]],
        "next_offset": str(ahead) if len(cards) > ahead else "",
        "cache_time": KEPT,
        "is_personal": True,  # else all get what one got, in another's language, with another's team
    }


def _result(card: Card, username: str) -> dict[str, Any]:
    """One card. No photo result: Telegram takes only JPEG for it; the preview above the words shows the picture."""
    preview: dict[str, Any] = {"is_disabled": True}
    if card.picture:
        preview = {"url": card.picture, "prefer_large_media": True, "show_above_text": True}
    button = {"text": card.opens, "url": f"https://t.me/{username}?start={card.code}"}
    words = f"<b>{escape(card.title, quote=False)}</b>\n\n{escape(card.text, quote=False)}"
    return {
        "type": "article",
        "id": card.place[:64],
        "title": card.title,
        "description": card.goal,
        "input_message_content": {"message_text": words, "parse_mode": "HTML", "link_preview_options": preview},
        "reply_markup": {"inline_keyboard": [[button]]},
        **({"thumbnail_url": card.picture} if card.picture else {}),
    }
