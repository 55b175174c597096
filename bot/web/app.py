"""The Starlette application: which address leads where, and what is said when something is wrong."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol, cast

from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from bot.service.conversation import NotStored
from bot.web import media
from bot.web.chat import CHANNEL, Door, WebChat
from bot.web.given import Given
from bot.web.go import Go
from bot.web.guard import Headers
from bot.web.handout import Handouts
from bot.web.pages import Pages
from bot.web.state import State
from bot.web.verify import Certificates
from bot.web.watch import Watch
from bot.web.why import Reasons

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from bot.channel.base import Channel
    from bot.config import Config
    from bot.service.conversation import Conversation
    from bot.service.sender import Sender
    from bot.store.database import Database
    from bot.voice.drafts import Drafts

log = logging.getLogger(__name__)

RETRY_AFTER = "60"
"""Seconds after which a browser or a proxy may ask again when we could not store anything."""


class Bot(Protocol):
    """What the pages need of a running bot."""

    config: Config
    database: Database
    conversation: Conversation
    sender: Sender
    drafts: Drafts

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The channels in service, by name; the web chat's is "web"."""


def make_web(bot: Bot, routes: Sequence[BaseRoute] = ()) -> ASGIApp:
    """The web application of a running bot whose channels include `bot.channel.web.Web`. `routes`: more doors."""
    pages = Pages(bot.config.root / "content")
    chat = WebChat(bot, pages, cast("Door", bot.channels[CHANNEL]))
    given = Given(bot)
    state = State(bot)

    def notice(request: Request, code: int, headers: Mapping[str, str] | None = None, why: str = "") -> Response:
        html = pages.notice(chat.stranger(request), code, why)
        return HTMLResponse(html, code, {**(headers or {}), "cache-control": "no-store"})

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return notice(request, error.status_code, error.headers, error.detail)

    async def not_stored(request: Request, error: Exception) -> Response:
        del error
        return notice(request, 503, {"retry-after": RETRY_AFTER})

    async def our_fault(request: Request, error: Exception) -> Response:
        log.error("page failed", extra={"error": type(error).__name__})
        try:
            return notice(request, 500)
        except Exception:  # the words themselves are broken: the plainest page there is
            log.exception("no page for the fault")
            return Response("Lỗi này do máy. / This is our fault.", 500, media_type="text/plain; charset=utf-8")

    async def icon(request: Request) -> Response:
        del request
        return RedirectResponse(media.address("/static", media.STATIC, "icon.svg"), 307)

    web = Starlette(
        routes=[
            Route("/", chat.page, methods=["GET"]),
            Route("/", chat.post, methods=["POST"]),
            Route("/g/{guide}", chat.link, methods=["GET"]),
            Route("/g/{guide}/{step:path}", chat.link, methods=["GET"]),
            Route("/document/{row:int}", given.document, methods=["GET"]),
            Route("/voice/{row:int}.mp3", given.voice, methods=["GET"]),
            Route("/events", chat.events, methods=["GET"]),
            *Handouts(bot).routes,
            *Certificates(bot, chat, pages).routes,
            *Go(bot, chat, pages).routes,
            Route("/health", state.health, methods=["GET"]),
            Route("/metrics", state.numbers, methods=["GET"]),
            Route("/broadcasts/{name:path}/events", Watch(bot).events, methods=["GET"]),
            Route("/why", Reasons(bot).page, methods=["GET"]),
            Route("/favicon.ico", icon, methods=["GET"]),
            Mount("/static", media.Files(media.STATIC, (".css", ".js", ".woff2", ".svg"))),
            Mount("/media", media.Files(bot.config.root / "content" / "media", media.PICTURES + media.VOICES)),
            *routes,
        ],
        exception_handlers={
            HTTPException: refused,
            NotStored: not_stored,
            DBAPIError: not_stored,
            Exception: our_fault,
        },
    )
    return Headers(web)  # around everything, also around the page for a fault of ours
