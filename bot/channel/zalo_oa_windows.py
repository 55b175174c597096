"""When the people of an Official Account may be written to, and who may call next: what a channel has to know of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Protocol


class Known(Protocol):
    """What is known of a chat. Times in milliseconds since 1970 UTC."""

    @property
    def opened_at(self) -> int:
        """When the person last did something; 0: not known, or closed."""

    @property
    def silent_until(self) -> int:
        """Until when the staff answers there by hand."""


class Windows(Protocol):
    """What is known of chats."""

    async def find(self, chat: str) -> Known:
        """What is known of a chat."""

    async def open(self, chat: str, at: int) -> None:
        """The person did something at that time."""

    async def close(self, chat: str) -> None:
        """The platform says that it is closed."""

    async def silence(self, chat: str, until: int) -> None:
        """Somebody of the staff answers there."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a chat in memory."""

    opened_at: int = 0
    silent_until: int = 0


class WindowsInMemory:
    """Of this run only."""

    def __init__(self) -> None:
        self._seen: defaultdict[str, Seen] = defaultdict(Seen)

    async def find(self, chat: str) -> Known:
        """What is known of a chat."""
        return self._seen[chat]

    async def open(self, chat: str, at: int) -> None:
        """The person did something at that time."""
        self._seen[chat] = replace(self._seen[chat], opened_at=at)

    async def close(self, chat: str) -> None:
        """The platform says that it is closed."""
        self._seen[chat] = replace(self._seen[chat], opened_at=0)

    async def silence(self, chat: str, until: int) -> None:
        """Somebody of the staff answers there."""
        self._seen[chat] = replace(self._seen[chat], silent_until=until)


class Turns(Protocol):
    """Who may call next."""

    async def wait(self) -> None:
        """Returns when one more call may be made."""


class AtOnce:
    """Nobody waits."""

    async def wait(self) -> None:
        """Returns at once."""
