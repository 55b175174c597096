"""The door Telegram knocks at: one update a request, answered with 200 only when it is stored."""

from __future__ import annotations

import hmac
import logging
from typing import TYPE_CHECKING, Any

import orjson

from bot.channel.base import SendFailed
from bot.service.conversation import NotStored

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

log = logging.getLogger(__name__)

LARGEST = 2**20
"""Bytes of a body that are read."""

JSON = (b"content-type", b"application/json")
SECRET = b"x-telegram-bot-api-secret-token"


class TelegramHook:
    """A bare ASGI application. `secret` is what Telegram shows to prove itself.

    `take` stores an update or raises; the call it returns stands in the answer, and Telegram carries it out.
    200 stored, 400 no update, 401 wrong secret, 405 no POST, 413 too large, 503 not stored: Telegram tries again.
    """

    def __init__(self, take: Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]], secret: str) -> None:
        if not secret:
            raise ValueError("a webhook without a secret would believe everybody")
        self._take = take
        self._secret = secret.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        status, call = await self._answer(scope, receive)
        body = orjson.dumps(call) if call else b""
        headers = [(b"content-length", b"%d" % len(body)), *([JSON] if call else [])]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, Mapping[str, Any] | None]:
        """The status, and a call that Telegram is to carry out."""
        if scope["method"] != "POST":
            return 405, None
        shown = next((value for name, value in scope["headers"] if name == SECRET), b"")
        if not hmac.compare_digest(shown, self._secret):
            return 401, None
        body = await _read(receive)
        if body is None:
            return 413, None
        try:
            update = orjson.loads(body)
        except ValueError:
            return 400, None
        if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
            return 400, None
        try:
            return 200, await self._take(update)
        except (NotStored, SendFailed):
            return 503, None
        except Exception:
            log.exception("update not taken")
            return 503, None


async def _read(receive: Receive) -> bytes | None:
    """The body; None if it is too large."""
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST:
            return None
        if not message.get("more_body", False):
            return body
