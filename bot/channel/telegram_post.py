"""Messages to Telegram: plain ones straight over HTTP, uploads through the library for rare calls."""

from __future__ import annotations

import asyncio
import importlib
import logging
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.channel.base import Deletion, Fault, Keyboard, Message, Outgoing, Picture, SendFailed, VoiceNote
from bot.channel.telegram_api import NOT_HTML, says
from bot.channel.telegram_files import Files
from bot.channel.telegram_form import Part, inline, markup, parts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.channel.picture import Pictures
    from bot.channel.telegram_api import Api
    from bot.channel.telegram_bot import Rare

log = logging.getLogger(__name__)

TEXT = 4096
"""Characters of a message, without its markup."""

CAPTION = 1024
"""Characters under a picture."""

CALM = {"link_preview_options": {"is_disabled": True}}
"""A link stays a link: a preview would be one more thing to tap."""

Step = tuple[str, Part | None]
"""One thing to be sent: the digest of the picture, if it has one, and the words."""


class Post:
    """Sends to chats. `media` is content/media."""

    def __init__(self, api: Api, media: Path, pictures: Pictures, placeholder: str) -> None:
        self.files = Files(api)
        self._api = api
        self._media = media
        self._pictures = pictures
        self._placeholder = placeholder
        self._begun: dict[tuple[int, Message], int] = {}  # messages of several parts that failed on the way
        self._rare: Rare | None = None

    async def send(self, chat: int, outgoing: Outgoing) -> str:
        """Deliver one thing; returns the message's id. Raises SendFailed."""
        match outgoing:
            case Message():
                return await self._message(chat, outgoing)
            case VoiceNote():
                return await self._voice(chat, outgoing.path)
            case Keyboard():
                where = {"chat_id": chat, "message_id": int(outgoing.message)}
                await self._api.call("editMessageReplyMarkup", where | {"reply_markup": inline(outgoing.buttons)})
            case Deletion():
                await self._api.call("deleteMessage", {"chat_id": chat, "message_id": int(outgoing.message)})
        return outgoing.message

    async def library(self) -> Rare:
        """The library for rare calls, imported beside the loop when it is first needed."""
        if self._rare is None:
            module = await asyncio.to_thread(importlib.import_module, "bot.channel.telegram_bot")
            self._rare = module.Rare(self._api)
        return self._rare

    async def _message(self, chat: int, message: Message) -> str:
        if message.picture is None:
            return await self._steps(chat, message, [("", part) for part in parts(message, TEXT)])
        digest = await self._digest(message.picture)
        if digest:
            texts = parts(message, TEXT)
            fits = len(texts) == 1 and len(texts[0].plain) <= CAPTION
            steps: list[Step] = [(digest, texts[0])] if fits else [(digest, None), *(("", text) for text in texts)]
            try:
                return await self._steps(chat, message, steps)
            except SendFailed as failed:
                if failed.fault is not Fault.REFUSED:
                    raise
                log.error("picture refused", extra={"picture": message.picture.path, "reason": failed.reason[:200]})  # noqa: TRY400
        words = f"🖼 {message.picture.alt}\n\n{message.body}"  # a person is never left without the step
        return await self._message(chat, replace(message, body=words.rstrip(), picture=None))

    async def _steps(self, chat: int, message: Message, steps: Sequence[Step]) -> str:
        """All parts of a message, buttons under the last; after a failure the next try goes on where it failed."""
        sent = ""
        for index in range(self._begun.pop((chat, message), 0), len(steps)):
            digest, part = steps[index]
            last = markup(message, self._placeholder) if index == len(steps) - 1 else {}
            try:
                if digest and message.picture:
                    sent = await self._photo(chat, message.picture.path, digest, part, last)
                elif part is not None:
                    sent = await self._text(chat, part, last)
            except SendFailed as failed:
                if index and failed.fault in {Fault.WAIT, Fault.PASSING, Fault.SETUP}:
                    self._begun[chat, message] = index
                raise
        return sent

    async def _text(self, chat: int, part: Part, last: Mapping[str, Any]) -> str:
        body = {"chat_id": chat, "text": part.html, "parse_mode": "HTML", **CALM, **last}
        try:
            sent = await self._api.call("sendMessage", body)
        except SendFailed as failed:
            if not says(failed, NOT_HTML):
                raise
            log.error("markup refused, sent without", extra={"reason": failed.reason[:200]})  # noqa: TRY400
            sent = await self._api.call("sendMessage", {"chat_id": chat, "text": part.plain, **CALM, **last})
        return str(sent["message_id"])

    async def _photo(self, chat: int, path: str, digest: str, part: Part | None, last: Mapping[str, Any]) -> str:
        caption = part.html if part else ""

        async def upload() -> tuple[str, str]:
            rare = await self.library()
            return await rare.send_photo(chat, await self._pictures.data(path), caption, last.get("reply_markup"))

        body = {"chat_id": chat, **last, **({"caption": caption, "parse_mode": "HTML"} if caption else {})}
        return await self.files.send("sendPhoto", "photo", digest, body, upload)

    async def _digest(self, picture: Picture) -> str:
        """The digest of a picture; empty if it cannot be shown."""
        try:
            return await self._pictures.digest(picture.path)
        except (OSError, ValueError) as error:
            log.error("no such picture", extra={"picture": picture.path, "error": type(error).__name__})  # noqa: TRY400
            return ""

    async def _voice(self, chat: int, path: str) -> str:
        try:
            data = await asyncio.to_thread((self._media / "voice" / path).read_bytes)
        except OSError as error:
            raise SendFailed(Fault.REFUSED, f"no voice {path}: {type(error).__name__}") from None

        async def upload() -> tuple[str, str]:
            rare = await self.library()
            return await rare.send_voice(chat, data, Path(path).name)

        return await self.files.send("sendVoice", "voice", sha256(data).hexdigest(), {"chat_id": chat}, upload)
