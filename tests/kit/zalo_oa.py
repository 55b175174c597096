"""A strict double of Zalo's Official Account API over real HTTP, with people who read, tap and type on their phones.

    async with ZaloOaDouble() as double:
        person = double.person("a7")
        await person.says("xin chào")
        await person.taps("Pha trà")
        assert double.violations == []

What it knows of the platform is what developers' notes agree on (docs/zalo.md): failures come with status 200 and an
`error`; a refresh token is good once and the old access token dies with it; at most five buttons, a tap comes back as a
text with the payload; a person may be written to for 48 hours, and for a price for seven days; 100 calls a minute;
events are signed, want 200 within two seconds, and come again only when nobody could be connected.
`violations` lists what a correct bot never does.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
import traceback
import unicodedata
from base64 import b64encode
from collections import defaultdict, deque
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, Self

import aiohttp
from aiohttp import web

from .phone import Phone
from .telegram_world import Bell
from .zalo_bot import Call, _hang_up
from .zalo_oa_rules import Refusal, check_buttons

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

APP = "4188211742353672000"
APP_SECRET = "app-secret-of-a-double"
OA_SECRET = "oa-secret-of-a-double"
OA = "2573115171237570000"
LONGEST = 2000
HOUR = 3_600_000
MINUTE = 60.0
SEND, UPLOAD, ME, TOKEN = "v3.0/oa/message/cs", "v2.0/oa/upload/image", "v2.0/oa/getoa", "v4/oa/access_token"
OLDER = "v2.0/oa/message"
PAGE = "<html><head><title>Attention Required! | Cloudflare</title></head></html>"

FaultKind = int | Literal["html", "cloudflare", "server_error", "http_error", "slow", "lost_answer", "cut", "cut_after"]
"""A number of Zalo's, or what happens on the way: a page of a gateway, 500 with JSON, late, never, cut before or after."""


@dataclass(slots=True)
class Fault:
    """A fault in waiting. `times` counts down, None means for ever; `hits` counts what it has struck."""

    path: str
    kind: FaultKind
    times: int | None
    seconds: float
    hits: int = 0


@dataclass(slots=True)
class Event:
    """Something that happened; `given` are the times when the bot was told, `answers` what it said."""

    body: Json
    given: list[float] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def confirmed(self) -> bool:
        """Whether the bot has it."""
        return 200 in self.answers


@dataclass(slots=True)
class Shown:
    """A message as the chat shows it."""

    id: str
    by_bot: bool
    text: str
    picture: bytes = b""
    buttons: tuple[Json, ...] = ()
    serial: int = 0

    @property
    def labels(self) -> list[str]:
        """The titles of its buttons."""
        return [button["title"] for button in self.buttons]

    def __str__(self) -> str:
        kinds = "[photo] " if self.picture else ""
        shown = "".join(f"\n    [{label}]" for label in self.labels)
        links = "".join(
            f"\n    -> {button['payload'].get('url') or button['payload'].get('phone_code')}"
            for button in self.buttons
            if isinstance(button["payload"], dict)
        )
        return f"{'Bot' if self.by_bot else 'Lan'}: {kinds}{self.text}{shown}{links}"


