"""What lives on Telegram's side: people with their phones, and the updates on their way to the bot.

Updates go as the real server sends them: ids only grow, an update stays until it is confirmed or expires, messages of
a chat and taps of a person wait in separate lanes, and a lane has one update under way at a time.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
from aiogram.types import Update as UpdateModel

from .telegram_rules import Formatted, Json, RefusalError, bad, check_update, plain_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .telegram import TelegramDouble

T = TypeVar("T")

KINDS = frozenset(UpdateModel.model_fields) - {"update_id"}
KINDS_BY_DEFAULT = KINDS - {"chat_member", "message_reaction", "message_reaction_count"}
MESSAGE_KEPT = 86_400.0  # seconds
LONGEST_POLL = 50.0  # seconds
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
OTHER_POLLER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
PIXEL = bytes.fromhex(  # a white 1x1 PNG
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8ffff"
    "ff7f0009fb03fd05430000000049454e44ae426082"
)


class Bell:
    """Wakes everybody who waits for something to become true."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Something changed: whoever waits looks again."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait_until(self, holds: Callable[[], T], seconds: float) -> T:
        """Waits until `holds()` is truthy, at most `seconds`; returns its last value."""
        ends = time.monotonic() + seconds
        while not (value := holds()) and (left := ends - time.monotonic()) > 0:
            event = self._event
            try:
                await asyncio.wait_for(event.wait(), left)
            except TimeoutError:
                return holds()
        return value


@dataclass(slots=True)
class Update:
    """One update on its way. `lane` orders webhook deliveries; `expires_at` is monotonic; `sent` are delivery times."""

    id: int
    kind: str
    body: Json
    lane: int
    expires_at: float
    sent: list[float] = field(default_factory=list)
    confirmed: bool = False
    again: bool = False  # asked for once more: a poll hands it out whatever its offset

    @property
    def json(self) -> Json:
        """The update as it travels."""
        return {"update_id": self.id, self.kind: self.body}


@dataclass(slots=True)
class Webhook:
    """Where updates are pushed to."""

    url: str
    secret: str = ""
    max_connections: int = 40
    last_error: tuple[int, str] | None = None  # unix time, words


@dataclass(slots=True)
class _Poll:
    """One getUpdates request that waits; `gone` tells whether its client has hung up."""

    gone: Callable[[], bool]
    ended: str = ""


