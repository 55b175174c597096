"""What is remembered of files that a platform was given, by sha256."""

from __future__ import annotations

from typing import Protocol


class FileIds(Protocol):
    """What is remembered of files between runs, by sha256."""

    async def find(self, digest: str) -> str:
        """The platform's id; empty if there is none."""

    async def keep(self, digest: str, remote: str) -> None:
        """Remember it."""

    async def drop(self, digest: str) -> None:
        """It is good no more."""


class InMemory:
    """File ids of this run only."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    async def find(self, digest: str) -> str:
        """The platform's id; empty if there is none."""
        return self._ids.get(digest, "")

    async def keep(self, digest: str, remote: str) -> None:
        """Remember it."""
        self._ids[digest] = remote

    async def drop(self, digest: str) -> None:
        """It is good no more."""
        self._ids.pop(digest, None)
