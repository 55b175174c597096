"""For whoever mends the words: why a sentence is understood so. Only with the setting `web.debug`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.web.app import Bot

LONGEST = 4_000
"""Characters of a sentence that are looked at."""


class Reasons:
    """The page /why?text=…, a line for each reason."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def page(self, request: Request) -> PlainTextResponse:
        """The reasons, a line each; 404 unless switched on."""
        if not self._bot.config.debug:
            raise HTTPException(404)
        text = request.query_params.get("text", "")[:LONGEST]
        lines = self._bot.conversation.house.ear.why(text).lines()
        return PlainTextResponse("\n".join(lines) + "\n", headers={"cache-control": "no-store"})
