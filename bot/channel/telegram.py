"""Telegram: listens by long polling or webhook, sends, and never keeps the rest of the bot from running."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.capability import CAPABILITIES
from bot.channel.base import Fault, Outgoing, Receipt, SendFailed
from bot.channel.http import worst
from bot.channel.picture import Pictures
from bot.channel.telegram_api import TOKEN_REFUSED, Api
from bot.channel.telegram_inline import Inline
from bot.channel.telegram_poll import Poller
from bot.channel.telegram_post import Post
from bot.channel.telegram_update import NAME, WANTED, Me, read_update, tap_id
from bot.channel.timing import Timing, end, patiently

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from bot.channel.base import Incoming
    from bot.channel.file_ids import FileIds
    from bot.voice.drafts import Drafts

log = logging.getLogger(__name__)

PROBE = 10.0
"""Seconds within which Telegram must answer the doctor."""

ANSWER_TAP = "answerCallbackQuery"

LAST_ANSWERS = 2.0
"""Seconds that answers to taps may still take when the bot stops."""


class Telegram:
    """One bot account.

    `webhook` is the public address Telegram shall push to, with `secret`; without it the bot asks for its updates.
    `media` is content/media, `cache` a folder for drawings as PNG, `fonts` holds the fonts they are set in.
    `commands`: the command menu by language code, "" for all others. `files` may be replaced before `start`.
    `proxy`: the address of an HTTP proxy that leads to Telegram.
    """

    name = NAME
    capabilities = CAPABILITIES[NAME]

    def __init__(
        self,
        token: str,
        *,
        media: Path,
        cache: Path,
        fonts: Path | None = None,
        api: str = "https://api.telegram.org",
        webhook: str = "",
        secret: str = "",
        commands: Mapping[str, Sequence[tuple[str, str]]] | None = None,
        placeholder: str = "",
        timing: Timing | None = None,
        proxy: str = "",
    ) -> None:
        self._api = Api(token, api, proxy=proxy)
        # Its connection may be dropped without harm to what is sent.
        self._polling = Api(token, api, connections=1, proxy=proxy)
        self._me = Me(int(token.partition(":")[0]) if token.partition(":")[0].isdigit() else 0)
        self._post = Post(self._api, media, Pictures(media, cache, fonts), placeholder)
        self._webhook = webhook
        self._secret = secret
        self._commands = commands or {}
        self._timing = timing or Timing()
        self._poller = Poller(self._polling, self._take_polled, self._timing)
        self._accept: Callable[[Incoming], Awaitable[None]] | None = None
        self._running: list[asyncio.Task[None]] = []
        self._answers: set[asyncio.Task[None]] = set()
        self.inline = Inline(self._api)
        self._trouble = ""

    # --- for operators

    @property
    def account(self) -> str:
        """The key under which this bot's files are remembered."""
        return f"{NAME}:{self._me.id}"

    @property
    def username(self) -> str:
        """The bot's name on Telegram, "" until Telegram has told it."""
        return self._me.username

    @property
    def status(self) -> str:
        """How things stand, for an operator: "ok", "starting", or what is wrong."""
        return self._trouble or worst(self._polling.status, self._api.status)

    @property
    def files(self) -> FileIds:
        """Where the ids of uploaded files are remembered."""
        return self._post.files.ids

    @files.setter
    def files(self, files: FileIds) -> None:
        self._post.files.ids = files

    def speak_with(self, drafts: Drafts) -> None:
        """Words that nobody has recorded become voice notes too; without this they are sent as words."""
        self._post.drafts = drafts

    # --- what comes in

    def poll_in_turn(self, turn: Callable[[], Awaitable[None]]) -> None:
        """Ask for updates only while it is this process's turn: then `turn` returns."""
        self._poller.turn = turn

    async def start(self, accept: Callable[[Incoming], Awaitable[None]]) -> None:
        """Begin to listen. Returns at once: a Telegram that cannot be reached is tried again in the background."""
        self._accept = accept
        self._running = [asyncio.create_task(self._run())]

    async def take(self, update: Mapping[str, Any]) -> dict[str, str] | None:
        """One update as Telegram gave it; returns when it is stored. Raises what `accept` raises.

        A tap returns the call that answers it (the phone shows a spinner until then): Telegram carries out one call
        that stands in the answer to a webhook, see https://core.telegram.org/bots/api#making-requests-when-getting-updates
        """
        if self._accept is None:
            raise SendFailed(Fault.PASSING, "not listening")
        if "inline_query" in update:
            self.inline.take(update["inline_query"], self._me)
            return None
        incoming = read_update(update, self._me, time.time_ns() // 1_000_000)
        if incoming is not None:
            await self._accept(incoming)
        tap = tap_id(update)
        return {"method": ANSWER_TAP, "callback_query_id": tap} if tap else None

    async def _take_polled(self, update: Mapping[str, Any]) -> None:
        tap = tap_id(update)
        if tap:  # the first thing of all, beside the rest
            answering = asyncio.create_task(self._answer(tap))
            self._answers.add(answering)
            answering.add_done_callback(self._answers.discard)
        await self.take(update)

    async def stop_listening(self) -> None:
        """Take in nothing more. What was taken and is not yet stored, Telegram gives again."""
        self._accept = None
        await end(self._running)

    async def close(self) -> None:
        """Let go of connections; answers to taps that hang are given up."""
        if self._answers:
            await asyncio.wait(self._answers, timeout=LAST_ANSWERS)
        for answering in self._answers:
            answering.cancel()
        await self.inline.close()
        await self._api.renew()
        await self._polling.renew()

    async def _run(self) -> None:
        try:
            me = await self._patiently(lambda: self._api.call("getMe", {}))
            self._me = Me(me["id"], me.get("username", ""))
            self._post.shares = bool(me.get("supports_inline_queries"))
            await self._patiently(self._set_webhook if self._webhook else self._drop_webhook)
            log.info("Telegram is there", extra={"bot": self._me.username, "webhook": bool(self._webhook)})
            self._running.append(asyncio.create_task(self._set_commands()))
            if not self._webhook:
                await self._poller.run()
        except SendFailed as failed:
            self._trouble = TOKEN_REFUSED if failed.fault is Fault.SETUP else failed.reason
            log.error("Telegram is left out, all else goes on: %s", failed.reason)  # noqa: TRY400 (for an operator)
        except Exception:
            self._trouble = "stopped by a fault of ours"
            log.exception("Telegram is left out, all else goes on")

    async def _patiently(self, what: Callable[[], Awaitable[Any]]) -> Any:
        """The result of a call, tried until it is answered. Raises SendFailed when trying again is in vain."""
        return await patiently(what, self._timing, "Telegram", "TELEGRAM_API", self._api.base)

    async def _set_webhook(self) -> None:
        wanted = {"url": self._webhook, "secret_token": self._secret, "allowed_updates": WANTED, "max_connections": 40}
        try:
            await self._api.call("setWebhook", wanted)
        except SendFailed as failed:
            if failed.fault is not Fault.REFUSED:
                raise
            raise SendFailed(Fault.REFUSED, f"the setting 'telegram.webhook' is refused: {failed.reason}") from None

    async def _drop_webhook(self) -> None:
        """Telegram gives out no updates while a webhook is set."""
        about = await self._api.call("getWebhookInfo", {})
        if about["url"]:
            log.warning("a webhook was set for this bot and is removed: it polls, as configured")
            await self._api.call("deleteWebhook", {})

    async def _set_commands(self) -> None:
        for language, commands in self._commands.items():
            menu = [{"command": name, "description": text} for name, text in commands]
            wanted = {"commands": menu, **({"language_code": language} if language else {})}
            try:
                await self._patiently(partial(self._api.call, "setMyCommands", wanted))
            except SendFailed as failed:
                log.warning("commands not set", extra={"language": language, "reason": failed.reason[:200]})

    async def _answer(self, tap: str) -> None:
        try:
            await self._api.call(ANSWER_TAP, {"callback_query_id": tap})
        except SendFailed as failed:  # the spinner ends by itself
            log.info("tap not answered", extra={"fault": failed.fault.value})

    # --- what goes out

    async def send(self, chat: str, outgoing: Outgoing) -> Receipt:
        """Deliver one thing. Raises SendFailed."""
        return Receipt(await self._post.send(int(chat), outgoing))


async def probe(token: str, base: str, proxy: str = "") -> str:
    """How Telegram takes this token: "ok: @name", or in a sentence what is wrong."""
    api = Api(token, base, proxy=proxy)
    try:
        me = await api.call("getMe", {}, seconds=PROBE)
        about = await api.call("getWebhookInfo", {}, seconds=PROBE)
    except SendFailed as failed:
        return failed.reason if failed.fault is Fault.SETUP else api.status
    finally:
        await api.renew()
    error = about.get("last_error_message", "")
    return f"the webhook fails: {error}" if error else f"ok: @{me['username']}"