class Delivery:
    """The updates of one bot. `retry_seconds` is the first pause of a webhook retry (1 s in the real thing).

    `call` carries out a method that stands in the answer to a webhook.
    """

    def __init__(
        self,
        first_id: int,
        bell: Bell,
        *,
        retry_seconds: float,
        call: Callable[[Json], Awaitable[None]],
        note: Callable[[str], None],
    ) -> None:
        self.updates: list[Update] = []
        self.webhook: Webhook | None = None
        self.bell = bell
        self._next_id = first_id
        self._retry_seconds = retry_seconds
        self._note = note
        self._call = call
        self._pending: list[Update] = []
        self._allowed = KINDS_BY_DEFAULT
        self._held = False
        self._poll: _Poll | None = None
        self._lanes: dict[int, asyncio.Task[None]] = {}
        self._connections = asyncio.Semaphore(40)
        self._client: aiohttp.ClientSession | None = None

    # --- what happens in Telegram ---------------------------------------------------------------------------------

    def add(self, kind: str, body: Json, *, lane: int, kept: float) -> Update | None:
        """A new update, kept for `kept` seconds; None when the bot did not ask for this kind."""
        update = Update(self._next_id, kind, body, lane, time.monotonic() + kept)
        check_update(update.json)
        if kind not in self._allowed:
            return None
        self._next_id += 1
        self.updates.append(update)
        self._pending.append(update)
        self._wake()
        return update

    def redeliver(self, update: Update) -> None:
        """Delivers an update once more under its old id, as if its confirmation had been lost."""
        update.again = True
        update.confirmed = False
        if update not in self._pending:
            self._pending.insert(0, update)
        self._wake()

    def hold(self) -> None:
        """Nothing is delivered until `release`: an outage, or several updates that shall arrive at once."""
        self._held = True

    def release(self) -> None:
        """Ends `hold`."""
        self._held = False
        self._wake()

    @property
    def pending(self) -> list[Update]:
        """Updates that are neither confirmed nor expired."""
        now = time.monotonic()
        self._pending = [update for update in self._pending if update.expires_at > now]
        return self._pending

    @property
    def polled(self) -> bool:
        """Whether a getUpdates request is waiting."""
        return self._poll is not None

    async def settled(self, seconds: float) -> bool:
        """Waits until every update is confirmed."""
        return await self.bell.wait_until(lambda: not self.pending, seconds)

    async def close(self) -> None:
        """Stops every delivery."""
        await self._stop_lanes()
        if self._poll:
            self._poll.ended = "Internal Server Error: restart"
        self.bell.ring()
        if self._client:
            await self._client.close()

    def _wake(self) -> None:
        self.bell.ring()
        if self.webhook and not self._held:
            for lane in {update.lane for update in self.pending} - set(self._lanes):
                self._lanes[lane] = asyncio.create_task(self._push_lane(lane, self.webhook))

    def _confirm(self, update: Update) -> None:
        update.confirmed = True
        if update in self._pending:
            self._pending.remove(update)
        self.bell.ring()

    def allow(self, kinds: Any) -> None:
        """`allowed_updates`: absent keeps what was, empty means the default kinds."""
        if kinds is not None:
            self._allowed = frozenset(kinds) & KINDS if kinds else KINDS_BY_DEFAULT
            if unknown := set(kinds) - KINDS:
                self._note(f"allowed_updates names no kind of update: {sorted(unknown)}")

    # --- polling --------------------------------------------------------------------------------------------------

    async def poll(self, values: Json, gone: Callable[[], bool]) -> list[Json]:
        """getUpdates: `offset` confirms what is below it; a second poller ends the first with 409."""
        if self.webhook:
            raise RefusalError(WEBHOOK_ACTIVE, status=409)
        self.allow(values.get("allowed_updates"))
        offset, limit = values.get("offset") or 0, min(max(values.get("limit") or 100, 1), 100)
        if self._poll:
            if not self._poll.gone():
                self._note("two pollers at once")
            self._poll.ended = OTHER_POLLER
            self.bell.ring()
        self._poll = mine = _Poll(gone)
        self._forget(offset)
        self.bell.ring()

        def ready() -> list[Update] | str:
            waiting = [] if self._held else [u for u in self.pending if u.id >= offset or u.again]
            return mine.ended or waiting[:limit]

        found = await self.bell.wait_until(ready, min(max(values.get("timeout") or 0, 0), LONGEST_POLL))
        if self._poll is mine:
            self._poll = None
        if isinstance(found, str):
            raise RefusalError(found, status=409, by_mistake=False)
        for update in found:
            update.sent.append(time.monotonic())
            update.again = False
        return [update.json for update in found]

    def _forget(self, offset: int) -> None:
        pending = list(self.pending)
        for update in pending if offset > 0 else pending[: max(len(pending) + offset, 0)] if offset < 0 else ():
            if (offset < 0 or update.id < offset) and not update.again:
                self._confirm(update)

    # --- webhook --------------------------------------------------------------------------------------------------

    async def set_webhook(self, values: Json) -> None:
        """SetWebhook and, with no url, deleteWebhook. Plain http is taken for this machine only."""
        url, secret = values.get("url") or "", values.get("secret_token") or ""
        parts = urlsplit(url)
        if url and not parts.hostname:
            raise bad("invalid webhook URL specified")
        if url and parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}:
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if len(secret) > 256:
            raise bad("secret token is too long")
        if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
            raise bad("secret token contains unallowed characters")
        await self._stop_lanes()
        if values.get("drop_pending_updates"):
            for update in list(self._pending):
                self._confirm(update)
        self.allow(values.get("allowed_updates"))
        self.webhook = Webhook(url, secret, min(max(values.get("max_connections") or 40, 1), 100)) if url else None
        if self.webhook:
            self._connections = asyncio.Semaphore(self.webhook.max_connections)
        if url and self._poll:
            self._poll.ended = "Conflict: terminated by setWebhook request"
        self._wake()

    def webhook_info(self) -> Json:
        """The answer of getWebhookInfo."""
        info: Json = {"url": "", "has_custom_certificate": False, "pending_update_count": len(self.pending)}
        if self.webhook:
            info |= {"url": self.webhook.url, "ip_address": "127.0.0.1"}
            info["max_connections"] = self.webhook.max_connections
            if self.webhook.last_error:
                info["last_error_date"], info["last_error_message"] = self.webhook.last_error
        if self._allowed != KINDS_BY_DEFAULT:
            info["allowed_updates"] = sorted(self._allowed)
        return info

    async def _stop_lanes(self) -> None:
        tasks, self._lanes = list(self._lanes.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _push_lane(self, lane: int, webhook: Webhook) -> None:
        """Pushes what waits in one lane, in order, each until it is answered 2xx."""
        pause, failures = self._retry_seconds, 0
        while not self._held and (update := next((u for u in self.pending if u.lane == lane), None)):
            update.again = False
            async with self._connections:
                error, wait = await self._push(update, webhook)
            if not error:
                self._confirm(update)
                pause, failures = self._retry_seconds, 0
                continue
            webhook.last_error = (int(time.time()), error)
            self.bell.ring()
            if not wait and failures:  # the first retry follows at once, as in the real server
                pause = min(pause * 2, 60.0)
                wait = pause
            failures += 1
            await asyncio.sleep(wait)
        self._lanes.pop(lane, None)

    async def _push(self, update: Update, webhook: Webhook) -> tuple[str, float]:
        """One attempt; returns what went wrong, "" for nothing, and the seconds the receiver asks to wait."""
        self._client = self._client or aiohttp.ClientSession()
        headers = {"X-Telegram-Bot-Api-Secret-Token": webhook.secret} if webhook.secret else {}
        update.sent.append(time.monotonic())
        try:
            async with self._client.post(
                webhook.url,
                json=update.json,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=30),
                allow_redirects=False,
            ) as answer:
                body = await answer.text()
                if not 200 <= answer.status < 300:
                    after = answer.headers.get("Retry-After", "0")
                    words = f"Wrong response from the webhook: {answer.status} {answer.reason}"
                    return words, min(float(after) if after.isdigit() else 0.0, 3600.0)
                if "json" in answer.content_type and body:
                    await self._call(json.loads(body))
                return "", 0.0
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"Connection failed: {type(error).__name__}", 0.0


