"""The doors platforms knock at: one update a request, answered with 200 only when it is stored."""

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


class Hook:
    """A bare ASGI application. `secret` is what the platform shows in the header `shown_in` to prove itself.

    `take` stores an update or raises; a call that it returns stands in the answer, and the platform carries it out.
    200 stored, 400 no update, 401 wrong secret, 405 no POST, 413 too large, 503 not stored: Telegram tries again.
    """

    shown_in = b""

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
        shown = next((value for name, value in scope["headers"] if name == self.shown_in), b"")
        if not hmac.compare_digest(shown, self._secret):
            return 401, None
        body = await _read(receive)
        if body is None:
            return 413, None
        if self.is_probe(body):
            return 200, None
        try:
            update = orjson.loads(body)
        except ValueError:
            return 400, None
        if not isinstance(update, dict) or not self.is_update(update):
            return 400, None
        try:
            return 200, await self._take(update)
        except (NotStored, SendFailed) as reason:
            log.warning("update not taken", extra={"reason": type(reason).__name__})
            return 503, None
        except Exception:
            log.exception("update not taken")
            return 503, None

    def is_probe(self, body: bytes) -> bool:
        """Whether the platform only looks whether somebody is there."""
        del body
        return False

    def is_update(self, update: Mapping[str, Any]) -> bool:
        """Whether a JSON object tells of something."""
        return bool(update)


class TelegramHook(Hook):
    """Telegram's door."""

    shown_in = b"x-telegram-bot-api-secret-token"

    def is_update(self, update: Mapping[str, Any]) -> bool:
        """Every update has a number."""
        return isinstance(update.get("update_id"), int)


class ZaloBotHook(Hook):
    """The door of a Zalo bot. Whether Zalo tries again is not known, so a 503 says it at least in our log."""

    shown_in = b"x-bot-api-secret-token"

    def is_probe(self, body: bytes) -> bool:
        """Setting the webhook brings an empty body."""
        return body.strip() in {b"", b"{}"}


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
