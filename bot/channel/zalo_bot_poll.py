"""Asking Zalo for updates, one a call. It is not told what was stored, and may say the same again and again."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from bot.channel.base import Fault, SendFailed
from bot.channel.polling import Polling

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.channel.timing import Timing
    from bot.channel.zalo_bot_api import Api

log = logging.getLogger(__name__)

POLL = 30
"""Seconds for which Zalo holds a question that finds nothing (its own default)."""


class Poller(Polling):
    """Asks. `take` says whether an update was new; it raises when it could not be stored."""

    platform = "zalo_bot"

    def __init__(self, api: Api, take: Callable[[Mapping[str, Any]], Awaitable[bool]], timing: Timing) -> None:
        super().__init__(api, timing)
        self._api = api
        self._take = take

    async def poll(self) -> list[Mapping[str, Any]]:
        """One update, or a list where Zalo gives one."""
        seconds = min(self._timing.poll, POLL)
        found = await self._api.call("getUpdates", {"timeout": seconds}, seconds=self._timing.silent)
        return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict) and each]

    async def hand_on(self, updates: list[Mapping[str, Any]], pause: float) -> float:
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

    def refused(self, failed: SendFailed) -> float | None:
        """A webhook was set elsewhere, or another program asks: slowly again. A token that is refused stays so."""
        if failed.fault is Fault.SETUP:
            raise failed
        return self._timing.conflict if failed.fault is Fault.REFUSED else None
