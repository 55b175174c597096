"""python-telegram-bot's Bot over our own HTTP client, for what is rare: uploads of files.

Importing this file costs a fifth of a second, so it is imported where it is first needed and never for a plain turn.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import orjson
from pyreqwest.multipart import FormBuilder, PartBuilder
from telegram import Bot, InlineKeyboardMarkup
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from bot.channel.base import SendFailed
from bot.channel.telegram_api import UPLOAD

if TYPE_CHECKING:
    from telegram import Message

    from bot.channel.telegram_api import Api

logging.getLogger("telegram").setLevel(logging.WARNING)  # at DEBUG the library writes its address, token and all


class _Refused(TelegramError):
    """A failure in our own classes, on its way through the library."""

    def __init__(self, failed: SendFailed) -> None:
        super().__init__(failed.reason)
        self.failed = failed


class OurRequest(BaseRequest):
    """The library's way to HTTP, through our Api."""

    def __init__(self, api: Api) -> None:
        self._api = api

    @property
    def read_timeout(self) -> float:
        """Seconds."""
        return UPLOAD

    async def initialize(self) -> None:
        """Nothing: the client opens itself."""

    async def shutdown(self) -> None:
        """Nothing: the client is not ours."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        """One call; raises _Refused."""
        del method
        form = FormBuilder()
        if request_data is not None:
            for name, value in request_data.json_parameters.items():
                form = form.text(name, value)
            for name, (filename, data, kind) in request_data.multipart_data.items():
                form = form.part(
                    name,
                    PartBuilder.from_bytes(data if isinstance(data, bytes) else data.read())
                    .file_name(filename)
                    .mime(kind),
                )
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
        request = OurRequest(api)
        self._bot = Bot(api.token, base_url=f"{api.base}/bot", request=request, get_updates_request=request)

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

    async def send_document(self, chat: int, data: bytes, name: str) -> str:
        """Upload a file; returns the message's id. What is in it is one person's: its id is not remembered."""
        try:
            sent = await self._bot.send_document(chat, data, filename=name, disable_content_type_detection=True)
        except _Refused as refused:
            raise refused.failed from None
        return str(sent.message_id)


def _voice_id(sent: Message) -> str:
    """Empty when Telegram made a plain file of it: that id could not be sent as a voice."""
    return sent.voice.file_id if sent.voice else ""
