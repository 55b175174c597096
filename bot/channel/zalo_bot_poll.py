"""Asking Zalo for updates, one a call. It is not told what was stored, and may say the same again and again."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from bot.channel.base import Fault, SendFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.channel.timing import Timing
    from bot.channel.zalo_bot_api import Api

log = logging.getLogger(__name__)

POLL = 30
"""Seconds for which Zalo holds a question that finds nothing (its own default)."""


class Poller:
    """Asks. `take` says whether an update was new; it raises when it could not be stored."""

    def __init__(self, api: Api, take: Callable[[Mapping[str, Any]], Awaitable[bool]], timing: Timing) -> None:
        self._api = api
        self._take = take
        self._timing = timing

    async def run(self) -> None:
        """Until it is cancelled, or the token is refused (SendFailed)."""
        pause = 0.0
        while True:
            try:
                async with asyncio.timeout(self._timing.silent):
                    updates = await self._poll()
            except TimeoutError:
                log.warning("the poller heard nothing for too long, it takes a new connection")
                await self._api.renew()
                continue
            except SendFailed as failed:
                pause = await self._failed(failed, pause)
            else:
                pause = await self._hand_on(updates, pause)
            await asyncio.sleep(pause)

    async def _poll(self) -> list[Mapping[str, Any]]:
        seconds = min(self._timing.poll, POLL)
        found = await self._api.call("getUpdates", {"timeout": seconds}, seconds=self._timing.silent)
        return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict) and each]

    async def _hand_on(self, updates: list[Mapping[str, Any]], pause: float) -> float:
        """Store what was given; how long to wait. Something new may have something behind it, so it is asked at once.

        An idle answer, or what was given before, comes at once while Zalo holds on to old updates: to ask again
        without a rest would be to ask a dozen times a second.
        """
        done = await asyncio.gather(*(self._take(update) for update in updates), return_exceptions=True)
        lost = [each for each in done if isinstance(each, BaseException)]
        if lost:
            log.warning("update not stored, asked for again", extra={"error": type(lost[0]).__name__})
            return self._timing.next(pause)
        return 0.0 if any(done) else self._timing.first

    async def _failed(self, failed: SendFailed, pause: float) -> float:
        """How long to wait after a failure. Raises it when waiting is in vain."""
        if failed.fault is Fault.SETUP:
            raise failed
        log.warning("Zalo cannot be asked", extra={"fault": failed.fault.value, "reason": failed.reason[:80]})
        if failed.fault is Fault.REFUSED:  # a webhook was set elsewhere, or another program asks
            return self._timing.conflict
        if failed.fault is not Fault.WAIT:
            await self._api.renew()
        return max(self._timing.next(pause), failed.retry_after)
