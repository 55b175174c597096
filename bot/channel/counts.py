"""What a platform's plan counts: a channel says what went out and what came in."""

from __future__ import annotations

from typing import Protocol


class Counts(Protocol):
    """Counts what the platform's plan counts."""

    def sent(self) -> None:
        """A message went out, or may have."""

    def received(self, at: int) -> None:
        """A message came in, sent by the person at `at` (milliseconds since 1970 UTC)."""

    async def flush(self) -> None:
        """Write down what was counted."""


class Uncounted:
    """Counts nothing."""

    def sent(self) -> None:
        """Nothing."""

    def received(self, at: int) -> None:
        """Nothing."""

    async def flush(self) -> None:
        """Nothing."""
