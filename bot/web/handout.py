"""Handouts by address: /h/<guide>.pdf and /h/<guide>.png, with `size` and `lang`; in place of the guide a link's code.

Who asks chooses neither the address on the page nor the name of a team: a page that looks like ours leads to us. The
code of a team's link is signed: such a handout leads to that link, and says whose it is.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from bot.handout.shelf import Busy, NotMade, Shelf
from bot.handout.wanted import Refused, Wanted, is_printable
from bot.handout.words import Printer
from bot.people import link as codes
from bot.service.forward import look
from bot.store import teams
from bot.web.media import AN_HOUR, STATIC

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from bot.web.app import Bot

log = logging.getLogger(__name__)

USUAL = {"pdf": "a4", "png": "card"}
"""The size of a handout when none is asked for."""

RETRY_AFTER = "10"
"""Seconds."""


class Handouts:
    """The doors to the handouts of a running bot."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._shelf = Shelf(bot.config.root / "data" / "handout", STATIC / "fonts")

    @property
    def routes(self) -> list[BaseRoute]:
        """The doors."""
        return [Route("/h/{guide}.{ending}", self.page, methods=["GET"])]

    async def page(self, request: Request) -> Response:
        """The handout of a guide whose code opens it here."""
        guide, ending = request.path_params["guide"], request.path_params["ending"]
        asked = request.query_params
        size, language = asked.get("size", USUAL.get(ending, "")), asked.get("lang", self._bot.config.language)
        here = self._bot.config.public_url or str(request.base_url).rstrip("/")
        if codes.is_code(guide):
            wanted = await self._of_link(Wanted("", size, language, here), guide)
        else:
            wanted = Wanted(guide, size, language, f"{here}/g/{guide}")
        return await self.answer(request, wanted, ending)

    async def _of_link(self, wanted: Wanted, code: str) -> Wanted:
        """The handout of a team that passed a guide on; without the team where the code is not (any more) good."""
        async with self._bot.database.batch() as connection:
            link = await look(connection, code)
            team = await teams.find(connection, link.team) if link and link.team else None
        guide = link.guide if link else ""
        if team is None or team.ended_at:
            return replace(wanted, guide=guide, link=f"{wanted.link}/g/{guide}")
        name = team.name if is_printable(team.name) else ""
        return replace(wanted, guide=guide, link=f"{wanted.link}/go/{code}", team=name)

    async def answer(self, request: Request, wanted: Wanted, ending: str) -> Response:
        """The file. Raises HTTPException: 404 when there is no such handout, 503 when too many ask at once."""
        house = self._bot.conversation.house
        try:
            wanted.check(house.flows, house.library.languages)
        except Refused:
            raise HTTPException(404) from None
        if wanted.kind.ending != ending:
            raise HTTPException(404)
        printer = Printer(
            house.library, house.flows, wanted.language, self._bot.config.root / "content" / "media", house.settings
        )
        try:
            kept = await self._shelf.take(printer, wanted)
        except Busy:
            raise HTTPException(503, headers={"retry-after": RETRY_AFTER}) from None
        except NotMade as fault:
            log.error("handout not made", extra={"handout": wanted.name, "error": str(fault)})  # noqa: TRY400 (a child's)
            raise HTTPException(500) from None
        headers = {
            "cache-control": AN_HOUR,
            "etag": f'"{kept.key[:16]}"',
            "content-disposition": f'inline; filename="{wanted.name}"',
        }
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return Response(kept.data, 200, headers, wanted.kind.media_type)
