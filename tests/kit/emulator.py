"""A second opinion: lo-bot-api-emulator on a free port, for running the same conversation against somebody else's double.

    async with Emulator() as emulator:
        person = emulator.person(7)
        await person.starts("vietqr-pay")
        await person.taps("Tiếp tục")
        assert emulator.refusals == []

People and what they see are those of `TelegramDouble`; what is taken and refused, and the way of the updates, are the
emulator's. It was written by others and is laxer: what passes both is not merely what we believe of Telegram.
It takes any kind of update in `allowed_updates` and can hand out message, callback_query and inline_query only.
"""

from __future__ import annotations

import asyncio
import copy
import json
import re
import time
from collections import defaultdict
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any, Self, cast

from aiohttp import web
from lo_bot_api_emulator import LoBotApiEmulator

from .telegram_world import Bell, Group, Person, Shown, Tap

if TYPE_CHECKING:
    from collections.abc import Callable

    from .telegram import TelegramDouble

Json = dict[str, Any]

KINDS = frozenset({"message", "callback_query", "inline_query"})
CONTENT = ("photo", "voice", "document")


@dataclass(frozen=True, slots=True)
class Sent:
    """One request the emulator has accepted: its method, what was asked and what was answered."""

    method: str
    fields: Json
    result: Any


class Emulator:
    """The running emulator. `sent` is every accepted request but the polls, `refusals` tells of the others in words."""

    def __init__(self, token: str = "1000000002:an-emulator-has-no-secret") -> None:
        self.token = token
        self.url = ""
        self.bot_user: Json = {"id": int(token.partition(":")[0]), "is_bot": True, "first_name": "Cầm Tay"}
        self.bot_user["username"] = "cam_tay_double_bot"
        self.sent: list[Sent] = []
        self.refusals: list[str] = []
        self.taps: list[Tap] = []
        self.screens: dict[int, list[Shown]] = defaultdict(list)
        self.reply_keyboards: dict[int, Json] = {}
        self.serial = 0
        self.bell = Bell()
        self._server = _Server(self)
        self.delivery = Delivery(self._server, token)
        self._runner = web.AppRunner(self._server.app(), access_log=None, shutdown_timeout=0.1)
        self._people: dict[int, Person] = {}

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.delivery.close()
        await self._runner.cleanup()

    def person(self, ident: int) -> Person:
        """Somebody with a phone; the same somebody for a known id."""
        if ident not in self._people:  # of a double a person needs nothing but what stands in this class
            self._people[ident] = Person(cast("TelegramDouble", self), ident, "vi", "Lan", "")
        return self._people[ident]

    def file(self, ident: str) -> bytes:
        """What was uploaded under this file_id."""
        return bytes(self._server.assets[ident]["data"])

    async def until(self, holds: Callable[[], Any], within: float = 5.0) -> None:
        """Waits until `holds()`; AssertionError when it does not come true."""
        assert await _wait(holds, within), f"did not come true within {within} s"

    # --- what a person does and sees

    def deliver(self, kind: str, body: Json, *, lane: int, kept: float = 0.0) -> None:
        """Queues an update; the emulator has one queue for all and forgets nothing, so `lane` and `kept` say nothing."""
        del lane, kept
        assert kind in KINDS, f"the emulator cannot hand out {kind}"
        self.delivery.add({kind: body})

    def tap(self, person: Person, message: Shown, data: str) -> Tap:
        """A tap of a person on a message, with the button's data."""
        ident = str(7_000_000_000_000 + len(self.taps))
        body = {"id": ident, "from": person.user, "message": self.message_json(message), "data": data}
        self.deliver("callback_query", body | {"chat_instance": str(message.chat)}, lane=message.chat)
        self.taps.append(Tap(ident, message, data, time.monotonic(), None, self.bell))
        return self.taps[-1]

    def show(self, chat: Person | Group, sender: Json, **what: Any) -> Shown:
        """A new message of a person; it takes its id from the same row as the bot's."""
        ident = self._server.next_id
        self._server.next_id += 1
        return self._shown(Shown(ident, chat.id, sender, sender["is_bot"], int(time.time()), **what))

    def change(self, shown: Shown, **what: Any) -> int:
        """Changes a message; returns the serial of the change."""
        if "keyboard" in what and shown.keyboard:
            shown.former_keyboards.append(shown.keyboard)
        shown.edits += "deleted" not in what
        for name, value in what.items():
            setattr(shown, name, value)
        self.serial += 1
        shown.serial = self.serial
        self.bell.ring()
        return self.serial

    def message_json(self, shown: Shown) -> Json:
        """A message as an update tells it."""
        chat = {"id": shown.chat, "type": "private", "first_name": "Lan"}
        body = {"message_id": shown.id, "from": shown.sender, "chat": chat, "date": shown.date} | shown.content
        body |= {"caption" if shown.content else "text": shown.plain} if shown.plain else {}
        body |= {"entities": list(shown.entities)} if shown.entities else {}
        return body | ({"reply_markup": shown.keyboard} if shown.keyboard else {})

    # --- what the bot does

    def took(self, method: str, fields: Json, result: Any) -> None:
        """An accepted request changes what the person sees."""
        self.sent.append(Sent(method, copy.deepcopy(fields), result))
        if method == "answerCallbackQuery":
            for tap in self.taps:
                if tap.id == fields["callback_query_id"]:
                    tap.answer = fields
        elif method.startswith("send"):
            self._sends(fields, result)
        elif method in {"editMessageReplyMarkup", "editMessageText", "deleteMessage"}:
            for shown in self.screens[int(fields["chat_id"])]:
                if shown.id == int(fields["message_id"]):
                    self.change(shown, **_changed(method, fields, result))

    def _sends(self, fields: Json, result: Json) -> None:
        chat, source = result["chat"]["id"], fields.get("text") or fields.get("caption") or ""
        markup = LoBotApiEmulator.decoded(fields.get("reply_markup")) or {}
        if "keyboard" in markup:
            self.reply_keyboards[chat] = markup
        keyboard = markup if markup.get("inline_keyboard") else None
        content = {kind: result[kind] for kind in CONTENT if kind in result}
        self._shown(
            Shown(
                result["message_id"],
                chat,
                self.bot_user,
                by_bot=True,
                date=result["date"],
                text=source,
                plain=_plain(source, fields),
                content=content,
                keyboard=keyboard,
            )
        )

    def _shown(self, shown: Shown) -> Shown:
        self.serial += 1
        shown.serial = self.serial
        self.screens[shown.chat].append(shown)
        self.bell.ring()
        return shown


