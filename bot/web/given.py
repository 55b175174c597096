"""Files that one person was given: documents, and the voice of what was read to them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from bot.channel.base import Document, VoiceNote
from bot.store import outbox
from bot.voice.provider import NotSpoken
from bot.voice.sound import MP3
from bot.web import person
from bot.web.chat import CHANNEL, MOST_SHOWN

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.channel.base import Outgoing
    from bot.web.app import Bot

log = logging.getLogger(__name__)

THEIRS_FOR_EVER = "private, max-age=31536000, immutable"
"""What a row says never changes; nobody between us and the person keeps it."""


class Given:
    """Each file is named by its row in the outbox, and shown only to the person of that row."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def document(self, request: Request) -> Response:
        """A file to keep."""
        given = await self._given(request)
        if not isinstance(given, Document):
            raise HTTPException(404)
        headers = {"content-disposition": "attachment", "cache-control": "no-store"}
        return Response(given.text, 200, headers, "application/json")

    async def voice(self, request: Request) -> Response:
        """The words of a voice note, spoken when they are first asked for; 404 when nobody can: the page reads then."""
        given = await self._given(request)
        if not isinstance(given, VoiceNote) or not given.words:
            raise HTTPException(404)
        try:
            file = await self._bot.drafts.make(given.language, given.words, MP3)
        except NotSpoken as reason:
            log.error("not spoken", extra={"reason": str(reason)[:200]})  # noqa: TRY400 (no words, no stack)
            raise HTTPException(404) from None
        return FileResponse(file, headers={"cache-control": THEIRS_FOR_EVER}, media_type="audio/mpeg")

    async def _given(self, request: Request) -> Outgoing:
        """Raises HTTPException when it was not given to this very person."""
        who = person.known(request)
        row = request.path_params["row"]
        if who is not None and row < 2**63:
            async with self._bot.database.read() as connection:
                for given in await outbox.history(connection, CHANNEL, who.chat, after=row - 1, most=MOST_SHOWN):
                    if given.id == row:
                        return given.outgoing
        raise HTTPException(404)