class ZaloOaDouble:
    """The server.

    `together`: words, picture and buttons are taken in one message; `echo`: what a tap brings; `mac`: how the signature
    is written; `stamp`: where the signed time stands; `per_minute`: calls that are allowed; `admin_echo`: also what the
    bot sends names a member of the staff; `ack`: seconds within which an event wants its answer.
    """

    def __init__(
        self,
        *,
        together: bool = True,
        echo: Literal["payload", "title"] = "payload",
        mac: Literal["mac=", ""] = "mac=",
        stamp: Literal["body", "header"] = "body",
        per_minute: int = 100,
        admin_echo: bool = False,
        ack: float = 2.0,
        retries: tuple[float, ...] = (0.05, 0.1, 0.2, 0.4),
        letters: bool = False,
    ) -> None:
        self.together, self.echo, self.mac, self.stamp = together, echo, mac, stamp
        self.per_minute, self.admin_echo, self.ack, self.retries = per_minute, admin_echo, ack, retries
        self.letters = letters
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.screens: dict[str, list[Shown]] = defaultdict(list)
        self.events: list[Event] = []
        self.pictures: dict[str, bytes] = {}
        self.webhook = ""
        self.charged = 0
        self.quota = 500
        self.bell = Bell()
        self.url = ""
        self.access, self.refresh = "access-0", "refresh-0"
        self.access_until = time.time() + 90_000
        self.codes: dict[str, str] = {}  # code -> challenge
        self.used: set[str] = set()  # refresh tokens
        self.life = 90_000
        self._people: dict[str, Person] = {}
        self._faults: list[Fault] = []
        self._serial = count(1)
        self._asked: deque[float] = deque()
        self._pushing: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self._client: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None

    # --- the server

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=4 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._client = aiohttp.ClientSession()
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
        call = Call(request.match_info["path"], {}, time.monotonic())
        self.calls.append(call)
        self.bell.ring()
        fault = self._struck_by(call)
        try:
            if fault and fault.kind in {"html", "cloudflare"}:
                call.status = 502 if fault.kind == "html" else 403
                return web.Response(text=PAGE, status=call.status, content_type="text/html")
            if fault and fault.kind == "cut":
                return _hang_up(request)
            if fault and isinstance(fault.kind, int):
                call.status = 200
                return web.json_response({"error": fault.kind, "message": f"refused, token {self.access}"})
            if fault and fault.kind == "server_error":
                call.status = 500
                return web.json_response({"error": -100, "message": "Internal"}, status=500)
            if call.method == TOKEN:
                answer = await self._give_tokens(request)
            else:
                answer = {"error": 0, "message": "Success", "data": await self._answer(request, call)}
        except Refusal as refusal:
            if refusal.by_mistake:
                self.violations.append(f"{call.method}: {refusal.words}")
            answer = {"error": refusal.code, "message": refusal.words}
        except Exception:  # noqa: BLE001 - a bug of the double must fail the test, not the bot
            self.violations.append(f"the double broke at {call.method}: {traceback.format_exc()}")
            answer = {"error": -100, "message": "broken"}
        finally:
            self.bell.ring()
        if fault and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if fault and fault.kind == "lost_answer":
            await self._closing.wait()
        if fault and fault.kind in {"lost_answer", "cut_after"}:
            return _hang_up(request)
        call.status = 200
        return web.json_response(answer)

    async def _answer(self, request: web.Request, call: Call) -> Json:
        self._check_token(request)
        now = time.monotonic()
        while self._asked and self._asked[0] < now - MINUTE:
            self._asked.popleft()
        if len(self._asked) >= self.per_minute:
            raise Refusal(-32, "Application has reached limit call api", by_mistake=True)
        self._asked.append(now)
        if call.method == ME and request.method == "GET":
            return {"oa_id": OA, "name": "Cầm Tay", "oa_type": 2, "is_verified": True, "package_name": "Growth"}
        if call.method == UPLOAD and request.method == "POST":
            return await self._upload(request)
        if call.method == SEND and request.method == "POST":
            if request.content_type != "application/json":
                raise Refusal(-201, "JSON is the way", by_mistake=True)
            call.body = await request.json()
            return self._send(call.body)
        if call.method == OLDER:
            raise Refusal(-240, "API is not supported any more")
        raise Refusal(-201, f"no such call: {request.method} {call.method}", by_mistake=True)

    def _check_token(self, request: web.Request) -> None:
        shown = request.headers.get("access_token", "")
        if shown != self.access:
            raise Refusal(-216, "Access token is invalid")
        if time.time() > self.access_until:
            raise Refusal(-220, "Access token has expired")
        proof = request.headers.get("appsecret_proof")
        right = hmac.new(APP_SECRET.encode(), shown.encode(), hashlib.sha256).hexdigest()
        if proof is not None and proof != right:
            raise Refusal(-242, "appsecret_proof is invalid", by_mistake=True)

    def _struck_by(self, call: Call) -> Fault | None:
        for fault in self._faults:
            if fault.path in {"*", call.method} and fault.times != 0:
                fault.times = fault.times - 1 if fault.times else None
                fault.hits += 1
                call.fault = str(fault.kind)
                return fault
        return None

    # --- tokens

    async def _give_tokens(self, request: web.Request) -> Json:
        if request.content_type != "application/x-www-form-urlencoded" or request.method != "POST":
            raise Refusal(-14000, "a form is the way", by_mistake=True)
        form = await request.post()
        if form.get("app_id") != APP or request.headers.get("secret_key") != APP_SECRET:
            return {"error": -14004, "error_name": "Invalid app or secret key"}
        if form.get("grant_type") == "authorization_code":
            challenge = self.codes.pop(str(form.get("code")), "")
            digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
            if not challenge or b64encode(digest).decode().rstrip("=") != challenge:
                return {"error": -14003, "error_name": "Invalid code or code verifier"}
        elif form.get("grant_type") == "refresh_token":
            if form.get("refresh_token") in self.used:
                self.violations.append("a refresh token was used twice")
            if form.get("refresh_token") != self.refresh:
                return {"error": -14014, "error_name": "Invalid refresh token"}
            self.used.add(self.refresh)
        else:
            raise Refusal(-14000, "unknown grant", by_mistake=True)
        serial = next(self._serial)
        self.access, self.refresh = f"access-{serial}", f"refresh-{serial}"
        self.access_until = time.time() + self.life
        return {"access_token": self.access, "refresh_token": self.refresh, "expires_in": str(self.life)}

    def consents(self, challenge: str) -> str:
        """A human has allowed it: the code that stands in the address they come back to."""
        code = f"code-{next(self._serial)}"
        self.codes[code] = challenge
        return code

    def expire(self) -> None:
        """The access token is over."""
        self.access_until = 0

    def revoke(self) -> None:
        """The account takes it all back."""
        self.access = self.refresh = f"nobody-knows-{next(self._serial)}"

    # --- messages

    async def _upload(self, request: web.Request) -> Json:
        form = await request.post()
        file = form.get("file")
        data = file.file.read() if isinstance(file, web.FileField) else b""
        if data[:4] not in {b"\x89PNG", b"\xff\xd8\xff\xe0"}:
            raise Refusal(-201, "file is invalid. We only support png and jpeg", by_mistake=True)
        if len(data) > 1_000_000:
            raise Refusal(-210, "file is too large", by_mistake=True)
        ident = f"picture-{next(self._serial)}"
        self.pictures[ident] = data
        return {"attachment_id": ident}

    def _send(self, body: Json) -> Json:
        if set(body) != {"recipient", "message"} or set(body["recipient"]) != {"user_id"}:
            raise Refusal(-201, f"bad body: {sorted(body)}", by_mistake=True)
        chat, message = body["recipient"]["user_id"], body["message"]
        person = self._people.get(chat)
        if not isinstance(chat, str) or person is None:
            raise Refusal(-201, "user_id is invalid", by_mistake=True)
        if unknown := set(message) - {"text", "attachment"} or not message:
            raise Refusal(-201, f"unknown fields {unknown}", by_mistake=True)
        text = self._text(message)
        picture, buttons = self._template(message, text)
        age = time.time() * 1000 - person.acted_at
        if person.left:
            raise Refusal(-213, "User has not followed OA")
        if age > 7 * 24 * HOUR:
            raise Refusal(-230, "User has not interacted with the OA in the past 7 days")
        free = age <= 48 * HOUR
        if not free:
            if self.quota <= 0:
                raise Refusal(-211, "Out of quota")
            self.quota -= 1
            self.charged += 1
        shown = self.show(chat, text, by_bot=True, picture=picture, buttons=buttons)
        admin = {"admin_id": "99"} if self.admin_echo else {}
        self.happens(self.echo_of(chat, shown.id, text, **admin))
        quota = {"quota_type": "reply" if free else "sub_quota", "remain": str(self.quota), "total": "500"}
        return {"message_id": shown.id, "user_id": chat, "quota": quota}

    def _text(self, message: Json) -> str:
        text: str = message.get("text", "")
        if "text" in message:
            length = len(text) if self.letters else len(text.encode("utf-16-le", "surrogatepass")) // 2
            if not isinstance(text, str) or not 1 <= length <= LONGEST:
                raise Refusal(-210, f"text has {length} characters", by_mistake=True)
            if text != unicodedata.normalize("NFC", text):
                self.violations.append("text is not composed (NFC)")
        return text

    def _template(self, message: Json, text: str) -> tuple[bytes, tuple[Json, ...]]:
        attachment = message.get("attachment")
        if attachment is None:
            return b"", ()
        if set(attachment) != {"type", "payload"} or attachment["type"] != "template":
            raise Refusal(-201, "bad attachment", by_mistake=True)
        payload = attachment["payload"]
        if unknown := set(payload) - {"template_type", "elements", "buttons"}:
            raise Refusal(-201, f"unknown fields {unknown}", by_mistake=True)
        if payload.get("template_type") == "list":
            raise Refusal(-201, "template_type is not supported")
        buttons = tuple(payload.get("buttons", ()))
        check_buttons(buttons, "buttons" in payload)
        picture = b""
        if "template_type" in payload:
            (element,) = payload["elements"]
            known = ({"media_type", "attachment_id"}, {"media_type", "url"})
            if payload["template_type"] != "media" or set(element) not in known:
                raise Refusal(-201, "bad media", by_mistake=True)
            by_address = element.get("url", "").startswith("https://") and element["url"].encode()
            picture = by_address or self.pictures.get(element.get("attachment_id"), b"")
            if not picture:
                raise Refusal(-201, "attachment_id is invalid")
            if buttons and not self.together:
                raise Refusal(-201, "buttons beside media")
        elif not text:
            raise Refusal(-201, "buttons need a text", by_mistake=True)
        return picture, buttons

    # --- events

    def echo_of(self, chat: str, message: str, text: str, **admin: str) -> Json:
        """What the account itself said."""
        said = {"msg_id": message, "text": text}
        return {"event_name": "oa_send_text", "sender": {"id": OA, **admin}, "recipient": {"id": chat}, "message": said}

    def happens(self, body: Json) -> Event:
        """Something happened that the bot is to hear of."""
        event = Event({"app_id": APP, "timestamp": str(int(time.time() * 1000)), **body})
        self.events.append(event)
        self.push(event)
        self.bell.ring()
        return event

    def push(self, event: Event) -> None:
        """Brings an event to the webhook, if there is one; also once more."""
        if self.webhook:
            task = asyncio.create_task(self._push(event))
            self._pushing.add(task)
            task.add_done_callback(self._pushing.discard)

    def signed(
        self, body: Json, *, app: str = "", at: str = "", secret: str = OA_SECRET
    ) -> tuple[bytes, dict[str, str]]:
        """An event as bytes, and its headers."""
        raw = json.dumps(body, ensure_ascii=False).encode()
        at = at or str(body.get("timestamp"))
        digest = hashlib.sha256((app or APP).encode() + raw + at.encode() + secret.encode()).hexdigest()
        headers = {"X-ZEvent-Signature": f"{self.mac}{digest}", "Content-Type": "application/json"}
        return raw, headers | ({"X-ZEvent-Timestamp": at} if self.stamp == "header" else {})

    async def _push(self, event: Event) -> None:
        assert self._client
        at = str(int(event.body["timestamp"]) + 7) if self.stamp == "header" else ""
        raw, headers = self.signed(event.body, at=at)
        for pause in (*self.retries, None):
            begun = time.monotonic()
            event.given.append(begun)
            try:
                async with self._client.post(self.webhook, data=raw, headers=headers) as answer:
                    event.answers.append(answer.status)
            except aiohttp.ClientConnectionError:
                if pause is None:
                    self.webhook = ""  # Zalo gives up, and switches it off
                    return
                await asyncio.sleep(pause)
                continue
            finally:
                self.bell.ring()
            if (took := time.monotonic() - begun) > self.ack:
                self.violations.append(f"the webhook took {took:.1f} s")
            return

    # --- what tests use

    def fault(self, path: str, kind: FaultKind, *, times: int | None = 1, seconds: float = 1.0) -> Fault:
        """The next `times` calls of `path` ("*" for all) meet this fault."""
        made = Fault(path, kind, times, seconds)
        self._faults.append(made)
        return made

    def person(self, ident: str, *, started: bool = False) -> Person:
        """Somebody new, or the same somebody for a known id; `started` says they have written before."""
        made = self._people.setdefault(ident, Person(self, ident))
        if started:
            made.acted_at = time.time() * 1000
        return made

    def calls_of(self, path: str) -> list[Call]:
        """The calls of one path."""
        return [call for call in self.calls if call.method == path]

    async def until(self, holds: Callable[[], Any], within: float = 5.0) -> None:
        """Waits until `holds()`; AssertionError when it does not come true."""
        assert await self.bell.wait_until(holds, within), f"did not come true within {within} s"

    async def settled(self, within: float = 5.0) -> bool:
        """Waits until the bot has got every event."""
        return await self.bell.wait_until(lambda: all(each.confirmed for each in self.events), within)

    def show(
        self, chat: str, text: str, *, by_bot: bool, picture: bytes = b"", buttons: tuple[Json, ...] = ()
    ) -> Shown:
        """A new message in a chat."""
        serial = next(self._serial)
        shown = Shown(f"{serial:020x}", by_bot, text, picture, buttons, serial)
        self.screens[chat].append(shown)
        self.bell.ring()
        return shown