class Delivery:
    """The emulator's queue of updates for one bot, seen as `TelegramDouble.delivery` is."""

    def __init__(self, server: LoBotApiEmulator, token: str) -> None:
        self._server = server
        self._token = token
        self._under_way: set[asyncio.Task[int]] = set()

    @property
    def polled(self) -> bool:
        """Whether a getUpdates request is waiting."""
        return bool(self._queue.polling)

    @property
    def webhook(self) -> str:
        """Where updates are pushed to."""
        return str(self._queue.url)

    @property
    def pending(self) -> list[Json]:
        """What was not confirmed yet."""
        return list(self._queue.updates)

    def add(self, update: Json) -> None:
        """Queues an update and, with a webhook, pushes it; in the order of the calls."""
        queueing = asyncio.create_task(self._server.enqueue_update(update, token=self._token))
        self._under_way.add(queueing)
        queueing.add_done_callback(self._under_way.discard)

    async def settled(self, seconds: float) -> bool:
        """Waits until every update is confirmed."""
        await _wait(lambda: not self._under_way and not self.pending, seconds)
        return not self.pending

    async def close(self) -> None:
        """Waits for what is under way; raises what the emulator refused to queue."""
        await asyncio.gather(*self._under_way)

    @property
    def _queue(self) -> Any:
        return self._server._update_queues._state(self._token)


class _Server(LoBotApiEmulator):  # type: ignore[misc]  # the package has no types
    """The emulator, with the name that every real bot has and with link previews, which it does not know."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(allow_insecure_loopback_webhooks=True)
        self._emulator = emulator

    def validate(self, method: str, fields: Json, uploads: Json) -> Any:
        given = dict(fields)
        if method in {"sendMessage", "editMessageText"}:
            fields.pop("link_preview_options", None)
        result = super().validate(method, fields, uploads)
        if method == "getMe":
            del result["capabilities"]
            return result | self._emulator.bot_user
        if method != "getUpdates":
            self._emulator.took(method, given, result)
        return result

    async def handle(self, request: web.Request) -> web.StreamResponse:
        answer: web.Response = await super().handle(request)
        if answer.status != web.HTTPOk.status_code:
            said = json.loads(answer.text or "{}")
            self._emulator.refusals.append(f"{request.match_info['method']}: {answer.status} {said['description']}")
        self._emulator.bell.ring()
        return answer


async def _wait(holds: Callable[[], Any], seconds: float) -> bool:
    """Whether it comes true within `seconds`. The emulator does not tell when its queue changes, so it is looked at."""
    ends = time.monotonic() + seconds
    while not holds() and time.monotonic() < ends:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    return bool(holds())


def _changed(method: str, fields: Json, result: Any) -> Json:
    """What a request changes of a message."""
    if method == "deleteMessage":
        return {"deleted": True}
    markup = result.get("reply_markup") or {}
    text = {"text": fields["text"], "plain": _plain(fields["text"], fields)} if method == "editMessageText" else {}
    return {"keyboard": markup if markup.get("inline_keyboard") else None} | text


def _plain(source: str, fields: Json) -> str:
    """What a person reads; the emulator leaves the markup as it is."""
    return unescape(re.sub(r"<[^<>]*>", "", source)) if fields.get("parse_mode") else source
