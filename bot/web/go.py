"""Our own short links: /go/<code>. A small page that leads to where the person wants to go on, or there at once.

Nobody is known here: no cookie is set before somebody opens the chat, and the page is the same for all.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from ipaddress import ip_address
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.people import link as codes
from bot.people.invitation import is_invitation
from bot.service.forward import about
from bot.service.suggest import drawing_of, picture_of
from bot.store import links
from bot.web import guard

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from bot.people.link import Link
    from bot.web.app import Bot
    from bot.web.chat import WebChat
    from bot.web.pages import Pages

TELEGRAM = "telegram"

MOST_A_MINUTE = 300
"""Pages for one address in a minute: a hall full of people behind one connection scans a poster all at once."""

MOST_ADDRESSES = 20_000
"""Addresses that are counted at a time."""

_CODE = re.compile(r"[A-Za-z0-9_-]{1,200}")
_LOOKS = re.compile(r"bot\b|crawl|spider|preview|facebookexternalhit|externalagent|whatsapp", re.IGNORECASE)
"""Programs that make a card of a link: they see the page, and open no chat."""


class Named(Protocol):
    """What is used of the Telegram channel: its name there, "" while it is not known."""

    username: str


class Go:
    """The door to links that were passed on, and to invitations."""

    def __init__(self, bot: Bot, chat: WebChat, pages: Pages) -> None:
        self._bot = bot
        self._chat = chat
        self._pages = pages
        self._minute = 0
        self._asked: Counter[str] = Counter()

    @property
    def routes(self) -> list[BaseRoute]:
        """The doors."""
        return [
            Route("/go/{code}", self.page, methods=["GET"]),
            Route("/go/{code}", self.here, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """The ways to go on. Where there is but one, a guide opens at once; an invitation never does by itself."""
        code = self._let_in(request)
        invites = is_invitation(code)
        link = None if invites else await self._look(code)
        known = link is not None or invites
        ways = self._ways(code, link) if known else {}
        if request.method == "HEAD":
            return HTMLResponse(status_code=200 if known else 404)
        if link is not None and not ways and not _only_looks(request):
            return await self._chat.enter(request, code)
        html = self._page(request, code, link, ways, invites=invites)
        headers = {"cache-control": "no-store", "x-robots-tag": "noindex"}
        return HTMLResponse(html, 200 if known else 404, headers)

    async def here(self, request: Request) -> Response:
        """The person wants to go on in this browser."""
        code = self._let_in(request)
        if not guard.comes_from_here(request, self._bot.config.public_url):
            raise HTTPException(403)
        return await self._chat.enter(request, code)

    def _page(self, request: Request, code: str, link: Link | None, ways: dict[str, str], *, invites: bool) -> str:
        house, config = self._bot.conversation.house, self._bot.config
        view = self._chat.stranger(request)
        words = about(house, view.speaker.language, link.guide) if link else {"title": "", "goal": ""}
        return self._pages.go(
            view,
            code=code if link or invites else "",
            invites=invites,
            **words,
            drawing=drawing_of(house, link) if link else "",
            card=picture_of(house, config, link) if link else "",
            address=f"{config.door}/go/{code}",
            ways=_ordered(ways, request.headers.get("user-agent", "")),
        )

    async def _look(self, code: str) -> Link | None:
        """Where a code leads; whose it is, is found out by who opens it."""
        if codes.is_short(code):
            async with self._bot.database.read() as connection:
                link = await links.find(connection, code)
        else:
            link = codes.read(b"", code)
        return link if link is not None and link.guide in self._bot.conversation.house.flows else None

    def _ways(self, code: str, link: Link | None) -> dict[str, str]:
        """Addresses that lead on elsewhere, by the name of the platform."""
        ways = {}
        named = cast("Named | None", self._bot.channels.get(TELEGRAM))
        if named is not None and named.username:
            start = code if len(code) <= codes.LONGEST or link is None else link.guide
            ways[TELEGRAM] = f"https://t.me/{quote(named.username)}?start={start}"
        if self._bot.config.zalo_link:
            ways["zalo"] = self._bot.config.zalo_link
        return ways

    def _let_in(self, request: Request) -> str:
        """The code that is asked for. Raises HTTPException: 404 for what is none, 429 for too many from one address."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute or len(self._asked) > MOST_ADDRESSES:
            self._minute, self._asked = minute, Counter()
        who = _address(request)
        self._asked[who] += 1
        if self._asked[who] > MOST_A_MINUTE:
            raise HTTPException(429, headers={"retry-after": "60"})
        code = str(request.path_params["code"])
        if not _CODE.fullmatch(code):
            raise HTTPException(404)
        return code


def _ordered(ways: dict[str, str], agent: str) -> list[tuple[str, str]]:
    """The ways in the order they are offered, the browser ("here") among them: what the link was opened in is first."""
    everything = [("here", ""), *sorted(ways.items(), reverse=True)]
    return sorted(everything, key=lambda way: way[0] not in agent.lower())


def _only_looks(request: Request) -> bool:
    """Whether a program asks for the page, or a browser that thinks somebody might."""
    headers = request.headers
    ahead = headers.get("sec-purpose", "") + headers.get("purpose", "")
    return "prefetch" in ahead or _LOOKS.search(headers.get("user-agent", "")) is not None


def _address(request: Request) -> str:
    """Where a request comes from: behind a proxy of ours, as that one says."""
    host = request.client.host if request.client else ""
    try:
        is_ours = ip_address(host).is_private
    except ValueError:
        is_ours = True
    told = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return told if is_ours and told else host