class Person(Phone[Shown]):
    """Somebody with a phone. `acted_at`: when they last did something, in milliseconds."""

    def __init__(self, double: ZaloOaDouble, ident: str) -> None:
        super().__init__(double, ident, double.screens[ident])
        self.acted_at = 0.0
        self.left = False
        self._double = double

    async def says(self, text: str) -> Event:
        """Types a text."""
        return self._does("user_send_text", text, {"text": text})

    async def taps(self, label: str) -> Event:
        """Taps the newest button with that label."""
        for shown in reversed(self.screen):
            for button in shown.buttons:
                if button["title"] == label and button["type"].startswith("oa.query"):
                    text = button["payload"] if self._double.echo == "payload" else label
                    return self._does("user_send_text", text, {"text": text})
        raise AssertionError(f"no button {label!r}:\n{self.phone()}")

    async def sends(self, kind: str, text: str = "") -> Event:
        """Sends something else: image, sticker, audio, file, location, business_card, video or link."""
        more: Json = {"text": text} if text else {}
        return self._does(
            f"user_send_{kind}",
            f"[{kind}]",
            {"attachments": [{"type": kind, "payload": {"url": "https://zalo.example/1"}}], **more},
        )

    async def follows(self, *, again: bool = True) -> Event:
        """Follows the account, or leaves it."""
        self.left = not again
        if again:
            self.acted_at = time.time() * 1000
        name = "follow" if again else "unfollow"
        return self._double.happens({"event_name": name, "oa_id": OA, "follower": {"id": self.id}})

    def event(self, name: str, content: Json, *, ident: str = "", **more: Any) -> Json:
        """An event as the platform tells it."""
        message = {"msg_id": ident or f"m{next(self._double._serial):08x}", **content}
        about = {"sender": {"id": self.id}, "recipient": {"id": OA}, "user_id_by_app": f"app-{self.id}"}
        return {"event_name": name, **about, "message": message, **more}

    def hears_staff(self, text: str = "Chào bác, cháu là nhân viên") -> Event:
        """Somebody of the staff writes to them by hand."""
        shown = self._double.show(self.id, text, by_bot=False)
        return self._double.happens(self._double.echo_of(self.id, shown.id, text, admin_id="99"))

    def _does(self, name: str, shown: str, content: Json) -> Event:
        self.acted_at = time.time() * 1000
        self._acted = self._double.show(self.id, shown, by_bot=False).serial
        return self._double.happens(self.event(name, content))
