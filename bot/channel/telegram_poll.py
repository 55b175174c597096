"""Long polling: getUpdates for ever. What was handed out is confirmed only after all of it is stored."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from bot.channel.base import Fault, SendFailed
from bot.channel.telegram_api import TOKEN_REFUSED
from bot.channel.telegram_update import WANTED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.channel.telegram_api import Api
    from bot.channel.timing import Timing

log = logging.getLogger(__name__)

CONFLICT = (
    "another program takes this bot's messages, asking again slowly: "
    "run only one with this TELEGRAM_BOT_TOKEN, and set no webhook for it elsewhere"
)


class Poller:
    """Asks for updates. `last` is when Telegram last answered (unix time), 0 before the first time."""

    def __init__(self, api: Api, take: Callable[[Mapping[str, Any]], Awaitable[None]], timing: Timing) -> None:
        self.last = 0.0
        self._api = api
        self._take = take
        self._timing = timing
        self._offset = 0

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
                self.last = time.time()
                pause = 0.0 if await self._hand_on(updates) else self._timing.next(pause)
            await asyncio.sleep(pause)

    async def _poll(self) -> list[Mapping[str, Any]]:
        # The first poll does not wait: what is wrong shows at once.
        timeout = self._timing.poll if self.last else 0
        body = {"offset": self._offset, "limit": 100, "timeout": timeout, "allowed_updates": WANTED}
        found = await self._api.call("getUpdates", body, seconds=self._timing.silent)
        return [update for update in found if isinstance(update.get("update_id"), int)]

    async def _hand_on(self, updates: list[Mapping[str, Any]]) -> bool:
        """Give all to the bot, in order; whether they were stored. If not, Telegram will hand them out again."""
        done = await asyncio.gather(*(self._take(update) for update in updates), return_exceptions=True)
        lost = [each for each in done if isinstance(each, BaseException)]
        if lost:
            error = type(lost[0]).__name__
            log.warning("updates not stored, asked for again", extra={"error": error, "lost": len(lost)})
            return False
        # Nothing new: all is confirmed. Telegram begins anew with any id after a quiet week, so none is held on to.
        self._offset = max((update["update_id"] for update in updates), default=-1) + 1
        return True

    async def _failed(self, failed: SendFailed, pause: float) -> float:
        """How long to wait after a failure. Raises it when waiting is in vain."""
        if failed.fault is Fault.SETUP:
            if self._api.status == TOKEN_REFUSED:
                raise failed
            log.error(CONFLICT)
            return self._timing.conflict
        log.warning("Telegram cannot be asked", extra={"fault": failed.fault.value, "reason": failed.reason[:80]})
        if failed.fault is not Fault.WAIT:
            await self._api.renew()
        return max(self._timing.next(pause), failed.retry_after)
