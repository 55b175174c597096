"""Asking a platform for what came in, again and again: what all of them have in common."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

from bot.channel.base import Fault, SendFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.channel.timing import Timing

log = logging.getLogger(__name__)


class Renewable(Protocol):
    """A client whose connections can be given up for new ones."""

    async def renew(self) -> None:
        """Do so."""


class Polling(ABC):
    """Asks for updates until it is cancelled. One that hears nothing for too long takes a new connection.

    `turn` returns when it is ours to ask: of several processes that serve together one asks.
    """

    platform: str

    def __init__(self, api: Renewable, timing: Timing) -> None:
        self.turn: Callable[[], Awaitable[None]] = _at_once
        self._renewable = api
        self._timing = timing

    @abstractmethod
    async def poll(self) -> list[Mapping[str, Any]]:
        """What has come in, perhaps after a wait. Raises SendFailed."""

    @abstractmethod
    async def hand_on(self, updates: list[Mapping[str, Any]], pause: float) -> float:
        """Have it stored; seconds until the next question. `pause` is how long it was the last time."""

    @abstractmethod
    def refused(self, failed: SendFailed) -> float | None:
        """Seconds to wait where asking at once is in vain, None for the usual. Raises it where waiting is in vain."""

    async def run(self) -> None:
        """Until it is cancelled, or the token is refused (SendFailed)."""
        pause = 0.0
        while True:
            await self.turn()
            try:
                async with asyncio.timeout(self._timing.silent):
                    updates = await self.poll()
            except TimeoutError:
                log.warning("the poller heard nothing for too long, it takes a new connection")
                await self._renewable.renew()
                continue
            except SendFailed as failed:
                pause = await self._failed(failed, pause)
            else:
                pause = await self.hand_on(updates, pause)
            await asyncio.sleep(pause)

    async def _failed(self, failed: SendFailed, pause: float) -> float:
        seconds = self.refused(failed)
        if seconds is not None:
            return seconds
        about = {"platform": self.platform, "fault": failed.fault.value, "reason": failed.reason[:80]}
        log.warning("the platform cannot be asked", extra=about)
        if failed.fault is not Fault.WAIT:
            await self._renewable.renew()
        return max(self._timing.next(pause), failed.retry_after)


async def _at_once() -> None:
    """It is always our turn."""
