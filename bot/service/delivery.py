"""One message nobody asked for, to one chat: replies go first, and whatever happens has a name."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.channel.base import Fault, Message, Outgoing, SendFailed
from bot.service import metrics

if TYPE_CHECKING:
    from bot.channel.base import Channel
    from bot.service.sender import Sender

log = logging.getLogger(__name__)

ATTEMPTS = 5
"""Tries of one message while the platform cannot be reached."""

BEHIND_REPLIES = 0.05
LOOKS = 20
"""How often it is looked, and how many seconds apart, whether the replies to a chat have gone out."""


@dataclass(frozen=True, slots=True)
class Result:
    """How it went: a state of bot/store/recipients.py. "planned" is to be tried again; `hold`: everybody, after it."""

    state: str
    reason: str = ""
    message: str = ""
    tried: bool = False
    hold: float = 0.0
    waited: bool = False
    setup: str = ""


class Delivery:
    """One channel, as broadcasts use it: below the sender, and at its pace."""

    def __init__(self, name: str, channel: Channel, sender: Sender) -> None:
        self.name = name
        self.channel = channel
        self._sender = sender
        self._passing = 0
        most = int(channel.capabilities.rate)
        self._begun: deque[float] | None = deque(maxlen=most) if most else None

    async def deliver(self, chat: str, outgoing: Outgoing, attempts: int) -> Result:
        """Send it. Never raises but when it is cancelled."""
        pace = self._sender.pace(self.name)
        for _ in range(LOOKS):
            if not self._sender.is_busy(self.name, chat):
                break
            await asyncio.sleep(BEHIND_REPLIES)
        else:
            return Result("planned")
        if pace.rest:
            return Result("planned")
        await pace.wait(chat, counts=isinstance(outgoing, Message))
        await self._not_too_full()
        try:
            receipt = await self._send(chat, outgoing)
        except SendFailed as failed:
            return self._failed(failed, attempts + 1)
        except Exception:
            log.exception("broadcast not sent", extra={"channel": self.name})
            return Result("failed", "fault_of_ours", tried=True)
        self._passing = 0
        metrics.sent(self.name, "broadcast").inc()
        return Result("sent", message=receipt, tried=True)

    async def _not_too_full(self) -> None:
        """No second gets more than the channel allows, even if we were held up and now hurry to catch up."""
        if self._begun is None:
            return
        now = asyncio.get_running_loop().time()
        full = self._begun.maxlen == len(self._begun)
        at = max(now, self._begun[0] + 1.0) if full else now
        self._begun.append(at)
        if at > now:
            await asyncio.sleep(at - now)

    async def _send(self, chat: str, outgoing: Outgoing) -> str:
        """Where the chat has moved to, it is followed, once."""
        try:
            return (await self.channel.send(chat, outgoing)).message
        except SendFailed as failed:
            if failed.fault is not Fault.MOVED or not failed.moved_to:
                raise
            return (await self.channel.send(failed.moved_to, outgoing)).message

    def _failed(self, failed: SendFailed, attempts: int) -> Result:
        """What a failure means, by its class alone."""
        pace = self._sender.pace(self.name)
        match failed.fault:
            case Fault.WAIT:
                pace.hold(failed.retry_after)
                return Result("planned", hold=failed.retry_after, waited=True)
            case Fault.PASSING if attempts < ATTEMPTS:
                self._passing += 1
                return Result("planned", tried=True, hold=self._sender.patience.pause(self._passing))
            case Fault.SETUP:
                return Result("planned", setup=failed.reason)
            case Fault.UNKNOWN:
                return Result("unknown", "no_answer", tried=True)
            case Fault.CLOSED:
                return Result("skipped", failed.reason, tried=True)
            case fault:
                log.warning("broadcast not sent", extra={"channel": self.name, "fault": fault.value})
                return Result("failed", fault.value, tried=True)
