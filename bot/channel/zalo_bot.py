"""A Zalo bot: listens by polling or webhook, sends, and never keeps the rest of the bot from running."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from bot.capability import CAPABILITIES
from bot.channel.base import Fault, Outgoing, Receipt, SendFailed
from bot.channel.http import worst
from bot.channel.timing import Timing, end, patiently
from bot.channel.zalo_bot_api import TOKEN_REFUSED, Api
from bot.channel.zalo_bot_poll import Poller
from bot.channel.zalo_bot_post import Post
from bot.channel.zalo_bot_update import NAME, read_update, sent_at
from bot.channel.zalo_voice import Addresses

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.channel.base import Incoming
    from bot.channel.counts import Counts
    from bot.channel.numbered import Say
    from bot.channel.picture import Pictures
    from bot.voice.drafts import Drafts

log = logging.getLogger(__name__)

PROBE = 10.0
"""Seconds within which Zalo must answer the doctor."""

MOST_SEEN = 10_000
"""Newest ids of what came in that are kept in memory; the inbox knows the others."""

DAY = 86_400_000


class ZaloBot:
    """One bot account.

    `webhook` is the public address Zalo shall push to, with `secret`; without it the bot asks for its updates.
    `pictures` makes PNG of drawings and `public` is our own web door, where Zalo fetches them; empty: they are told in
    words. `say` puts numbered answers into words. `keep_days`: how long the inbox knows a redelivery; what is older is
    not taken in, for Zalo may say it again at any time. `styles`: larger letters for headlines.
    `voice`: voice notes, else a link.
    """

    name = NAME
    capabilities = CAPABILITIES[NAME]

    def __init__(
        self,
        token: str,
        *,
        pictures: Pictures,
        say: Say,
        public: str = "",
        api: str = "https://bot-api.zaloplatforms.com",
        webhook: str = "",
        secret: str = "",
        keep_days: int = 3,
        styles: bool = True,
        voice: bool = True,
        proxy: str = "",
        timing: Timing | None = None,
    ) -> None:
        self._api = Api(token, api, proxy=proxy)
        self._polling = Api(token, api, connections=1, proxy=proxy)  # may be dropped without harm to what is sent
        self._post = Post(self._api, pictures, say, Addresses(public), styles=styles, voice=voice)
        self._webhook = webhook
        self._secret = secret
        self._keep = keep_days * DAY
        self._timing = timing or Timing()
        self._poller = Poller(self._polling, self._take, self._timing)
        self._seen: dict[str, None] = {}
        self._accept: Callable[[Incoming], Awaitable[None]] | None = None
        self._running: list[asyncio.Task[None]] = []
        self._trouble = ""

    # --- for operators

    @property
    def status(self) -> str:
        """How things stand, for an operator: "ok", "starting", or what is wrong."""
        return self._trouble or worst(self._polling.status, self._api.status)

    @property
    def counts(self) -> Counts:
        """Who counts what the plan counts."""
        return self._post.counts

    @counts.setter
    def counts(self, counts: Counts) -> None:
        self._post.counts = counts

    def speak_with(self, drafts: Drafts) -> None:
        """Words that nobody has recorded can be heard too; without this they are sent as words."""
        self._post.voices.drafts = drafts

    # --- what comes in

    def poll_in_turn(self, turn: Callable[[], Awaitable[None]]) -> None:
        """Ask for updates only while it is this process's turn: then `turn` returns."""
        self._poller.turn = turn

    async def start(self, accept: Callable[[Incoming], Awaitable[None]]) -> None:
        """Begin to listen. Returns at once: a Zalo that cannot be reached is tried again in the background."""
        self._accept = accept
        self._running = [asyncio.create_task(self._run())]

    async def take(self, update: Mapping[str, Any]) -> None:
        """One update as Zalo pushed it; returns when it is stored. Raises what `accept` raises."""
        await self._take(update)

    async def _take(self, update: Mapping[str, Any]) -> bool:
        """Store one update; whether it was new as far as we remember."""
        if self._accept is None:
            raise SendFailed(Fault.PASSING, "not listening")
        now, sent = time.time_ns() // 1_000_000, sent_at(update)
        incoming = read_update(update, now)
        if incoming is None or incoming.external in self._seen:
            return False
        if sent and sent < now - self._keep:
            log.warning("too old to be new, left out; is the clock right?", extra={"days": (now - sent) // DAY})
        else:
            await self._accept(incoming)
            self.counts.received(min(sent or now, now))  # a clock ahead of ours must not hide what comes after
        self._seen[incoming.external] = None
        if len(self._seen) > MOST_SEEN:
            del self._seen[next(iter(self._seen))]
        return True

    async def stop_listening(self) -> None:
        """Take in nothing more."""
        self._accept = None
        await end(self._running)

    async def close(self) -> None:
        """Let go of connections."""
        await self.counts.flush()
        await self._api.renew()
        await self._polling.renew()

    async def _run(self) -> None:
        try:
            await self._patiently(lambda: self._api.call("getMe", {}))
            await self._patiently(self._set_webhook if self._webhook else self._drop_webhook)
            log.info("Zalo is there", extra={"webhook": bool(self._webhook)})
            if not self._webhook:
                await self._poller.run()
        except SendFailed as failed:
            self._trouble = TOKEN_REFUSED if failed.fault is Fault.SETUP else failed.reason
            log.error("Zalo is left out, all else goes on: %s", failed.reason)  # noqa: TRY400 (for an operator)
        except Exception:
            self._trouble = "stopped by a fault of ours"
            log.exception("Zalo is left out, all else goes on")

    async def _patiently(self, what: Callable[[], Awaitable[Any]]) -> Any:
        """The result of a call, tried until it is answered. Raises SendFailed when trying again is in vain."""
        return await patiently(what, self._timing, "Zalo", "ZALO_BOT_API", self._api.base)

    async def _set_webhook(self) -> None:
        """Zalo allows so many a day, and keeps an address even when its own look at it fails."""
        try:
            await self._api.call("setWebhook", {"url": self._webhook, "secret_token": self._secret})
        except SendFailed as failed:
            if failed.fault not in {Fault.REFUSED, Fault.WAIT}:
                raise
            if await self._webhook_address() == self._webhook:
                log.warning("setWebhook is refused, but the webhook is ours", extra={"reason": failed.reason[:200]})
                return
            reason = f"the setting 'zalo_bot.webhook' is refused: {failed.reason}"
            raise SendFailed(failed.fault, reason, retry_after=failed.retry_after) from None

    async def _drop_webhook(self) -> None:
        """Zalo gives out no updates while a webhook is set."""
        if await self._webhook_address():
            log.warning("a webhook was set for this bot and is removed: it polls, as configured")
            await self._api.call("deleteWebhook", {})

    async def _webhook_address(self) -> str:
        about = await self._api.call("getWebhookInfo", {})
        return str(about.get("url") or "") if isinstance(about, dict) else ""

    # --- what goes out

    async def send(self, chat: str, outgoing: Outgoing) -> Receipt:
        """Deliver one thing. Raises SendFailed."""
        return Receipt(await self._post.send(chat, outgoing))


async def probe(token: str, base: str, proxy: str = "") -> str:
    """How Zalo takes this token: "ok: Bot Name", or in a sentence what is wrong."""
    api = Api(token, base, proxy=proxy)
    try:
        me = await api.call("getMe", {}, seconds=PROBE)
    except SendFailed as failed:
        return failed.reason if failed.fault in {Fault.SETUP, Fault.REFUSED} else api.status
    finally:
        await api.renew()
    return f"ok: {me.get('account_name', '?') if isinstance(me, dict) else '?'}"
