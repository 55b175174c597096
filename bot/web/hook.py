"""The doors platforms knock at: one update a request, answered with 200 only when it is stored."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
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

AHEAD = 600
"""Seconds by which another clock may be ahead of ours."""

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
        if not self.may_knock(shown):
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
        if not self.is_signed(scope, shown, body, update):
            return 401, None
        try:
            return 200, await self._take(update)
        except (NotStored, SendFailed) as reason:
            log.warning("update not taken", extra={"reason": type(reason).__name__})
            return 503, None
        except Exception:
            log.exception("update not taken")
            return 503, None

    def may_knock(self, shown: bytes) -> bool:
        """Whether anything is read at all."""
        return hmac.compare_digest(shown, self._secret)

    def is_signed(self, scope: Scope, shown: bytes, body: bytes, update: Mapping[str, Any]) -> bool:
        """Whether what was read is the platform's, and of now."""
        del scope, shown, body, update
        return True

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


class ZaloHook(Hook):
    """A door of Zalo's: setting the webhook brings an empty body."""

    def is_probe(self, body: bytes) -> bool:
        """Nothing is in it."""
        return body.strip() in {b"", b"{}"}


class ZaloBotHook(ZaloHook):
    """The door of a Zalo bot. Whether Zalo tries again is not known, so a 503 says it at least in our log."""

    shown_in = b"x-bot-api-secret-token"


class ZaloOaHook(ZaloHook):
    """The door of a Zalo official account: each event is signed over its raw bytes, its time and our secret.

    `app` is the only app whose events are taken. An event may be `oldest` seconds old: Zalo tries for nearly two hours
    when it could not connect.
    """

    shown_in = b"x-zevent-signature"

    def __init__(
        self,
        take: Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]],
        secret: str,
        *,
        app: str,
        oldest: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(take, secret)
        self._app = app
        self._oldest = oldest
        self._now = now

    def may_knock(self, shown: bytes) -> bool:
        """A signature is looked at when the body is there; without one there may be nothing in it."""
        return not shown or 64 <= len(shown) <= 100

    def is_update(self, update: Mapping[str, Any]) -> bool:
        """Every event has a name."""
        return isinstance(update.get("event_name"), str)

    def is_signed(self, scope: Scope, shown: bytes, body: bytes, update: Mapping[str, Any]) -> bool:
        """The header is the SHA-256 of app, body, time and secret, with "mac=" in front or without.

        Notes differ on whether the time is the one in the body or in a header of its own; both are tried.
        """
        if str(update.get("app_id")) != self._app:
            log.warning("an event for another app was refused: ZALO_OA_APP_ID")
            return False
        times = [str(update[name]).encode() for name in ("timestamp", "timeStamp") if update.get(name)]
        times += [value for name, value in scope["headers"] if name == b"x-zevent-timestamp"]
        signature = shown.strip().lower().removeprefix(b"mac=")
        signed = [hmac.compare_digest(signature, self._signature(body, at)) for at in times[:3]]
        if not any(signed):
            log.warning("an event with a wrong signature was refused: ZALO_OA_SECRET")
            return False
        return self._is_of_now(times[signed.index(True)])

    def _signature(self, body: bytes, at: bytes) -> bytes:
        return hashlib.sha256(self._app.encode() + body + at + self._secret).hexdigest().encode()

    def _is_of_now(self, at: bytes) -> bool:
        """Seconds and milliseconds are both taken. A clock that is wrong refuses everything, so the log says so."""
        if not at.isdigit() or len(at) > 14:
            return False
        age = self._now() - int(at) / (1000 if len(at) > 11 else 1)
        if -AHEAD <= age <= self._oldest:
            return True
        log.warning(
            "an event that is too old, or of the future, was refused: is the clock right?", extra={"age": int(age)}
        )
        return False


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
