"""Long polling: getUpdates for ever. What was handed out is confirmed only after all of it is stored."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from bot.channel.base import Fault, SendFailed
from bot.channel.polling import Polling
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


class Poller(Polling):
    """Asks Telegram. `last` is when Telegram last answered (unix time), 0 before the first time."""

    platform = "telegram"

    def __init__(self, api: Api, take: Callable[[Mapping[str, Any]], Awaitable[None]], timing: Timing) -> None:
        super().__init__(api, timing)
        self.last = 0.0
        self._api = api
        self._take = take
        self._offset = 0

    async def poll(self) -> list[Mapping[str, Any]]:
        """What Telegram holds for us."""
        # The first poll does not wait: what is wrong shows at once.
        timeout = self._timing.poll if self.last else 0
        body = {"offset": self._offset, "limit": 100, "timeout": timeout, "allowed_updates": WANTED}
        found = await self._api.call("getUpdates", body, seconds=self._timing.silent)
        return [update for update in found if isinstance(update.get("update_id"), int)]

    async def hand_on(self, updates: list[Mapping[str, Any]], pause: float) -> float:
        """Give all to the bot, in order. If they were not stored, Telegram will hand them out again."""
        self.last = time.time()
        done = await asyncio.gather(*(self._take(update) for update in updates), return_exceptions=True)
        lost = [each for each in done if isinstance(each, BaseException)]
        if lost:
            error = type(lost[0]).__name__
            log.warning("updates not stored, asked for again", extra={"error": error, "lost": len(lost)})
            return self._timing.next(pause)
        # Nothing new: all is confirmed. Telegram begins anew with any id after a quiet week, so none is held on to.
        self._offset = max((update["update_id"] for update in updates), default=-1) + 1
        return 0.0

    def refused(self, failed: SendFailed) -> float | None:
        """Somebody else polls: slowly again. A token that is refused stays so."""
        if failed.fault is not Fault.SETUP:
            return None
        if self._api.status == TOKEN_REFUSED:
            raise failed
        log.error(CONFLICT)
        return self._timing.conflict
