"""How fast a channel may be sent to: a steady rate with a small burst for each chat (GCRA), a rest for all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.capability import Capabilities

MOST_CHATS = 10_000
"""Chats remembered before those that are at rest are dropped."""


class Pace:
    """One channel's pace. A chat is remembered only while it is ahead of its rate."""

    def __init__(self, capabilities: Capabilities) -> None:
        self._each = 1 / capabilities.chat_rate if capabilities.chat_rate else 0.0
        self._ahead = self._each * (capabilities.chat_burst - 1)
        self._chats: dict[str, float] = {}  # chat -> theoretical arrival time of the next message
        self._held_until = 0.0

    def hold(self, seconds: float) -> None:
        """The platform says wait: nobody on this channel is sent to for `seconds`."""
        self._held_until = max(self._held_until, asyncio.get_running_loop().time() + seconds)

    @property
    def rest(self) -> float:
        """Seconds for which nobody on this channel is sent to."""
        return max(0.0, self._held_until - asyncio.get_running_loop().time())

    async def wait(self, chat: str, *, counts: bool = True) -> None:
        """Returns when one thing may go to `chat`. New messages count, changes of old ones do not."""
        clock = asyncio.get_running_loop().time
        if self._each and counts:
            now = clock()
            due = max(self._chats.get(chat, 0.0), now)
            if len(self._chats) > MOST_CHATS:
                self._chats = {c: t for c, t in self._chats.items() if t > now}
            self._chats[chat] = due + self._each
            if due - now > self._ahead:
                await asyncio.sleep(due - now - self._ahead)
        while (rest := self._held_until - clock()) > 0:  # noqa: ASYNC110 (another wait may have been asked meanwhile)
            await asyncio.sleep(rest)
