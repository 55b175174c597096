"""A broadcast's progress as server-sent events, for operators: `curl -N -H "Authorization: Bearer …" …`.

Without OPERATOR_TOKEN there is no such address: whoever stands behind a proxy looks like a neighbour of the bot.
"""

from __future__ import annotations

import asyncio
import hmac
from typing import TYPE_CHECKING

import orjson
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from bot.service.progress import Progress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from bot.web.app import Bot

RETRY = 3000
"""Milliseconds after which whoever was cut off comes back."""


class Watch:
    """The address /broadcasts/<name>/events."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def events(self, request: Request) -> Response:
        """The numbers of `bot broadcast status`, as JSON, at least one second apart, until it has ended."""
        token = self._bot.config.operator_token
        shown = request.headers.get("authorization", "")
        if not token:
            raise HTTPException(404)
        if not hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, headers={"www-authenticate": "Bearer"})
        progress = Progress(self._bot.database, request.path_params["name"])
        first = await progress.look()
        if first is None:
            raise HTTPException(404)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(_stream(progress, first), 200, headers, "text/event-stream")


async def _stream(progress: Progress, data: dict[str, object]) -> AsyncIterator[bytes]:
    try:
        yield f"retry: {RETRY}\n\n".encode()
        while True:
            yield b"data: " + orjson.dumps(data) + b"\n\n"
            if data["ended"]:
                yield b"event: end\ndata: {}\n\n"
                return
            await asyncio.sleep(progress.pause)
            found = await progress.look()
            if found is None:
                return
            data = found
    except (DBAPIError, OSError):  # the watcher comes back
        return
