"""A strict double of the Telegram Bot API over real HTTP, with people who read and tap on their phones.

    async with TelegramDouble() as double:
        bot = telegram.Bot(double.token, base_url=f"{double.url}/bot")
        person = double.person(7, language="vi", first_name="Lan")
        await person.says("/start")
        await person.waits_for("Xin chào")
        await person.taps("Tiếp tục")
        assert double.violations == []

`calls` records every request with its time; `violations` lists what a correct bot never does. Not modelled: privacy
mode of groups, the 48 hours of deleteMessage, flood limits (see `busiest`), a blocked chat for anything but sending.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import traceback
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Self

from aiohttp import BodyPartReader, web

from .telegram_rules import (
    CAPTION_LIMIT,
    CHAT_ACTIONS,
    FILE_LIMIT,
    METHODS,
    Arguments,
    Formatted,
    Json,
    RefusalError,
    bad,
    check_answer,
    is_voice,
    photo_size,
    read_arguments,
    read_markup,
    read_text,
)
from .telegram_world import MESSAGE_KEPT, Asked, Bell, Delivery, Group, Person, Shown, Tap, Update

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

TOKEN = "1000000001:a-double-has-no-secret"
BOT_ID = 1_000_000_001
QUERY_INVALID = "query is too old and response timeout expired or query ID is invalid"
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)

FaultKind = Literal[
    "flood",  # 429 with retry_after
    "blocked",
    "deactivated",
    "kicked",
    "chat_not_found",
    "migrated",  # 400 with migrate_to_chat_id
    "unauthorized",
    "conflict",
    "server_error",  # 5xx as JSON
    "html",  # a page of a proxy instead of JSON
    "slow",  # does it, answers late
    "lost_answer",  # does it, never answers
    "cut",  # hangs up, does nothing
    "cut_after",  # does it, then hangs up
]
_REFUSING: dict[str, tuple[int, str]] = {
    "blocked": (403, "Forbidden: bot was blocked by the user"),
    "deactivated": (403, "Forbidden: user is deactivated"),
    "kicked": (403, "Forbidden: bot was kicked from the group chat"),
    "chat_not_found": (400, "Bad Request: chat not found"),
    "migrated": (400, "Bad Request: group chat was upgraded to a supergroup chat"),
    "unauthorized": (401, "Unauthorized"),
    "conflict": (
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    ),
}
_ANSWERED_TRUE = frozenset(
    [
        "setchatmenubutton",
        "setmydefaultadministratorrights",
        "pinchatmessage",
        "unpinchatmessage",
        "unpinallchatmessages",
        "leavechat",
        "setmessagereaction",
    ]
)
_PROFILE = {"name": 64, "description": 512, "short_description": 120}


@dataclass(slots=True)
class Call:
    """One request of the bot. `at` is monotonic; `status` stays None while unanswered or for ever after a cut."""

    method: str
    arguments: Json
    at: float
    chat: int | None = None
    status: int | None = None
    description: str = ""
    result: Any = None
    fault: str = ""


@dataclass(slots=True)
class Fault:
    """A fault in waiting. `times` counts down, None means for ever; `hits` counts what it has struck."""

    method: str
    chat: int | None
    kind: FaultKind
    times: int | None
    retry_after: int
    seconds: float
    status: int
    migrate_to: int | None
    hits: int = 0

    def end(self) -> None:
        """From now on all is well."""
        self.times = 0


class TelegramDouble:
    """The server. `answer_within` is how long a tap may wait for its answer, `tap_kept` how long it is delivered.

    `retry_seconds` is the first pause between webhook attempts, doubling; the real server begins with one second.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        username: str = "cam_tay_double_bot",
        answer_within: float = 15.0,
        tap_kept: float = 150.0,
        retry_seconds: float = 0.05,
        first_update_id: int = 100_001,
    ) -> None:
        self.token = token
        self.bot_user: Json = {"id": BOT_ID, "is_bot": True, "first_name": "Cầm Tay", "username": username}
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.taps: list[Tap] = []
        self.queries: list[Asked] = []
        self.screens: dict[int, list[Shown]] = defaultdict(list)
        self.reply_keyboards: dict[int, Json] = {}
        self.files: dict[str, bytes] = {}
        self.commands: dict[tuple[str, str], list[Json]] = {}  # by scope and language
        self.profile: dict[tuple[str, str], str] = {}  # name, description, short_description by language
        self.serial = 0
        self.on_its_way = 0.1  # seconds for which something may still arrive that was sent before a 429
        self.bell = Bell()
        self.delivery = Delivery(
            first_update_id,
            self.bell,
            retry_seconds=retry_seconds,
            call=self._called_in_answer,
            note=self.violations.append,
        )
        self._answer_within = answer_within
        self._tap_kept = tap_kept
        self._chats: dict[int, Person | Group] = {}
        self._file_bodies: dict[str, tuple[str, Json]] = {}
        self._faults: list[Fault] = []
        self._quiet: dict[int | None, tuple[float, float]] = {}  # chat, or None for all: answered with 429, free again
        self._ids = iter(range(1, 2**31))
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self.url = ""
        self._answers: dict[str, Callable[[Arguments], Awaitable[Any]]] = {
            "getme": self._get_me,
            "getfile": self._get_file,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._get_webhook_info,
            "sendmessage": self._send_message,
            "sendphoto": self._send_photo,
            "sendvoice": self._send_voice,
            "senddocument": self._send_document,
            "sendchataction": self._send_chat_action,
            "editmessagetext": self._edit_text,
            "editmessagecaption": self._edit_caption,
            "editmessagereplymarkup": self._edit_markup,
            "deletemessage": self._delete_message,
            "answercallbackquery": self._answer_tap,
            "answerinlinequery": self._answer_asked,
            "setmycommands": self._set_commands,
            "getmycommands": self._get_commands,
            "deletemycommands": self._delete_commands,
        }
        for what in _PROFILE:
            self._answers[f"setmy{what.replace('_', '')}"] = partial(self._set_profile, what)
            self._answers[f"getmy{what.replace('_', '')}"] = partial(self._get_profile, what)

    # --- the server -------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2 * FILE_LIMIT)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self.delivery.close()
        if self._runner:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"].lower()
        call = Call(METHODS[name].__api_method__ if name in METHODS else name, {}, time.monotonic())
        self.calls.append(call)
        self.bell.ring()
        try:
            self._check_address(request)
            raw, files = await _body(request)
            chat = str(raw.get("chat_id", ""))
            call.arguments, call.chat = raw, int(chat) if re.fullmatch(r"-?\d+", chat) else None
            self._check_quiet(call)
            fault = self._struck_by(call)
            if fault and (early := await self._fault_before(fault, call, request)) is not None:
                return early
            call.result = await self._answer(name, call, files, lambda: request.transport is None)
            if fault and fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
            if not fault or fault.kind == "slow":
                call.status = 200
        except RefusalError as refusal:
            return self._refused(call, refusal)
        except Exception:  # noqa: BLE001 - a bug of the double must fail the test, not the bot
            self.violations.append(f"the double broke at {call.method}: {traceback.format_exc()}")
            return self._refused(call, RefusalError("Internal Server Error", status=500, by_mistake=False))
        finally:
            self.bell.ring()
        if fault and fault.kind == "lost_answer":
            await self._closing.wait()
        if call.status is None:
            return _hang_up(request)
        return web.json_response({"ok": True, "result": call.result})

    async def _called_in_answer(self, arguments: Json) -> None:
        """A method in the answer to a webhook is carried out; the bot never hears how it went."""
        name = str(arguments.pop("method", "")).lower()
        if name.startswith("send"):
            self.violations.append(f"a webhook answer carries {name}: the outbox would never hear how it went")
        call = Call(METHODS[name].__api_method__ if name in METHODS else name, arguments, time.monotonic())
        self.calls.append(call)
        try:
            self._check_method(name)
            call.result = await self._answer(name, call, {}, lambda: False)
            call.status = 200
        except RefusalError as refusal:
            self._refused(call, refusal)
        finally:
            self.bell.ring()

    def _check_address(self, request: web.Request) -> None:
        if request.match_info["token"] != self.token:
            raise RefusalError("Unauthorized", status=401)
        self._check_method(request.match_info["method"].lower())

    @staticmethod
    def _check_method(name: str) -> None:
        if name not in METHODS:
            raise RefusalError("Not Found: method not found", status=404)

    async def _answer(self, name: str, call: Call, files: dict[str, bytes], gone: Callable[[], bool]) -> Any:
        arguments = read_arguments(METHODS[name], call.arguments, files)
        call.arguments = arguments.values
        if name == "getupdates":
            result: Any = await self.delivery.poll(arguments.values, gone)
        elif name in self._answers:
            result = await self._answers[name](arguments)
        elif name in _ANSWERED_TRUE:
            result = True
        else:
            raise RefusalError(f"Not Implemented: the double does not know {call.method}", status=501)
        self.violations += [f"{call.method}: {note}" for note in arguments.notes]
        check_answer(METHODS[name], {"ok": True, "result": result})
        return result

    def _refused(self, call: Call, refusal: RefusalError) -> web.Response:
        if refusal.by_mistake:
            self.violations.append(f"{call.method}: {refusal.description}")
        call.status, call.description = refusal.status, refusal.description
        body: Json = {"ok": False, "error_code": refusal.status, "description": refusal.description}
        headers = {}
        if refusal.parameters:
            body["parameters"] = refusal.parameters
            if "retry_after" in refusal.parameters:
                headers["Retry-After"] = str(refusal.parameters["retry_after"])
        return web.json_response(body, status=refusal.status, headers=headers)

    async def _download(self, request: web.Request) -> web.Response:
        data = self.files.get(request.match_info["path"])
        if request.match_info["token"] != self.token or data is None:
            raise web.HTTPNotFound
        return web.Response(body=data)

    # --- faults -----------------------------------------------------------------------------------------------------

    def fault(
        self,
        method: str,
        *,
        chat: int | None = None,
        kind: FaultKind,
        times: int | None = 1,
        retry_after: int = 1,
        seconds: float = 1.0,
        status: int = 502,
        migrate_to: int | None = None,
    ) -> Fault:
        """The next `times` calls of `method` ("*" for all), in `chat` or anywhere, meet this fault."""
        made = Fault(method, chat, kind, times, retry_after, seconds, status, migrate_to)
        self._faults.append(made)
        return made

    def _struck_by(self, call: Call) -> Fault | None:
        for fault in self._faults:
            meets = fault.method in {"*", call.method} and fault.chat in {None, call.chat}
            if meets and fault.times != 0:
                fault.times = fault.times - 1 if fault.times else None
                fault.hits += 1
                call.fault = fault.kind
                return fault
        return None

    async def _fault_before(self, fault: Fault, call: Call, request: web.Request) -> web.StreamResponse | None:
        """What strikes before the call is carried out; None when it is carried out."""
        if fault.kind == "flood":
            now = time.monotonic()
            self._quiet[fault.chat] = (now, now + fault.retry_after)
            raise _too_many(fault.retry_after)
        if fault.kind == "migrated":
            to = fault.migrate_to or -(10**12) + (call.chat or 0)
            self.group(to, "moved")
            status, words = _REFUSING[fault.kind]
            raise RefusalError(words, status=status, parameters={"migrate_to_chat_id": to}, by_mistake=False)
        if fault.kind in _REFUSING:
            status, words = _REFUSING[fault.kind]
            raise RefusalError(words, status=status, by_mistake=False)
        if fault.kind == "server_error":
            raise RefusalError("Internal Server Error: restart", status=fault.status, by_mistake=False)
        if fault.kind == "html":
            page = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
            call.status = fault.status
            return web.Response(text=page, status=fault.status, content_type="text/html")
        return _hang_up(request) if fault.kind == "cut" else None

    def _check_quiet(self, call: Call) -> None:
        """While retry_after runs, everything sent is refused again; sending at all then is a violation."""
        if not call.method.startswith(("send", "edit")):
            return
        for chat in {call.chat, None} & set(self._quiet):
            began, ends = self._quiet[chat]
            if call.at < ends - 0.02:
                if call.at > began + self.on_its_way:
                    self.violations.append(f"{call.method} came {ends - call.at:.1f} s before retry_after had passed")
                raise _too_many(max(1, round(ends - call.at)))

    # --- what tests look at -----------------------------------------------------------------------------------------

    def person(
        self, ident: int, *, language: str = "vi", first_name: str = "Lan", username: str = "", started: bool = False
    ) -> Person:
        """Somebody new, or the same somebody for a known id; `started` says they have written before."""
        known = self._chats.get(ident)
        made = known if isinstance(known, Person) else Person(self, ident, language, first_name, username)
        made.started = made.started or started
        self._chats[ident] = made
        return made

    def group(self, ident: int, title: str = "Tổ công nghệ số") -> Group:
        """A group the bot is a member of."""
        made = self._chats[ident] = Group(ident, title)
        return made

    def calls_of(self, method: str, chat: int | None = None) -> list[Call]:
        """The calls of one method, in a chat or anywhere."""
        return [call for call in self.calls if call.method == method and chat in {None, call.chat}]

    async def until(self, holds: Callable[[], Any], within: float = 5.0) -> None:
        """Waits until `holds()`, looked at after every call; AssertionError when it does not come true."""
        assert await self.bell.wait_until(holds, within), f"did not come true within {within} s"

    def busiest(self, chat: int | None = None, seconds: float = 1.0) -> int:
        """The most messages sent within any `seconds`, to one chat or to all together; also the refused ones."""
        calls = [call for call in self.calls if call.method.startswith("send") and call.method != "sendChatAction"]
        times = sorted(call.at for call in calls if chat in {None, call.chat})
        return max((bisect_right(times, at + seconds) - index for index, at in enumerate(times)), default=0)

    def forget_files(self) -> None:
        """Every file_id the bot knows stops working, as after a change of its token."""
        self._file_bodies.clear()

    # --- what people do ---------------------------------------------------------------------------------------------

    def deliver(self, kind: str, body: Json, *, lane: int, kept: float = MESSAGE_KEPT) -> Update | None:
        """Hands an update to the bot; None when it did not ask for this kind."""
        return self.delivery.add(kind, body, lane=lane, kept=kept)

    def tap(self, person: Person, message: Shown, data: str) -> Tap:
        """A tap of a person on a message, with the button's data."""
        ident = str(7_000_000_000_000 + len(self.taps))
        body = {"id": ident, "from": person.user, "message": self.message_json(message), "data": data}
        body["chat_instance"] = str(message.chat)
        update = self.deliver("callback_query", body, lane=person.id + (3 << 33), kept=self._tap_kept)
        self.taps.append(Tap(ident, message, data, time.monotonic(), update, self.bell))
        return self.taps[-1]

    def asked(self, person: Person, query: str, offset: str) -> Asked:
        """Somebody types behind @bot. Queries are not ordered with the messages of a chat."""
        ident = str(8_000_000_000_000 + len(self.queries))
        body = {"id": ident, "from": person.user, "query": query, "offset": offset, "chat_type": "private"}
        self.queries.append(Asked(ident, query, time.monotonic(), self.bell))
        self.deliver("inline_query", body, lane=int(ident), kept=self._tap_kept)
        return self.queries[-1]

    def show(self, chat: Person | Group, sender: Json, **what: Any) -> Shown:
        """A new message in a chat."""
        self.serial += 1
        shown = Shown(next(self._ids), chat.id, sender, sender["is_bot"], int(time.time()), serial=self.serial, **what)
        self.screens[chat.id].append(shown)
        self.bell.ring()
        return shown

    def change(self, shown: Shown, **what: Any) -> int:
        """Changes a message; returns the serial of the change."""
        if "deleted" not in what:
            shown.edits += 1
            shown.edited_at = int(time.time())
        if shown.keyboard and what.get("keyboard", shown.keyboard) != shown.keyboard:
            shown.former_keyboards.append(shown.keyboard)
        for name, value in what.items():
            setattr(shown, name, value)
        self.serial += 1
        shown.serial = self.serial
        self.bell.ring()
        return self.serial

    def message_json(self, shown: Shown) -> Json:
        """A message as the Bot API tells it."""
        chat = self._chats[shown.chat].json
        body: Json = {"message_id": shown.id, "from": shown.sender, "chat": chat, "date": shown.date} | shown.content
        text, entities = ("caption", "caption_entities") if shown.content else ("text", "entities")
        body |= {text: shown.plain} if shown.plain else {}
        body |= {entities: list(shown.entities)} if shown.entities else {}
        body |= {"reply_markup": shown.keyboard} if shown.keyboard else {}
        body |= {"edit_date": shown.edited_at} if shown.edited_at else {}
        return body

    def keep(self, kind: str, data: bytes) -> Any:
        """Stores a file; returns what a message of this kind says about it, for a photo the list of its sizes."""
        ident = f"{kind}-{len(self.files) + 1}"
        self.files[ident] = data
        body: Any = {"file_id": ident, "file_unique_id": f"unique-{ident}", "file_size": len(data)}
        if kind == "photo":
            width, height = photo_size(data)
            body = [body | {"width": width, "height": height}]
        elif kind == "voice":
            body |= {"duration": 1}
        self._file_bodies[ident] = (kind, body)
        return body

    # --- methods ----------------------------------------------------------------------------------------------------

    async def _get_me(self, _: Arguments) -> Json:
        flags = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": True}
        return self.bot_user | flags

    async def _set_webhook(self, arguments: Arguments) -> bool:
        await self.delivery.set_webhook(arguments.values)
        return True

    async def _delete_webhook(self, arguments: Arguments) -> bool:
        await self.delivery.set_webhook(arguments.values | {"url": ""})
        return True

    async def _get_webhook_info(self, _: Arguments) -> Json:
        return self.delivery.webhook_info()

    async def _get_file(self, arguments: Arguments) -> Json:
        ident = arguments.values["file_id"]
        if ident not in self.files:
            raise bad("wrong file_id or the file is temporarily unavailable", by_mistake=False)
        about = {"file_id": ident, "file_unique_id": f"unique-{ident}", "file_size": len(self.files[ident])}
        return about | {"file_path": ident}

    async def _send_message(self, arguments: Arguments) -> Json:
        values = arguments.values
        text = read_text(values["text"], values.get("parse_mode"), values.get("entities"))
        return self._send(arguments, {}, values["text"], text)

    async def _send_photo(self, arguments: Arguments) -> Json:
        return self._send_file("photo", arguments)

    async def _send_voice(self, arguments: Arguments) -> Json:
        return self._send_file("voice", arguments)

    async def _send_document(self, arguments: Arguments) -> Json:
        return self._send_file("document", arguments)

    def _send_file(self, kind: str, arguments: Arguments) -> Json:
        caption = _caption(arguments)
        self._chat(arguments.values, sending=True)
        return self._send(arguments, {kind: self._file(kind, arguments)}, arguments.values.get("caption", ""), caption)

    def _file(self, kind: str, arguments: Arguments) -> Any:
        """An uploaded file becomes a new file_id; a file_id must be known and of this kind."""
        value = arguments.values[kind]
        if value.startswith("attach://"):
            data = arguments.files.get(value.removeprefix("attach://"))
            if data is None:
                raise bad(f"there is no {kind} in the request")
            if not data:
                raise bad("file must be non-empty")
            if kind == "voice" and not is_voice(data):
                arguments.notes.append(
                    "neither OGG with Opus, nor MP3, nor M4A: arrives as a file, not as a voice note"
                )
            return self.keep(kind, data)
        if value.startswith(("http://", "https://")):
            raise bad("failed to get HTTP URL content")
        if value not in self._file_bodies:
            raise bad("wrong file identifier/HTTP URL specified", by_mistake=False)
        known, body = self._file_bodies[value]
        if known != kind:
            raise bad(f"can't use file of type {known.title()} as {kind.title()}")
        return body

    def _send(self, arguments: Arguments, content: Json, source: str, text: Formatted) -> Json:
        values, notes = arguments.values, arguments.notes
        markup = (
            read_markup(values["reply_markup"], inline_only=False, notes=notes) if "reply_markup" in values else None
        )
        chat = self._chat(values, sending=True)
        reply_to = (values.get("reply_parameters") or {}).get("message_id") or values.get("reply_to_message_id")
        if reply_to and not any(each.id == reply_to and not each.deleted for each in self.screens[chat.id]):
            if not (values.get("reply_parameters") or values).get("allow_sending_without_reply"):
                raise bad("message to be replied not found", by_mistake=False)
            reply_to = None
        notes += text.notes
        inline = markup if markup and "inline_keyboard" in markup else None
        if markup and "keyboard" in markup:
            self.reply_keyboards[chat.id] = markup
        elif markup and markup.get("remove_keyboard"):
            self.reply_keyboards.pop(chat.id, None)
        shown = self.show(
            chat,
            self.bot_user,
            content=content,
            text=source,
            plain=text.plain,
            entities=text.entities,
            keyboard=inline,
            reply_to=reply_to,
        )
        return self.message_json(shown)

    def _chat(self, values: Json, *, sending: bool = False) -> Person | Group:
        chat_id = str(values.get("chat_id", ""))
        chat = self._chats.get(int(chat_id)) if re.fullmatch(r"-?\d+", chat_id) else None
        if chat is None or (isinstance(chat, Person) and not chat.started):
            raise bad("chat not found")
        if sending and isinstance(chat, Person) and chat.has_blocked:
            raise RefusalError(_REFUSING["blocked"][1], status=403, by_mistake=False)
        return chat

    async def _send_chat_action(self, arguments: Arguments) -> bool:
        if arguments.values["action"] not in CHAT_ACTIONS:
            raise bad("wrong parameter action in request")
        self._chat(arguments.values, sending=True)
        return True

    async def _edit_text(self, arguments: Arguments) -> Json:
        values = arguments.values
        text = read_text(values.get("text", ""), values.get("parse_mode"), values.get("entities"))
        shown = self._mine(values, "edit")
        if shown.content:
            raise bad("there is no text in the message to edit")
        return self._edit(shown, arguments, values["text"], text)

    async def _edit_caption(self, arguments: Arguments) -> Json:
        caption = _caption(arguments)
        shown = self._mine(arguments.values, "edit")
        if not shown.content:
            raise bad("there is no caption in the message to edit")
        return self._edit(shown, arguments, arguments.values.get("caption", ""), caption)

    async def _edit_markup(self, arguments: Arguments) -> Json:
        shown = self._mine(arguments.values, "edit")
        return self._edit(shown, arguments, shown.text, Formatted(shown.plain, shown.entities))

    def _mine(self, values: Json, purpose: str) -> Shown:
        """The message of this bot that shall be edited or deleted."""
        if "message_id" not in values:
            raise bad("message identifier is not specified")
        chat = self._chat(values)
        shown = next((each for each in self.screens[chat.id] if each.id == values["message_id"]), None)
        if shown is None or shown.deleted:
            raise bad(f"message to {purpose} not found", by_mistake=False)
        if purpose == "edit" and not shown.by_bot:
            raise bad("message can't be edited")
        return shown

    def _edit(self, shown: Shown, arguments: Arguments, source: str, text: Formatted) -> Json:
        markup = arguments.values.get("reply_markup")
        keyboard = read_markup(markup, inline_only=True, notes=arguments.notes) if markup is not None else None
        if (text.plain, text.entities, keyboard) == (shown.plain, shown.entities, shown.keyboard):
            raise bad(NOT_MODIFIED, by_mistake=False)
        arguments.notes += text.notes
        self.change(shown, text=source, plain=text.plain, entities=text.entities, keyboard=keyboard)
        return self.message_json(shown)

    async def _delete_message(self, arguments: Arguments) -> bool:
        self.change(self._mine(arguments.values, "delete"), deleted=True)
        return True

    async def _answer_tap(self, arguments: Arguments) -> bool:
        """Once, and in time; a second answer is excused only when the tap itself was delivered twice."""
        values = arguments.values
        if len(values.get("text", "")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        tap = next((tap for tap in self.taps if tap.id == values["callback_query_id"]), None)
        if tap is None:
            raise bad(QUERY_INVALID)
        if tap.answer is not None:
            raise bad(QUERY_INVALID, by_mistake=tap.update is None or len(tap.update.sent) < 2)
        if time.monotonic() > tap.at + self._answer_within:
            raise bad(QUERY_INVALID, by_mistake=False)
        tap.answer = values
        return True

    async def _answer_asked(self, arguments: Arguments) -> bool:
        """Once, in time, at most 50 results, each with an id of its own; texts and keyboards as of messages."""
        values = arguments.values
        asked = next((each for each in self.queries if each.id == values["inline_query_id"]), None)
        if asked is None or asked.answer is not None:
            raise bad(QUERY_INVALID)
        if time.monotonic() > asked.at + self._answer_within:
            raise bad(QUERY_INVALID, by_mistake=False)
        results = values["results"]
        idents = [each["id"] for each in results]
        if len(results) > 50:
            raise bad("RESULTS_TOO_MUCH")
        if len(values.get("next_offset") or "") > 64:
            raise bad("NEXT_OFFSET_INVALID")
        if len({*idents}) < len(idents):
            raise bad("RESULT_ID_DUPLICATE")
        for each in results:
            if not 1 <= len(each["id"].encode()) <= 64:
                raise bad("RESULT_ID_INVALID")
            if content := each.get("input_message_content"):
                text = read_text(content["message_text"], content.get("parse_mode"), content.get("entities"))
                arguments.notes += text.notes
            if markup := each.get("reply_markup"):
                read_markup(markup, inline_only=True, notes=arguments.notes)
        asked.answer = values
        return True

    async def _set_commands(self, arguments: Arguments) -> bool:
        commands = arguments.values["commands"]
        if len(commands) > 100:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not re.fullmatch(r"/?[a-z0-9_]{1,32}", command["command"]):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                empty = not command["description"]
                raise bad(f"command description {'must be non-empty' if empty else 'length must not exceed 256'}")
        self.commands[_scope(arguments)] = commands
        return True

    async def _get_commands(self, arguments: Arguments) -> list[Json]:
        return self.commands.get(_scope(arguments), [])

    async def _delete_commands(self, arguments: Arguments) -> bool:
        self.commands.pop(_scope(arguments), None)
        return True

    async def _set_profile(self, what: str, arguments: Arguments) -> bool:
        text = arguments.values.get(what) or ""
        if len(text) > _PROFILE[what]:
            raise bad(f"BOT_{what.upper()}_TOO_LONG")
        self.profile[what, arguments.values.get("language_code") or ""] = text
        return True

    async def _get_profile(self, what: str, arguments: Arguments) -> Json:
        return {what: self.profile.get((what, arguments.values.get("language_code") or ""), "")}


def _caption(arguments: Arguments) -> Formatted:
    values = arguments.values
    source, mode = values.get("caption") or "", values.get("parse_mode")
    return read_text(source, mode, values.get("caption_entities"), limit=CAPTION_LIMIT)


def _scope(arguments: Arguments) -> tuple[str, str]:
    scope = json.dumps(arguments.values.get("scope") or {"type": "default"}, sort_keys=True)
    return scope, arguments.values.get("language_code") or ""


def _too_many(retry_after: int) -> RefusalError:
    words = f"Too Many Requests: retry after {retry_after}"
    return RefusalError(words, status=429, parameters={"retry_after": retry_after}, by_mistake=False)


def _hang_up(request: web.Request) -> web.Response:
    """Cuts the connection; what is returned reaches nobody."""
    if request.transport:
        request.transport.abort()
    return web.Response()


async def _body(request: web.Request) -> tuple[Json, dict[str, bytes]]:
    """Fields and files of a request in any of the three encodings, with those of the address."""
    fields: Json = dict(request.query)
    files: dict[str, bytes] = {}
    if request.content_type == "application/json":
        try:
            body = await request.json() if request.can_read_body else {}
        except ValueError:
            raise bad("can't parse request JSON object") from None
        if not isinstance(body, dict):
            raise bad("object expected")
        fields |= body
    elif request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or not part.name:
                raise bad("can't parse multipart form data")
            data = await part.read(decode=True)
            if part.filename is None:
                fields[part.name] = data.decode()
            elif len(data) > FILE_LIMIT:
                raise RefusalError("Request Entity Too Large", status=413)
            else:
                files[part.name] = bytes(data)
    else:
        fields |= dict(await request.post())
    return fields, files
