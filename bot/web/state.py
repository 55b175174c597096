"""For operators and their machines: health and numbers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.responses import JSONResponse, Response

from bot.service import metrics

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.web.app import Bot

PATIENCE = 2
"""Seconds within which a healthy database answers."""


class State:
    """/health and /metrics."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def health(self, request: Request) -> Response:
        """200 while messages can be taken in and stored, 503 when not."""
        del request
        database = self._bot.conversation.stores and await self._database_answers()
        state = {
            "ok": database,
            "database": database,
            "channels": {name: channel.status for name, channel in sorted(self._bot.channels.items())},
            "backlog": self._bot.sender.backlog,
        }
        return JSONResponse(state, 200 if database else 503, headers={"cache-control": "no-store"})

    async def numbers(self, request: Request) -> Response:
        """The counters, in Prometheus' text form."""
        del request
        for channel, waiting in self._bot.sender.backlog.items():
            metrics.WAITING.labels(channel).set(waiting)
        for channel, mouth in self._bot.channels.items():
            metrics.UP.labels(channel).set(mouth.status == "ok")
        return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE), self._bot.database.read() as connection:
                await connection.execute(text("SELECT count(*) FROM chat WHERE key = ''"))
        except (DBAPIError, OSError, TimeoutError):
            return False
        return True
