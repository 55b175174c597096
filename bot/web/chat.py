"""The web chat: the page, what it posts, and the stream that tells open pages of new messages."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Protocol

from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from bot.channel.base import Incoming, What
from bot.engine.chat import Chat
from bot.service.conversation import NotStored
from bot.store import chats, outbox
from bot.web import guard, person
from bot.web.pages import SIZES, View
from bot.web.shown import shown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractContextManager

    from starlette.requests import Request

    from bot.web.app import Bot
    from bot.web.pages import Pages
    from bot.web.person import Person
    from bot.web.shown import Shown

CHANNEL = "web"

MOST_SHOWN = 120
"""Outbox rows that make up a page; older messages are left out."""

KEEP_ALIVE = 15
"""Seconds of silence after which a stream says that it is still there."""

RETRY, RETRY_LATER = 3_000, 30_000
"""Milliseconds after which a page whose stream ended comes back: usually, and when there are too many or a fault."""

PATIENCE = 20
"""Seconds to wait until something is stored, before the person is asked to try again."""

TWICE = 10_000
"""Milliseconds within which the same link opened again is the same wish: two taps, or two tabs at once."""

SIZE = "size"
"""Cookie and field: the chosen size of letters."""

AFTER = "x-after"
"""Header of a post by the page's script: the newest row it shows. It wants only what is new."""

_BUTTON = re.compile(r"[A-Za-z0-9_-]{1,16}")
_ROW = re.compile(r"\d{1,19}")
_PLACE = re.compile(r"[a-z0-9][a-z0-9_/-]{0,120}")


class Listener(Protocol):
    """One open page: `event` is set when there may be something new; `ended`: no more will come."""

    event: asyncio.Event
    ended: bool


class Door(Protocol):
    """What is used of the web channel."""

    accept: Callable[[Incoming], Awaitable[None]] | None

    def listen(self, chat: str) -> AbstractContextManager[Listener]:
        """Hear of new messages while the block lasts."""