@dataclass(slots=True, eq=False)
class Shown:
    """A message as the chat shows it now. `text` is as sent, with its markup; `plain` is what the person reads."""

    id: int
    chat: int
    sender: Json
    by_bot: bool
    date: int
    text: str = ""
    plain: str = ""
    entities: tuple[Json, ...] = ()
    content: Json = field(default_factory=dict)  # {"photo": […]}, {"voice": {…}}, …; empty for a text
    keyboard: Json | None = None  # the inline keyboard
    former_keyboards: list[Json] = field(default_factory=list)
    reply_to: int | None = None
    edits: int = 0
    edited_at: int | None = None
    deleted: bool = False
    serial: int = 0  # grows with every change of any message

    @property
    def photo(self) -> str | None:
        """The file_id of its photo."""
        return str(self.content["photo"][-1]["file_id"]) if "photo" in self.content else None

    @property
    def buttons(self) -> list[Json]:
        """The buttons under it, row by row."""
        return _buttons(self.keyboard)

    @property
    def labels(self) -> list[str]:
        """What the buttons say."""
        return [button["text"] for button in self.buttons]

    def __str__(self) -> str:
        state = " (deleted)" if self.deleted else " (edited)" if self.edits else ""
        kinds = "".join(f"[{kind}] " for kind in self.content)
        rows = (self.keyboard or {}).get("inline_keyboard", [])
        below = "".join("\n    " + " ".join(f"[{button['text']}]" for button in row) for row in rows)
        return f"{self.sender['first_name']}{state}: {kinds}{self.plain}{below}"


@dataclass(slots=True, eq=False)
class Tap:
    """A tap on an inline button. `answer` is what answerCallbackQuery said, once it did."""

    id: str
    message: Shown
    data: str
    at: float
    update: Update | None
    bell: Bell
    answer: Json | None = None

    async def waits_for_answer(self, within: float = 5.0) -> Json:
        """What the bot answered; AssertionError when the spinner goes on spinning."""
        await self.bell.wait_until(lambda: self.answer is not None, within)
        assert self.answer is not None, f"the tap {self.data!r} was not answered within {within} s"
        return self.answer


@dataclass(slots=True, eq=False)
class Asked:
    """What somebody typed behind @bot in any chat. `answer` is what answerInlineQuery said, once it did."""

    id: str
    query: str
    at: float
    bell: Bell
    answer: Json | None = None

    async def waits_for_answer(self, within: float = 5.0) -> Json:
        """What the bot answered; AssertionError when no card comes."""
        await self.bell.wait_until(lambda: self.answer is not None, within)
        assert self.answer is not None, f"the query {self.query!r} was not answered within {within} s"
        return self.answer

    @property
    def cards(self) -> list[Json]:
        """What is offered."""
        return list((self.answer or {}).get("results", []))


