"""A strict double of the Zalo Bot API over real HTTP, with people who read and type on their phones.

    async with ZaloBotDouble() as double:
        person = double.person("a7")
        await person.says("xin chào")
        await person.waits_for("Cầm Tay")
        assert double.violations == []

What it knows of the platform is what developers' notes agree on (docs/zalo.md): ids are strings, dates milliseconds;
a poll gives one update, an idle one is a 408, and consumed updates are given again; a webhook gets a secret of 8 to 256
characters and one of two envelopes; texts have 1 to 2,000 units of UTF-16; pictures are fetched by their address.
`violations` lists what a correct bot never does.
"""

from __future__ import annotations

import asyncio
import time
import traceback
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from .phone import Phone
from .telegram_world import Bell

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Json = dict[str, Any]

TOKEN = "1459232241454765289:a-double-has-no-secret"
LONGEST = 2000
STYLES = frozenset(
    {
        *("b", "i", "u", "s", "f_13", "f_15", "f_18", "f_20", "lst_1", "lst_2"),
        *("c_050a19", "c_15a85f", "c_f7b503", "c_f27806", "c_db342e", "ind_1", "ind_2", "ind_3", "ind_4", "ind_5"),
    }
)
FIELDS = {
    "getMe": (),
    "getUpdates": ("timeout",),
    "setWebhook": ("url", "secret_token"),
    "deleteWebhook": (),
    "getWebhookInfo": (),
    "sendMessage": ("chat_id", "text", "parse_mode", "text_styles"),
    "sendPhoto": ("chat_id", "photo", "caption"),
    "sendVoice": ("chat_id", "voice_url"),
    "sendChatAction": ("chat_id", "action"),
}
"""Methods, in their very letters, and what each takes."""

FaultKind = Literal[
    "flood",  # 429
    "unauthorized",  # 401
    "forbidden",  # 403, which calls itself an internal error
    "refused",  # 400
    "unknown",  # 404
    "server_error",  # 500 as JSON
    "html",  # a page of a gateway instead of JSON
    "cloudflare",  # the same, with 403
    "slow",  # does it, answers late
    "lost_answer",  # does it, never answers
    "cut",  # hangs up, does nothing
    "cut_after",  # does it, then hangs up
]
_REFUSING = {
    "flood": (429, "Too many requests"),
    "unauthorized": (401, "Unauthorized"),
    "forbidden": (403, "Internal server error"),
    "refused": (400, "Bad request"),
    "unknown": (404, "Not Found"),
    "server_error": (500, "Internal server error"),
}
_PAGES = {"html": 502, "cloudflare": 403}


class Refusal(Exception):
    """The platform says no. `by_mistake`: a correct bot would not have asked."""

    def __init__(self, code: int, words: str, *, by_mistake: bool = True) -> None:
        super().__init__(words)
        self.code = code
        self.words = words
        self.by_mistake = by_mistake


@dataclass(slots=True)
class Call:
    """One request of the bot. `status` stays None while unanswered, or for ever after a cut."""

    method: str
    body: Json
    at: float
    status: int | None = None
    fault: str = ""


@dataclass(slots=True)
class Fault:
    """A fault in waiting. `times` counts down, None means for ever; `hits` counts what it has struck."""

    method: str
    kind: FaultKind
    times: int | None
    seconds: float
    hits: int = 0


@dataclass(slots=True)
class Update:
    """Something that happened; `given` are the times when the bot got it."""

    body: Json
    given: list[float] = field(default_factory=list)
    confirmed: bool = False


@dataclass(slots=True)
class Shown:
    """A message as the chat shows it."""

    id: str
    by_bot: bool
    text: str
    picture: bytes = b""
    styles: tuple[Json, ...] = ()
    serial: int = 0

    @property
    def large(self) -> str:
        """The words in larger letters."""
        raw = self.text.encode("utf-16-le")
        return "".join(
            raw[2 * each["start"] : 2 * (each["start"] + each["len"])].decode("utf-16-le")
            for each in self.styles
            if {"f_18", "f_20"} & set(each["st"])
        )

    def __str__(self) -> str:
        kinds = "[photo] " if self.picture else ""
        return f"{'Bot' if self.by_bot else 'Lan'}: {kinds}{self.text}"