class WebChat:
    """The chat with everybody who comes by browser."""

    def __init__(self, bot: Bot, pages: Pages, door: Door) -> None:
        self._bot = bot
        self._pages = pages
        self._door = door

    async def page(self, request: Request) -> Response:
        """The chat. Somebody new is greeted before they see it."""
        if request.method == "HEAD":
            return HTMLResponse()
        guide = request.query_params.get("guide", "")
        if guide:
            return await self._open(request, guide, "")
        who = person.known(request) or person.newcomer()
        view = await self.view(request, who)
        first = not view.shown
        if first:
            await self._say(request, who, "/start")
            view = await self.view(request, who)
        response = HTMLResponse(self._pages.chat(view, first=first), headers={"cache-control": "no-store"})
        self._remember(response, who)
        return response

    async def link(self, request: Request) -> Response:
        """A forwarded link to a guide or to one step of it."""
        if request.method == "HEAD":
            return HTMLResponse()
        return await self._open(request, request.path_params["guide"], request.path_params.get("step", ""))

    async def enter(self, request: Request, payload: str) -> Response:
        """Open what a link carries, and show the chat."""
        return await self._enter(request, person.known(request) or person.newcomer(), payload)

    async def post(self, request: Request) -> Response:
        """A tap, typed words, or another size of letters."""
        if not guard.comes_from_here(request, self._bot.config.public_url):
            raise HTTPException(403)
        who = person.known(request)
        if who is None:
            raise HTTPException(400)
        fields = await guard.form(request)
        if fields.get(SIZE) in SIZES:
            response = _to_newest()
            response.set_cookie(SIZE, fields[SIZE], max_age=person.YEAR, samesite="lax", secure=self._secure)
            return response
        tap, text = fields.get("tap", ""), fields.get("text", "").strip()
        message = fields.get("message", "")
        message = message if _ROW.fullmatch(message) else ""
        external = who.external(fields.get("nonce", ""), tap, message, text)
        language = _spoken(request, self._bot.config.language)
        if _BUTTON.fullmatch(tap):
            tapped = Incoming(
                CHANNEL, who.chat, external, _now(), What.TAP, tap=tap, message=message, language=language
            )
            await self._take(tapped)
        elif text:
            await self._take(Incoming(CHANNEL, who.chat, external, _now(), What.TEXT, text, language=language))
        if AFTER not in request.headers:
            return _to_newest()
        view = await self.view(request, who)
        part = self._pages.part(view, _row(request.headers[AFTER]))
        return HTMLResponse(part, headers={"cache-control": "no-store"})

    async def events(self, request: Request) -> Response:
        """New messages as they come, for as long as the page is open."""
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        who = person.known(request)
        if who is None:
            raise HTTPException(400)
        after = _row(request.headers.get("last-event-id") or request.query_params.get("after", ""))
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(self._stream(request, who, after), 200, headers, "text/event-stream")

    async def view(self, request: Request, who: Person) -> View:
        """What this person sees now."""
        async with self._bot.database.read() as connection:
            key = f"{CHANNEL}:{who.chat}"
            chat = (await chats.load(connection, [key]))[0].get(key)
            rows = await outbox.history(connection, CHANNEL, who.chat, most=MOST_SHOWN)
        return self._view(request, chat, who, shown(rows))

    def stranger(self, request: Request) -> View:
        """A page for somebody we need not know, without asking the database."""
        return self._view(request, None, person.newcomer(), [])

    def _view(self, request: Request, chat: Chat | None, who: Person, messages: list[Shown]) -> View:
        house = self._bot.conversation.house
        if chat is None:
            language = _spoken(request, self._bot.config.language)
            language = language if language in house.library.languages else self._bot.config.language
            chat = Chat(f"{CHANNEL}:{who.chat}", CHANNEL, who.chat, language, 0, 0)
        size = request.cookies.get(SIZE, "")
        return View(house.speaker(chat), size if size in SIZES else SIZES[0], messages, chat.number)

    @property
    def _secure(self) -> bool:
        return self._bot.config.public_url.startswith("https:")

    def _remember(self, response: Response, who: Person) -> None:
        person.remember(response, who, secure=self._secure)

    async def _open(self, request: Request, guide: str, step: str) -> Response:
        """Open a guide and show the chat; a link tapped twice opens it once."""
        who = person.known(request) or person.newcomer()
        place = f"{guide}__{step.replace('/', '-')}" if step else guide
        if not _PLACE.fullmatch(place):
            raise HTTPException(404)
        return await self._enter(request, who, place)

    async def _enter(self, request: Request, who: Person, payload: str) -> Response:
        await self._say(request, who, f"/start {payload}")
        response = _to_newest()
        self._remember(response, who)
        return response

    async def _say(self, request: Request, who: Person, text: str) -> None:
        """Say something for the person. Pages loaded twice at the same time say it once."""
        external = who.external("page", str(_now() // TWICE), text)
        await self._take(
            Incoming(
                CHANNEL,
                who.chat,
                external,
                _now(),
                What.TEXT,
                text,
                language=_spoken(request, self._bot.config.language),
            )
        )

    async def _take(self, incoming: Incoming) -> None:
        """Hand it to the bot. Raises NotStored."""
        accept = self._door.accept
        if accept is None:
            raise NotStored
        try:
            async with asyncio.timeout(PATIENCE):
                await accept(incoming)
        except TimeoutError:
            raise NotStored from None

    async def _stream(self, request: Request, who: Person, after: int) -> AsyncIterator[str]:
        try:
            with self._door.listen(who.chat) as listener:
                yield f"retry: {RETRY if not listener.ended else RETRY_LATER}\n\n"
                while not listener.ended:
                    listener.event.clear()
                    view = await self.view(request, who)
                    if view.latest > after:
                        yield _event(view.latest, self._pages.part(view, after))
                        after = view.latest
                    try:
                        async with asyncio.timeout(KEEP_ALIVE):
                            await listener.event.wait()
                    except TimeoutError:
                        yield ":\n\n"
        except (DBAPIError, OSError):
            yield f"retry: {RETRY_LATER}\n\n"


def _event(row: int, html: str) -> str:
    lines = "".join(f"data: {line}\n" for line in html.splitlines() if line.strip())
    return f"id: {row}\n{lines}\n"


def _to_newest() -> Response:
    return RedirectResponse("/#newest", 303, {"cache-control": "no-store"})


def _row(value: str) -> int:
    return int(value) if _ROW.fullmatch(value) else 0


def _spoken(request: Request, ours: str) -> str:
    """The language of the browser: `ours` if it stands anywhere among its languages, else the first of them."""
    accepted = request.headers.get("accept-language", "").split(",")
    asked = [part.partition(";")[0].partition("-")[0].strip().lower() for part in accepted]
    return ours if ours in asked else asked[0]


def _now() -> int:
    return time.time_ns() // 1_000_000