@dataclass(frozen=True, slots=True)
class Group:
    """A group chat; its id is negative."""

    id: int
    title: str

    @property
    def json(self) -> Json:
        """The chat as the Bot API tells it."""
        return {"id": self.id, "type": "supergroup" if self.id < -(10**12) else "group", "title": self.title}


def _buttons(markup: Json | None) -> list[Json]:
    """The buttons of an inline or a reply keyboard in reading order."""
    rows = (markup or {}).get("inline_keyboard") or (markup or {}).get("keyboard") or []
    return [button for row in rows for button in row]


def _find(markup: Json | None, label: str) -> Json | None:
    """The button with exactly this label, else the only one whose label contains it."""
    buttons = _buttons(markup)
    exact = [button for button in buttons if button["text"] == label]
    near = exact or [button for button in buttons if label in button["text"]]
    return near[0] if exact or len(near) == 1 else None


class Person:
    """Somebody with a phone. Writing first is what opens the chat for the bot, as in the real thing."""

    def __init__(self, double: TelegramDouble, ident: int, language: str, first_name: str, username: str) -> None:
        self.id = ident
        self.started = False
        self.has_blocked = False
        self._double = double
        self._acted = 0  # the serial at the last thing this person did
        self.user: Json = {"id": ident, "is_bot": False, "first_name": first_name, "language_code": language}
        if username:
            self.user["username"] = username

    @property
    def json(self) -> Json:
        """The private chat as the Bot API tells it."""
        names = {name: self.user[name] for name in ("first_name", "username") if name in self.user}
        return {"id": self.id, "type": "private"} | names

    @property
    def screen(self) -> list[Shown]:
        """Every message of the private chat, oldest first, also the deleted ones."""
        return self._double.screens[self.id]

    def phone(self) -> str:
        """The screen in words, for messages of failed tests."""
        return "\n".join(str(shown) for shown in self.screen) or "(an empty chat)"

    async def says(self, text: str, group: Group | None = None) -> Shown:
        """Types a text."""
        return await self._sends({}, plain_text(text), group)

    async def starts(self, payload: str = "") -> Shown:
        """Presses Start, or follows a link with `?start=payload`."""
        return await self.says(f"/start {payload}".strip())

    async def sends_photo(self, data: bytes = PIXEL, caption: str = "", group: Group | None = None) -> Shown:
        """Sends a PNG or JPEG."""
        return await self._sends({"photo": self._double.keep("photo", data)}, plain_text(caption), group)

    async def sends_voice(self, seconds: int = 3, group: Group | None = None) -> Shown:
        """Sends a voice note."""
        voice = self._double.keep("voice", b"OggS voice") | {"duration": seconds, "mime_type": "audio/ogg"}
        return await self._sends({"voice": voice}, group=group)

    async def sends_document(self, data: bytes = b"%PDF-1.7", name: str = "form.pdf") -> Shown:
        """Sends a file."""
        return await self._sends({"document": self._double.keep("document", data) | {"file_name": name}})

    async def sends_sticker(self, emoji: str = "👍") -> Shown:
        """Sends a sticker."""
        sticker = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
        return await self._sends({"sticker": self._double.keep("sticker", b"webp") | sticker | {"emoji": emoji}})

    async def sends_location(self, latitude: float = 21.0285, longitude: float = 105.8542) -> Shown:
        """Sends a place."""
        return await self._sends({"location": {"latitude": latitude, "longitude": longitude}})

    async def sends_contact(self, phone: str = "+84900000000", *, own: bool = True) -> Shown:
        """Sends a phone number, their own or somebody else's."""
        owner = {"user_id": self.id} if own else {}
        return await self._sends({"contact": {"phone_number": phone, "first_name": self.user["first_name"]} | owner})

    async def edits(self, message: Shown, text: str) -> Shown:
        """Changes the text of a message of their own."""
        self._acted = self._double.change(message, text=text, plain=text, entities=plain_text(text).entities)
        self._double.deliver("edited_message", self._double.message_json(message), lane=message.chat)
        return message

    async def deletes(self, message: Shown) -> None:
        """Deletes a message for both; the bot is not told."""
        self._acted = self._double.change(message, deleted=True)

    async def taps(self, label: str, *, within: float = 5.0, group: Group | None = None) -> Tap | Shown:
        """Taps the newest button with this label, waiting for it to appear; a reply keyboard types its label."""
        chat = group.id if group else self.id

        def newest() -> Shown | bool:
            shown = [each for each in self._double.screens[chat] if not each.deleted and _find(each.keyboard, label)]
            return shown[-1] if shown else _find(self._double.reply_keyboards.get(chat), label) is not None

        found = await self._double.bell.wait_until(newest, within)
        if found is True:
            return await self.says(label, group)
        assert isinstance(found, Shown), f"no button {label!r} on the phone of {self.id}:\n{self.phone()}"
        return await self.taps_message(found, label)

    async def taps_message(self, message: Shown, label: str, *, stale: bool = False) -> Tap:
        """Taps a button of this message; `stale` also finds one that was edited away a moment ago."""
        keyboards = [message.keyboard, *reversed(message.former_keyboards)] if stale else [message.keyboard]
        button = next(filter(None, (_find(keyboard, label) for keyboard in keyboards)), None)
        assert button, f"no button {label!r} under: {message}"
        assert "callback_data" in button, f"{label!r} tells the bot nothing: {button}"
        self._acted = self._double.serial
        tap = self._double.tap(self, message, button["callback_data"])
        await asyncio.sleep(0)
        return tap

    async def asks_inline(self, query: str, offset: str = "") -> Asked:
        """Types @bot and something behind it, in a chat the bot knows nothing of; `offset` scrolls on."""
        asked = self._double.asked(self, query, offset)
        await asyncio.sleep(0)
        return asked

    def chooses(self, message: Shown, label: str) -> str:
        """Taps a button that lets one choose a chat; what stands behind @bot there."""
        button = _find(message.keyboard, label)
        assert button, f"no button {label!r} under: {message}"
        return str(button["switch_inline_query_chosen_chat"]["query"])

    async def follows(self, address: str) -> Shown:
        """Opens a link to the bot."""
        name = self._double.bot_user["username"]
        match = re.fullmatch(rf"https://t\.me/{name}\?start=([A-Za-z0-9_-]{{1,64}})", address)
        assert match, f"no link to the bot: {address}"
        return await self.starts(match[1])

    async def blocks(self) -> None:
        """Blocks the bot; it is told by my_chat_member and sends in vain."""
        self._changes_membership("member", "kicked")

    async def unblocks(self) -> None:
        """Lets the bot write again."""
        self._changes_membership("kicked", "member")

    async def waits_for(
        self,
        what: str | Callable[[Shown], bool],
        within: float = 5.0,
        *,
        anywhere: bool = False,
        group: Group | None = None,
    ) -> Shown:
        """The newest message of the bot that holds `what`, sent or edited since this person last did something.

        `anywhere` also takes older ones. AssertionError with the whole screen when none comes in time.
        """
        chat = group.id if group else self.id
        holds = (lambda shown: what in shown.plain) if isinstance(what, str) else what

        def seen() -> Shown | None:
            shown = [each for each in self._double.screens[chat] if each.by_bot and not each.deleted]
            fresh = [each for each in shown if anywhere or each.serial > self._acted]
            return next((each for each in reversed(fresh) if holds(each)), None)

        found = await self._double.bell.wait_until(seen, within)
        assert found, f"{what!r} did not come within {within} s to the phone of {self.id}:\n{self.phone()}"
        return found

    async def _sends(self, content: Json, text: Formatted | None = None, group: Group | None = None) -> Shown:
        if self.has_blocked and not group:
            await self.unblocks()  # one cannot write to what one blocks
        self.started = self.started or not group
        text = text or Formatted("")
        shown = self._double.show(
            group or self, self.user, content=content, text=text.plain, plain=text.plain, entities=text.entities
        )
        self._acted = shown.serial
        self._double.deliver("message", self._double.message_json(shown), lane=shown.chat)
        await asyncio.sleep(0)
        return shown

    def _changes_membership(self, old: str, new: str) -> None:
        self.has_blocked = new == "kicked"
        self.started = True
        self._acted = self._double.serial
        me = self._double.bot_user

        def member(status: str) -> Json:
            return {"status": status, "user": me} | ({"until_date": 0} if status == "kicked" else {})

        body = {"chat": self.json, "from": self.user, "date": int(time.time())}
        body |= {"old_chat_member": member(old), "new_chat_member": member(new)}
        self._double.deliver("my_chat_member", body, lane=self.id + (5 << 33))