class ZaloBotDouble:
    """The server. `replays`: consumed updates are given again; `envelope`: how the webhook is told.

    `messages` is how many the plan has left, None for no limit.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        replays: bool = True,
        envelope: Literal["bare", "wrapped"] = "wrapped",
        messages: int | None = None,
        retry_seconds: float = 0.05,
        retries: int = 20,
        units: Literal["utf-16", "letters"] = "utf-16",
    ) -> None:
        self.token = token
        self.replays = replays
        self.envelope = envelope
        self.messages = messages
        self.units = units
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.screens: dict[str, list[Shown]] = defaultdict(list)
        self.updates: list[Update] = []
        self.webhook: tuple[str, str] | None = None
        self.bell = Bell()
        self.url = ""
        self._people: dict[str, Person] = {}
        self._faults: list[Fault] = []
        self._serial = count(1)
        self._again = 0
        self._polls = 0
        self._retry = (retry_seconds, retries)
        self._pushing: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self._client: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self._answers: dict[str, Callable[[Json], Awaitable[Any]]] = {
            "getMe": self._get_me,
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._get_webhook_info,
            "sendMessage": self._send_message,
            "sendPhoto": self._send_photo,
            "sendVoice": self._send_voice,
            "sendChatAction": self._send_chat_action,
        }

    # --- the server

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._client = aiohttp.ClientSession(headers={"User-Agent": "Java/1.8.0_192"})
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        self.bell.ring()
        for task in self._pushing:
            task.cancel()
        await asyncio.gather(*self._pushing, return_exceptions=True)
        if self._client:
            await self._client.close()
        if self._runner:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        call = Call(request.match_info["method"], {}, time.monotonic())
        self.calls.append(call)
        self.bell.ring()
        fault: Fault | None = None
        try:
            call.body = await self._read(request, call.method)
            fault = self._struck_by(call)
            _refuse(fault)
            if fault and fault.kind in _PAGES:
                call.status = _PAGES[fault.kind]
                page = "<html><head><title>Attention Required! | Cloudflare</title></head></html>"
                return web.Response(text=page, status=call.status, content_type="text/html")
            if fault and fault.kind == "cut":
                return _hang_up(request)
            result = await self._answers[call.method](call.body)
        except Refusal as refusal:
            if refusal.by_mistake:
                self.violations.append(f"{call.method}: {refusal.words}")
            call.status = refusal.code
            body = {"ok": False, "error_code": refusal.code, "description": refusal.words}
            return web.json_response(body, status=refusal.code)
        except Exception:  # noqa: BLE001 - a bug of the double must fail the test, not the bot
            self.violations.append(f"the double broke at {call.method}: {traceback.format_exc()}")
            return web.json_response({"ok": False, "error_code": 500, "description": "broken"}, status=500)
        finally:
            self.bell.ring()
        if fault and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if fault and fault.kind == "lost_answer":
            await self._closing.wait()
        if fault and fault.kind in {"lost_answer", "cut_after"}:
            return _hang_up(request)
        call.status = 200
        return web.json_response({"ok": True} | ({} if result is None else {"result": result}))

    async def _read(self, request: web.Request, method: str) -> Json:
        if request.match_info["token"] != self.token:
            raise Refusal(401, "Unauthorized")
        if method not in FIELDS:
            raise Refusal(404, "Not Found")
        if request.method != "POST" or request.content_type != "application/json":
            raise Refusal(400, "POST with JSON is the way")
        try:
            body = await request.json()
        except ValueError:
            raise Refusal(400, "can't parse JSON object") from None
        if not isinstance(body, dict):
            raise Refusal(400, "can't parse JSON object")
        if unknown := set(body) - set(FIELDS[method]):
            self.violations.append(f"{method} knows no {sorted(unknown)}")
        return body

    def _struck_by(self, call: Call) -> Fault | None:
        for fault in self._faults:
            if fault.method in {"*", call.method} and fault.times != 0:
                fault.times = fault.times - 1 if fault.times else None
                fault.hits += 1
                call.fault = fault.kind
                return fault
        return None

    # --- what tests use

    def fault(self, method: str, *, kind: FaultKind, times: int | None = 1, seconds: float = 1.0) -> Fault:
        """The next `times` calls of `method` ("*" for all) meet this fault."""
        made = Fault(method, kind, times, seconds)
        self._faults.append(made)
        return made

    def person(self, ident: str, *, started: bool = False) -> Person:
        """Somebody new, or the same somebody for a known id; `started` says they have written before."""
        made = self._people.setdefault(ident, Person(self, ident))
        made.started = made.started or started
        return made

    def calls_of(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self.calls if call.method == method]

    @property
    def polled(self) -> bool:
        """Whether a poll is waiting."""
        return self._polls > 0

    async def until(self, holds: Callable[[], Any], within: float = 5.0) -> None:
        """Waits until `holds()`; AssertionError when it does not come true."""
        assert await self.bell.wait_until(holds, within), f"did not come true within {within} s"

    async def settled(self, within: float = 5.0) -> bool:
        """Waits until the bot has got every update."""
        return await self.bell.wait_until(lambda: all(each.confirmed for each in self.updates), within)

    def happens(self, event: Json) -> Update:
        """Something happened that the bot is to hear of."""
        update = Update(event)
        self.updates.append(update)
        self.push(update)
        self.bell.ring()
        return update

    def push(self, update: Update, **headers: str) -> None:
        """Brings an update to the webhook, if there is one; also once more."""
        if self.webhook:
            task = asyncio.create_task(self._push(update, *self.webhook, headers))
            self._pushing.add(task)
            task.add_done_callback(self._pushing.discard)

    async def _push(self, update: Update, url: str, secret: str, headers: Json) -> None:
        pause, retries = self._retry
        body = {"ok": True, "result": update.body} if self.envelope == "wrapped" else update.body
        assert self._client
        for _ in range(retries):
            update.given.append(time.monotonic())
            try:
                shown = {"X-Bot-Api-Secret-Token": secret} | headers
                async with self._client.post(url, json=body, headers=shown) as answer:
                    if answer.status == 200:
                        update.confirmed = True
                        self.bell.ring()
                        return
            except aiohttp.ClientError:
                pass
            self.bell.ring()
            await asyncio.sleep(pause)
            pause *= 2

    def show(self, chat: str, text: str, *, by_bot: bool, picture: bytes = b"", styles: tuple[Json, ...] = ()) -> Shown:
        """A new message in a chat."""
        serial = next(self._serial)
        shown = Shown(f"{int(time.time() * 1000):x}{serial:06x}", by_bot, text, picture, styles, serial)
        self.screens[chat].append(shown)
        self.bell.ring()
        return shown

    # --- methods

    async def _get_me(self, _: Json) -> Json:
        ident = self.token.partition(":")[0]
        return {"id": ident, "account_name": "bot.camtay", "account_type": "BASIC", "can_join_groups": False}

    async def _get_updates(self, body: Json) -> Json:
        if self.webhook:
            raise Refusal(400, "Webhook is set, delete it first")
        if self._polls:
            self.violations.append("two pollers at once")
        timeout = body.get("timeout", 30)
        self._polls += 1
        self.bell.ring()
        try:
            update = await self.bell.wait_until(self._next, float(timeout))
        finally:
            self._polls -= 1
        if update is None or self._closing.is_set():
            raise Refusal(408, "Request timeout", by_mistake=False)
        update.given.append(time.monotonic())
        update.confirmed = True
        return update.body

    def _next(self) -> Update | None:
        """The next update for a poll: a new one, else one that was given before."""
        new = next((each for each in self.updates if not each.confirmed), None)
        if new or not self.replays or not self.updates:
            return new
        self._again += 1
        return self.updates[self._again % len(self.updates)]

    async def _set_webhook(self, body: Json) -> Json:
        url, secret = body.get("url", ""), body.get("secret_token", "")
        split = urlsplit(str(url))
        if split.scheme != "https" and split.hostname != "127.0.0.1":  # the real one takes no address of this machine
            raise Refusal(400, "url must be a valid HTTPS URL")
        if not isinstance(secret, str) or not 8 <= len(secret) <= 256:
            raise Refusal(400, "secret_token must have 8 to 256 characters")
        self.webhook = (url, secret)
        return {"url": url, "updated_at": int(time.time() * 1000)}

    async def _delete_webhook(self, _: Json) -> Json:
        self.webhook = None
        return {"url": "", "updated_at": int(time.time() * 1000)}

    async def _get_webhook_info(self, _: Json) -> Json:
        if not self.webhook:
            raise Refusal(404, "Not Found", by_mistake=False)
        return {"url": self.webhook[0], "updated_at": int(time.time() * 1000)}

    async def _send_message(self, body: Json) -> Json:
        text = self._text(body.get("text"), "text", least=1)
        styles = body.get("text_styles") or []
        for each in styles:
            fits = isinstance(each, dict) and set(each) == {"start", "len", "st"} and set(each["st"]) <= STYLES
            if not fits or not 0 <= each["start"] < each["start"] + each["len"] <= _units(text):
                raise Refusal(400, f"bad text_styles: {each}")
        return self._sent(body, text, styles=tuple(styles))

    async def _send_photo(self, body: Json) -> Json:
        caption = self._text(body.get("caption", ""), "caption", least=0)
        self._chat(body)
        assert self._client
        try:
            async with self._client.get(str(body.get("photo", ""))) as answer:
                picture, status, kind = await answer.read(), answer.status, answer.content_type
        except (aiohttp.ClientError, ValueError):
            raise Refusal(400, "photo cannot be fetched", by_mistake=False) from None
        if status != 200 or kind not in {"image/png", "image/jpeg"} or picture[:4] not in {b"\x89PNG", b"\xff\xd8\xff"}:
            raise Refusal(400, f"photo is none: {status} {kind}", by_mistake=False)
        return self._sent(body, caption, picture=picture)

    async def _send_voice(self, body: Json) -> Json:
        address = str(body.get("voice_url", ""))
        if not urlsplit(address).path.endswith(".aac"):
            raise Refusal(400, "voice_url must end in .aac")
        self._chat(body)
        assert self._client
        try:
            async with self._client.get(address) as answer:
                sound, status = await answer.read(), answer.status
        except (aiohttp.ClientError, ValueError):
            raise Refusal(400, "voice cannot be fetched", by_mistake=False) from None
        if status != 200 or sound[:1] != b"\xff" or sound[1:2] not in {b"\xf1", b"\xf9"}:  # the sync word of ADTS
            raise Refusal(400, f"voice is none: {status}", by_mistake=False)
        return self._sent(body, "[voice]")

    async def _send_chat_action(self, body: Json) -> None:
        self._chat(body)
        if body.get("action") != "typing":
            raise Refusal(400, "action must be typing")

    def _text(self, text: object, what: str, *, least: int) -> str:
        if not isinstance(text, str):
            raise Refusal(400, f"{what} is no text")
        length = _units(text) if self.units == "utf-16" else len(text)
        if not least <= length <= LONGEST:
            raise Refusal(400, f"{what} must have {least} to {LONGEST} characters, it has {length}")
        if text != unicodedata.normalize("NFC", text):
            self.violations.append(f"{what} is not composed (NFC)")
        return text

    def _chat(self, body: Json) -> str:
        chat = body.get("chat_id")
        if not isinstance(chat, str) or chat not in self._people or not self._people[chat].started:
            raise Refusal(400, "chat_id is not known")
        return chat

    def _sent(self, body: Json, text: str, *, picture: bytes = b"", styles: tuple[Json, ...] = ()) -> Json:
        chat = self._chat(body)
        if self.messages is not None:
            if self.messages <= 0:
                raise Refusal(429, "Quota exceeded", by_mistake=False)
            self.messages -= 1
        shown = self.show(chat, text, by_bot=True, picture=picture, styles=styles)
        return {"message_id": shown.id, "date": int(time.time() * 1000)}


class Person(Phone[Shown]):
    """Somebody with a phone. Writing first is what opens the chat for the bot."""

    def __init__(self, double: ZaloBotDouble, ident: str) -> None:
        super().__init__(double, ident, double.screens[ident])
        self.started = False
        self._double = double

    async def says(self, text: str) -> Update:
        """Types a text."""
        return self._happens("message.text.received", text, {"text": text})

    async def sends_photo(self, caption: str = "") -> Update:
        """Sends a picture; the field is named `photo` in the documentation and `photo_url` in what was seen."""
        more = {"caption": caption} if caption else {}
        return self._happens("message.image.received", "[photo]", {"photo_url": "https://zalo.example/1.jpg", **more})

    async def sends_sticker(self) -> Update:
        """Sends a sticker."""
        return self._happens("message.sticker.received", "[sticker]", {"sticker": "bfe4"})

    async def sends_voice(self) -> Update:
        """Speaks."""
        return self._happens("message.voice.received", "[voice]", {"voice_url": "https://zalo.example/1.aac"})

    async def sends_unsupported(self) -> Update:
        """Sends something that bots do not get."""
        return self._happens("message.unsupported.received", "[?]", {})

    async def says_in_group(self, text: str, group: str) -> Update:
        """Names the bot in a group."""
        return self._double.happens(self.event("message.text.received", {"text": text}, group=group))

    def event(self, name: str, content: Json, *, group: str = "", ident: str = "", date: int = 0) -> Json:
        """An event as the platform tells it."""
        serial = next(self._double._serial)
        message = {
            "from": {"id": self.id, "display_name": "Lan", "is_bot": False},
            "chat": {"id": group or self.id, "chat_type": "GROUP" if group else "PRIVATE"},
            "message_id": ident or f"m{serial:08x}",
            "date": date or int(time.time() * 1000),
        }
        return {"event_name": name, "message": message | content}

    def _happens(self, name: str, shown: str, content: Json) -> Update:
        self.started = True
        self._acted = self._double.show(self.id, shown, by_bot=False).serial
        return self._double.happens(self.event(name, content))


def _refuse(fault: Fault | None) -> None:
    if fault and fault.kind in _REFUSING:
        code, words = _REFUSING[fault.kind]
        raise Refusal(code, words, by_mistake=False)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _hang_up(request: web.Request) -> web.Response:
    """Cuts the connection; what is returned reaches nobody."""
    if request.transport:
        request.transport.abort()
    return web.Response()
