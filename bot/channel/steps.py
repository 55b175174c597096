"""Messages that a platform takes in several calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.channel.base import Fault, SendFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Sequence

NOT_SENT = frozenset({Fault.WAIT, Fault.PASSING, Fault.SETUP})
"""Faults after which the same thing is sent again."""


class Steps:
    """Remembers where a message of several parts failed: the next try goes on there, nothing is said twice."""

    def __init__(self) -> None:
        self._begun: dict[Hashable, int] = {}

    async def send(self, message: Hashable, calls: Sequence[Callable[[], Awaitable[str]]]) -> str:
        """Make the calls in order; the id of the last. `message` is the same at the next try. Raises SendFailed."""
        sent = ""
        for index in range(self._begun.pop(message, 0), len(calls)):
            try:
                sent = await calls[index]()
            except SendFailed as failed:
                if index and failed.fault in NOT_SENT:
                    self._begun[message] = index
                raise
        return sent
