"""A Zalo Official Account: hears by webhook, sends, keeps its tokens fresh, is silent where the staff answers."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from bot.capability import CAPABILITIES
from bot.channel.base import Fault, Outgoing, Receipt, SendFailed, What
from bot.channel.http import Wire
from bot.channel.timing import Timing, end, patiently
from bot.channel.zalo_oa_api import Api
from bot.channel.zalo_oa_post import Post
from bot.channel.zalo_oa_token import Account, InMemory, Keeper, Tokens, now_ms
from bot.channel.zalo_oa_update import NAME, opens, read_echo, read_event, sent_at
from bot.channel.zalo_voice import Addresses

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.channel.base import Incoming
    from bot.channel.counts import Counts
    from bot.channel.file_ids import FileIds
    from bot.channel.numbered import Say
    from bot.channel.picture import Pictures
    from bot.channel.zalo_oa_update import Echo
    from bot.channel.zalo_oa_windows import Turns, Windows
    from bot.voice.drafts import Drafts

log = logging.getLogger(__name__)

PROBE: Final = 10.0
"""Seconds within which Zalo must answer the doctor."""

ACKNOWLEDGE: Final = 1.7
"""Seconds within which an event has to be stored: Zalo wants its answer within two."""

LOOK: Final = 600.0
"""Seconds between two looks at the tokens."""

MOST_WAITING: Final = 1000
"""Events that are tried on although Zalo has been told that they are not stored."""

CANNOT_HEAR: Final = "sends, but hears nothing: setting 'zalo_oa.webhook'"


@dataclass(frozen=True, slots=True)
class Ways:
    """How the account is used, as far as it is a matter of settings.

    `window`: hours since a person did something in which they are written to. `silence`: seconds for which the bot is
    silent after the staff has answered by hand; `by_name`: only a message that names a member of the staff counts as
    theirs, else any that is not ours. `proof`, `together`, `message`: see Api and Post. `phone` gets a button.
    """

    window: int = CAPABILITIES[NAME].window
    silence: int = 7200
    by_name: bool = True
    proof: bool = True
    together: bool = True
    message: str = "v3.0/oa/message/cs"
    phone: str = ""
    public: str = ""
    listens: bool = True


class ZaloOa:
    """One account.

    `calls_home` says whether typed words ask for the bot, also where the staff answers; `was_ours` whether a message
    with that id, in that chat, was one of ours in an earlier run.
    """

    name = NAME

    def __init__(
        self,
        account: Account,
        *,
        pictures: Pictures,
        say: Say,
        ways: Ways,
        api: str = "https://openapi.zalo.me",
        proxy: str = "",
        timing: Timing | None = None,
        now: Callable[[], int] = now_ms,
    ) -> None:
        self.capabilities = replace(CAPABILITIES[NAME], window=ways.window)
        self.account = f"{NAME}:{account.app}"
        self.calls_home: Callable[[str], bool] = lambda _: False
        self.was_ours: Callable[[str, str], Awaitable[bool]] | None = None
        wire = Wire(proxy=proxy)
        self._tokens = Tokens(account, wire, InMemory(), now)
        self._api = Api(account, api, wire, self._tokens, proof=ways.proof, message=ways.message)
        self._post = Post(
            self._api,
            pictures,
            say,
            Addresses(ways.public),
            phone=ways.phone,
            together=ways.together,
        )
        self._ways = ways
        self._timing = timing or Timing()
        self._now = now
        self._accept: Callable[[Incoming], Awaitable[None]] | None = None
        self._running: list[asyncio.Task[None]] = []
        self._waiting: set[asyncio.Task[None]] = set()
        self._order = asyncio.Lock()
        self._trouble = ""

    # --- for operators, and what outlives a run

    @property
    def status(self) -> str:
        """How things stand, for an operator: "ok", "starting", or what is wrong."""
        if self._trouble or self._api.status != "ok":
            return self._trouble or self._api.status
        return "ok" if self._ways.listens else CANNOT_HEAR

    @property
    def counts(self) -> Counts:
        """Who counts what costs something."""
        return self._post.counts

    @counts.setter
    def counts(self, counts: Counts) -> None:
        self._post.counts = counts

    def keep_with(self, *, keeper: Keeper, files: FileIds, windows: Windows, turns: Turns) -> None:
        """What is known between runs, and who may call next; without this all of it is this run's alone."""
        self._tokens.keeper = keeper
        self._post.files = files
        self._post.windows = windows
        self._post.turns = turns

    def speak_with(self, drafts: Drafts) -> None:
        """Words that nobody has recorded can be heard too; without this they are sent as words."""
        self._post.voices.drafts = drafts

    # --- what comes in

    async def start(self, accept: Callable[[Incoming], Awaitable[None]]) -> None:
        """Begin to listen. Returns at once: a Zalo that cannot be reached is tried again in the background."""
        self._accept = accept
        self._running = [asyncio.create_task(self._run())]

    async def take(self, event: Mapping[str, Any]) -> None:
        """One event as Zalo posted it; returns when it is stored. Raises SendFailed when that takes too long.

        Zalo comes again only where no connection is made. So what could not be stored in time is tried on here.
        """
        if self._accept is None or len(self._waiting) >= MOST_WAITING:
            raise SendFailed(Fault.PASSING, "not listening")
        storing = asyncio.create_task(self._store(event))
        self._waiting.add(storing)
        storing.add_done_callback(self._waiting.discard)
        done, _ = await asyncio.wait({storing}, timeout=ACKNOWLEDGE)
        if not done:
            raise SendFailed(Fault.PASSING, "not stored in time, tried on")

    async def _store(self, event: Mapping[str, Any]) -> None:
        """Until it is stored."""
        pause = 0.0
        while True:
            try:
                await self._take(event)
            except Exception as error:  # noqa: BLE001 (a database that refuses: whatever it is, the next try may do)
                pause = self._timing.next(pause)
                log.warning("event not stored, tried again", extra={"error": type(error).__name__})
                await asyncio.sleep(pause)
            else:
                return

    async def _take(self, event: Mapping[str, Any]) -> None:
        if echo := read_echo(event):
            await self._echo(echo)
            return
        now = self._now()
        incoming = read_event(event, now)
        if incoming is None:
            return
        if opens(event):
            await self._post.windows.open(incoming.chat, min(now, sent_at(event) or now))
        async with self._order:  # what one person does is taken in as it came
            heard = await self._heard(incoming, now)
            if self._accept is None:
                raise SendFailed(Fault.PASSING, "not listening")
            accepting = asyncio.ensure_future(self._accept(heard))
        await accepting

    async def _heard(self, incoming: Incoming, now: int) -> Incoming:
        """What the bot is to hear of it: nothing of what is said while the staff answers."""
        windows = self._post.windows
        known = await windows.find(incoming.chat)
        if known.silent_until > now and incoming.what in {What.TEXT, What.TAP, What.MEDIA}:
            if incoming.what is What.TAP or (incoming.what is What.TEXT and self.calls_home(incoming.text)):
                await windows.silence(incoming.chat, 0)
            else:
                return replace(incoming, what=What.OTHER, text="", detail="")
        return incoming

    async def _echo(self, echo: Echo) -> None:
        """A message of the account: ours, or of somebody who answers by hand."""
        if self._ways.by_name and not echo.by_hand:
            return
        if await self._post.is_ours(echo.message, echo.chat):
            return
        if self.was_ours is not None and await self.was_ours(echo.chat, echo.message):
            return
        log.info("the staff answers by hand, the bot is silent there", extra={"seconds": self._ways.silence})
        await self._post.windows.silence(echo.chat, self._now() + self._ways.silence * 1000)

    async def stop_listening(self) -> None:
        """Take in nothing more."""
        self._accept = None
        await end([*self._running, *self._waiting])

    async def close(self) -> None:
        """Let go of connections."""
        await self.counts.flush()
        await self._api.renew()

    async def _run(self) -> None:
        """Look whether the account is there; then keep its tokens fresh for as long as the bot lives."""
        while True:
            try:
                await patiently(self._api.me, self._timing, "Zalo", "ZALO_OA_API", self._api.base)
                self._trouble = ""
            except SendFailed as failed:
                log.error("the Zalo official account does not work, all else goes on: %s", failed.reason)  # noqa: TRY400
            except Exception:
                self._trouble = "stopped by a fault of ours"
                log.exception("the Zalo official account is left out, all else goes on")
                return
            await asyncio.sleep(LOOK)

    # --- what goes out

    async def send(self, chat: str, outgoing: Outgoing) -> Receipt:
        """Deliver one thing. Raises SendFailed."""
        return Receipt(await self._post.send(chat, outgoing))


async def probe(api: Api) -> str:
    """How Zalo takes our tokens: "ok: name of the account", or in a sentence what is wrong."""
    try:
        me = await api.me(PROBE)
    except SendFailed as failed:
        return failed.reason if failed.fault in {Fault.SETUP, Fault.REFUSED} else api.status
    finally:
        await api.renew()
    return f"ok: {me.get('name', '?')}"
