"""What a channel makes of a message: its own code sends it, to paper instead of to a platform.

Nothing is formed here. Each channel's own `Post` is given an `Api` that writes down what it is told, and pictures and
files that are known by their path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from bot.channel import telegram_api, telegram_post, zalo_bot_api, zalo_bot_post, zalo_oa_api, zalo_oa_post
from bot.channel.http import ANSWER
from bot.channel.picture import Pictures
from bot.channel.zalo_voice import Addresses
from bot.picture import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.channel.base import Message
    from bot.channel.numbered import Say

Call = dict[str, Any]
"""The body of one call, as the platform gets it."""


class Paper:
    """Writes down what channels would send. `media` is content/media; `say` as of channels with few buttons."""

    def __init__(self, media: Path, say: Say, *, styles: bool = True, phone: str = "", together: bool = True) -> None:
        pictures, addresses = _Named(media, media), _Paths()
        self._telegram_api = _TelegramApi()
        self._telegram = telegram_post.Post(self._telegram_api, media, pictures, "")
        self._telegram.files.ids = _Known()
        self._zalo_bot_api = _ZaloBotApi()
        self._zalo_bot = zalo_bot_post.Post(self._zalo_bot_api, pictures, say, addresses, styles=styles)
        self._zalo_oa_api = _ZaloOaApi()
        self._zalo_oa = zalo_oa_post.Post(self._zalo_oa_api, pictures, say, addresses, phone=phone, together=together)
        self._zalo_oa.files = _Known()

    async def telegram(self, message: Message) -> list[Call]:
        """Bodies of sendMessage and sendPhoto."""
        self._telegram_api.calls.clear()
        await self._telegram.send(1, message)
        return list(self._telegram_api.calls)

    async def zalo_bot(self, message: Message) -> list[Call]:
        """Bodies of sendMessage and sendPhoto."""
        self._zalo_bot_api.calls.clear()
        await self._zalo_bot.send("1", message)
        return list(self._zalo_bot_api.calls)

    async def zalo_oa(self, message: Message) -> list[Call]:
        """The `message` of each call."""
        self._zalo_oa_api.calls.clear()
        await self._zalo_oa.send("1", message)
        return list(self._zalo_oa_api.calls)


class _TelegramApi(telegram_api.Api):
    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def call(self, method: str, body: Mapping[str, Any], *, seconds: float = ANSWER) -> Any:
        del method, seconds
        self.calls.append(_written(body))
        return {"message_id": len(self.calls)}


class _ZaloBotApi(zalo_bot_api.Api):
    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def call(self, method: str, body: Mapping[str, Any], *, seconds: float = ANSWER) -> Any:
        del method, seconds
        self.calls.append(_written(body))
        return {"message_id": str(len(self.calls))}


class _ZaloOaApi(zalo_oa_api.Api):
    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def send(self, body: Mapping[str, Any]) -> dict[str, Any]:
        self.calls.append(_written(body["message"]))
        return {"message_id": str(len(self.calls))}


class _Named(Pictures):
    """A picture is known by its path."""

    async def digest(self, path: str) -> str:
        stamp(self._media, path)  # raises where there is none
        return path


class _Known:
    """Every file is known to the platform already."""

    async def find(self, digest: str) -> str:
        return digest

    async def keep(self, digest: str, remote: str) -> None:
        """Nothing is given."""

    async def drop(self, digest: str) -> None:
        """Nothing is forgotten."""


class _Paths(Addresses):
    """A picture's address is its path."""

    def picture(self, path: str, digest: str) -> str:
        return digest and path


def _written(body: Mapping[str, Any]) -> Call:
    """What goes over the wire."""
    written: Call = orjson.loads(orjson.dumps(body))
    return written
