"""python-telegram-bot's Bot over our own HTTP session, for what is rare: uploads and commands.

Importing this file costs a fifth of a second, so it is imported where it is first needed and never for a plain turn.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
from telegram import Bot, InlineKeyboardMarkup
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from bot.channel.base import SendFailed
from bot.channel.telegram_api import UPLOAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from telegram import Message

    from bot.channel.telegram_api import Api

logging.getLogger("telegram").setLevel(logging.WARNING)  # at DEBUG the library writes its address, token and all


class _Refused(TelegramError):
    """A failure in our own classes, on its way through the library."""

    def __init__(self, failed: SendFailed) -> None:
        super().__init__(failed.reason)
        self.failed = failed


class AiohttpRequest(BaseRequest):
    """The library's way to HTTP, through our Api."""

    def __init__(self, api: Api) -> None:
        self._api = api

    @property
    def read_timeout(self) -> float:
        """Seconds."""
        return UPLOAD

    async def initialize(self) -> None:
        """Nothing: the session opens itself."""

    async def shutdown(self) -> None:
        """Nothing: the session is not ours."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        """One call; raises _Refused."""
        del method
        form = aiohttp.FormData(quote_fields=False)
        if request_data is not None:
            for name, value in request_data.json_parameters.items():
                form.add_field(name, value)
            for name, (filename, data, kind) in request_data.multipart_data.items():
                form.add_field(name, data, filename=filename, content_type=kind)
        name = url.rpartition("/")[2]
        try:
            status, body = await self._api.exchange(name, form, seconds=UPLOAD)
            self._api.result(name, status, body)
        except SendFailed as failed:
            raise _Refused(failed) from None
        return status, body


class Rare:
    """The rare calls. Each raises SendFailed."""

    def __init__(self, api: Api) -> None:
        request = AiohttpRequest(api)
        self._bot = Bot(api.token, base_url=f"{api.base}/bot", request=request, get_updates_request=request)

    async def set_commands(self, language: str, commands: Sequence[tuple[str, str]]) -> None:
        """The command menu of one language ("" for all others), as (name, description)."""
        try:
            await self._bot.set_my_commands(list(commands), language_code=language or None)
        except _Refused as refused:
            raise refused.failed from None

    async def send_photo(self, chat: int, data: bytes, caption: str, markup: orjson.Fragment | None) -> tuple[str, str]:
        """Upload a picture; returns the message's id and the file's."""
        keyboard = InlineKeyboardMarkup.de_json(orjson.loads(orjson.dumps(markup)), self._bot) if markup else None
        try:
            sent = await self._bot.send_photo(
                chat, data, caption or None, filename="picture.png", parse_mode="HTML", reply_markup=keyboard
            )
        except _Refused as refused:
            raise refused.failed from None
        return str(sent.message_id), sent.photo[-1].file_id

    async def send_voice(self, chat: int, data: bytes, name: str) -> tuple[str, str]:
        """Upload a voice note; returns the message's id and the file's."""
        try:
            sent = await self._bot.send_voice(chat, data, filename=name)
        except _Refused as refused:
            raise refused.failed from None
        return str(sent.message_id), _voice_id(sent)


def _voice_id(sent: Message) -> str:
    """Empty when Telegram made a plain file of it: that id could not be sent as a voice."""
    return sent.voice.file_id if sent.voice else ""
