"""Certificates by address: /v/<serial> is where anybody checks one, /c/<token> prints one for a day.

The page says initials, what it is about, team, dates and whether it is valid, and nothing else. Whoever opens the link
that prints has been given it in the chat: it needs no cookie, so that it works from any channel.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.handout.certificate import FORMS, WORDS, Content, data
from bot.handout.shelf import Busy, NotMade, Shelf
from bot.service.certificate import DAY, checked, facts, hashed
from bot.store import certificates
from bot.web.media import STATIC
from bot.wording.library import GUIDE

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from bot.people.skill import Kind
    from bot.store.certificates import Certificate, Paper
    from bot.web.app import Bot
    from bot.web.chat import WebChat
    from bot.web.pages import Pages

log = logging.getLogger(__name__)

ENDINGS = {"pdf": "certificate", "png": "certificate_square"}
"""The form of a certificate by the ending of its address."""

RATE, BURST = 20.0, 100.0
"""Questions a second to both doors together, and how many at once; more are asked to come back."""

RETRY_AFTER = "10"
"""Seconds."""

KEPT_NOWHERE = {"cache-control": "no-store", "x-robots-tag": "noindex"}
"""Nobody keeps a page or a file, and no search engine lists it."""


class Allowance:
    """So many at once, then so many a second. `now` counts seconds."""

    def __init__(self, rate: float = RATE, burst: float = BURST, now: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._now = rate, burst, now
        self._left, self._at = burst, now()

    def take(self) -> bool:
        """Whether one more is allowed."""
        at = self._now()
        self._left = min(self._burst, self._left + (at - self._at) * self._rate)
        self._at = at
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Certificates:
    """The doors of a running bot."""

    def __init__(self, bot: Bot, chat: WebChat, pages: Pages) -> None:
        self._bot = bot
        self._chat = chat
        self._pages = pages
        self._shelf = Shelf(bot.config.root / "data" / "handout", STATIC / "fonts")
        self._allowance = Allowance()

    @property
    def routes(self) -> list[BaseRoute]:
        """The doors."""
        return [
            Route("/v/{serial}", self.check, methods=["GET"]),
            Route("/c/{token}.{ending}", self.paper, methods=["GET"]),
        ]

    async def check(self, request: Request) -> Response:
        """What may be said of a certificate to whoever has its serial."""
        self._ration()
        async with self._bot.database.read() as connection:
            found, said = await checked(connection, request.path_params["serial"])
        view = self._chat.stranger(request)
        head, body = self._words(view.speaker.language, found, said)
        html = self._pages.said(view, head, body)
        return HTMLResponse(html, 200 if found else 404, KEPT_NOWHERE)

    async def paper(self, request: Request) -> Response:
        """The file, made now; 404 when the link is older than a day, or the certificate was revoked or erased."""
        self._ration()
        ending = request.path_params["ending"]
        if ending not in ENDINGS:
            raise HTTPException(404)
        async with self._bot.database.read() as connection:
            paper = await certificates.find_paper(connection, hashed(request.path_params["token"]))
            found = await certificates.find(connection, paper.serial) if paper else None
            said = await facts(connection, found) if found else {}
        kind = self._bot.conversation.house.skills.kind(found.kind) if found else None
        is_old = paper is None or self._now() - paper.made_at > DAY
        if paper is None or found is None or kind is None or is_old or not found.is_valid:
            raise HTTPException(404)
        form = ENDINGS[ending]
        try:
            made = await self._shelf.made(self._data(paper, kind, said), form)
        except Busy:
            raise HTTPException(503, headers={"retry-after": RETRY_AFTER}) from None
        except NotMade:
            log.error("certificate not made")  # noqa: TRY400 (what the press says may hold the name)
            raise HTTPException(500) from None
        headers = {"content-disposition": f'attachment; filename="{paper.serial}.{ending}"', **KEPT_NOWHERE}
        return Response(made, 200, headers, FORMS[form].media_type)

    def _now(self) -> int:
        return self._bot.database.owner.now()

    def _ration(self) -> None:
        if not self._allowance.take():
            raise HTTPException(503, headers={"retry-after": RETRY_AFTER})

    def _data(self, paper: Paper, kind: Kind, said: dict[str, str]) -> dict[str, object]:
        """What stands on it, in the language of who asked for it."""
        house, language = self._bot.conversation.house, paper.language
        library = house.library
        words = library.language(language).address("").words
        guides = [guide for guide in kind.passed if guide in house.flows]
        titles = [f"“{_plain(library.phrase(language, f'{guide}/{GUIDE}', 'title', words))}”" for guide in guides]
        link = f"{self._bot.config.door}/v/{paper.serial}"
        team, day = _plain(said["team"]), said["day"]
        return data(library, language, Content(paper.name, kind.name(language), titles, team, day, paper.serial, link))

    def _words(self, language: str, found: Certificate | None, said: dict[str, str]) -> tuple[str, str]:
        """Headline and body of the page."""
        house = self._bot.conversation.house
        if found is None:
            head = house.library.piece(language, WORDS, "page_unknown", {})
            return head, house.library.piece(language, WORDS, "page_check", {})
        block = "revoked" if found.revoked_at else "valid" if found.is_valid else "erased"
        kind = house.skills.kind(found.kind)
        values = {**said, "kind": kind.name(language) if kind else ""}
        head = house.library.piece(language, WORDS, f"page_{block}", {})
        return head, house.library.piece(language, WORDS, "page_says", values)


def _plain(text: str) -> str:
    """Letters that the typeface has: the little picture in front of a guide's name is left out."""
    return "".join(sign for sign in text if sign < "\u0250" or "\u1ea0" <= sign <= "\u1ef9" or sign in "–’“”").strip()
