"""The web chat: its messages live in the outbox and pages are rendered from there; sending only wakes who listens."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.capability import CAPABILITIES
from bot.channel.base import Outgoing, Receipt

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from bot.channel.base import Incoming

MOST_LISTENERS = 2_000
"""Open pages that are told of new messages at once; the others see them at the next tap."""

MOST_OF_ONE_CHAT = 4
"""Open pages of one person that are told at once."""


class Listener:
    """One open page. `event` is set when there may be something new, or when listening has ended."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.ended = False


class Web:
    """Everybody who chats in a browser."""

    name = "web"
    capabilities = CAPABILITIES["web"]

    def __init__(self) -> None:
        self.accept: Callable[[Incoming], Awaitable[None]] | None = None
        self._listeners: dict[str, list[Listener]] = {}

    @property
    def status(self) -> str:
        """Open while pages may post."""
        return "ok" if self.accept is not None else "stopping"

    async def start(self, accept: Callable[[Incoming], Awaitable[None]]) -> None:
        """Take in what the pages post."""
        self.accept = accept

    async def stop_listening(self) -> None:
        """Pages that post are asked to try again later; those that listen are let go, so that the server can end."""
        self.accept = None
        for listener in [one for listeners in self._listeners.values() for one in listeners]:
            listener.ended = True
            listener.event.set()

    async def send(self, chat: str, outgoing: Outgoing) -> Receipt:
        """Wake the open pages of a chat; they read the outbox."""
        del outgoing
        self.wake(chat)
        return Receipt()

    def wake(self, chat: str) -> None:
        """There is something new for the open pages of a chat."""
        for listener in self._listeners.get(chat, ()):
            listener.event.set()

    async def close(self) -> None:
        """Nothing to let go."""

    @contextmanager
    def listen(self, chat: str) -> Iterator[Listener]:
        """Hear of new messages of a chat while the block lasts; too many listeners are let go at once."""
        listener = Listener()
        total = sum(map(len, self._listeners.values()))
        if self.accept is None or total >= MOST_LISTENERS or len(self._listeners.get(chat, ())) >= MOST_OF_ONE_CHAT:
            listener.ended = True
        self._listeners.setdefault(chat, []).append(listener)
        try:
            yield listener
        finally:
            of_chat = self._listeners[chat]
            of_chat.remove(listener)
            if not of_chat:
                del self._listeners[chat]
