"""How patient a channel is with its platform."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from bot.channel.base import Fault, SendFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """In seconds."""

    poll: int = 50  # how long the platform holds a getUpdates that finds nothing
    silent: float = 120.0  # without an answer for so long the poller takes a new connection
    first: float = 1.0  # the first pause after a failure; it doubles …
    longest: float = 30.0  # … up to this
    conflict: float = 30.0  # the pause while another program polls with our token

    def next(self, pause: float) -> float:
        """The pause that follows `pause`."""
        return min(max(pause * 2, self.first), self.longest)


async def patiently(call: Callable[[], Awaitable[T]], timing: Timing, platform: str, setting: str, base: str) -> T:
    """The result of a call, tried until it is answered. Raises SendFailed when trying again is in vain.

    `platform`, `setting` and `base` are for the log: who cannot be reached, and which setting says where it is.
    """
    pause = 0.0
    while True:
        try:
            return await call()
        except SendFailed as failed:
            if failed.fault not in {Fault.PASSING, Fault.UNKNOWN, Fault.WAIT}:
                raise
            api = urlsplit(base)
            host = api.netloc.rpartition("@")[2]  # an address may hold a password
            where = f"{platform} cannot be reached at {api.scheme}://{host} (setting {setting}), trying on"
            log.warning(where, extra={"reason": failed.reason[:80]})
            pause = max(timing.next(pause), failed.retry_after)
        await asyncio.sleep(pause)


async def end(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel tasks until they have ended: a request that is just being answered swallows a cancellation."""
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=0.1)
    await asyncio.gather(*tasks, return_exceptions=True)
