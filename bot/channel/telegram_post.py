"""Messages to Telegram: plain ones straight over HTTP, uploads through the library for rare calls."""

from __future__ import annotations

import asyncio
import importlib
import logging
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from bot.capability import CAPABILITIES
from bot.channel.base import (
    Correction,
    Deletion,
    Document,
    Fault,
    Keyboard,
    Message,
    Outgoing,
    Photo,
    Picture,
    SendFailed,
    VoiceNote,
)
from bot.channel.steps import Steps
from bot.channel.telegram_api import NOT_HTML, says
from bot.channel.telegram_files import Files
from bot.channel.telegram_form import Part, inline, markup, parts
from bot.voice.provider import NotSpoken
from bot.voice.sound import OGG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bot.channel.picture import Pictures
    from bot.channel.telegram_api import Api
    from bot.channel.telegram_bot import Rare
    from bot.voice.drafts import Drafts

log = logging.getLogger(__name__)

_CAN = CAPABILITIES["telegram"]

CALM = {"link_preview_options": {"is_disabled": True}}
"""A link stays a link: a preview would be one more thing to tap."""

Step = tuple[str, Part | None]
"""One thing to be sent: the digest of the picture, if it has one, and the words."""


class Post:
    """Sends to chats. `media` is content/media."""

    def __init__(self, api: Api, media: Path, pictures: Pictures, placeholder: str) -> None:
        self.files = Files(api)
        self.drafts: Drafts | None = None
        self.shares = False  # whether the bot has inline mode
        self._api = api
        self._media = media
        self._pictures = pictures
        self._placeholder = placeholder
        self._steps = Steps()
        self._rare: Rare | None = None

    async def send(self, chat: int, outgoing: Outgoing) -> str:
        """Deliver one thing; returns the message's id. Raises SendFailed."""
        match outgoing:
            case Message():
                return await self._message(chat, outgoing)
            case VoiceNote():
                return await self._voice(chat, outgoing)
            case Document():
                rare = await self.library()
                return await rare.send_document(chat, outgoing.text.encode(), outgoing.name)
            case Photo():
                body = {"chat_id": chat, "photo": outgoing.file, "caption": outgoing.words[: _CAN.caption]}
                return str((await self._api.call("sendPhoto", body))["message_id"])
            case Keyboard():
                where = {"chat_id": chat, "message_id": int(outgoing.message)}
                await self._api.call("editMessageReplyMarkup", where | {"reply_markup": inline(outgoing.buttons)})
            case Correction():
                await self._correct(chat, int(outgoing.message), outgoing.words)
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
            return await self._all(chat, message, [("", part) for part in parts(message, _CAN.text)])
        digest = await self._digest(message.picture)
        if digest:
            texts = parts(message, _CAN.text)
            fits = len(texts) == 1 and len(texts[0].plain) <= _CAN.caption
            steps: list[Step] = [(digest, texts[0])] if fits else [(digest, None), *(("", text) for text in texts)]
            try:
                return await self._all(chat, message, steps)
            except SendFailed as failed:
                if failed.fault is not Fault.REFUSED:
                    raise
                log.error("picture refused", extra={"picture": message.picture.path, "reason": failed.reason[:200]})  # noqa: TRY400
        words = f"🖼 {message.picture.alt}\n\n{message.body}"  # a person is never left without the step
        return await self._message(chat, replace(message, body=words.rstrip(), picture=None))

    async def _all(self, chat: int, message: Message, steps: Sequence[Step]) -> str:
        """All parts of a message, buttons under the last."""
        calls = [partial(self._step, chat, message, step, {}) for step in steps[:-1]]
        last = markup(message, self._placeholder, shares=self.shares)
        calls += [partial(self._step, chat, message, step, last) for step in steps[-1:]]
        return await self._steps.send((chat, message), calls)

    async def _step(self, chat: int, message: Message, step: Step, last: Mapping[str, Any]) -> str:
        digest, part = step
        if digest and message.picture:
            return await self._photo(chat, message.picture.path, digest, part, last)
        return await self._text(chat, part, last) if part is not None else ""

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

    async def _correct(self, chat: int, message: int, words: Message) -> None:
        """Other words for a message of one part; its picture stays."""
        part = next(iter(parts(words, _CAN.text)), Part("", ""))
        body = {"chat_id": chat, "message_id": message, "parse_mode": "HTML", **markup(words, "", shares=self.shares)}
        if words.picture is not None:
            try:
                await self._api.call("editMessageCaption", body | {"caption": part.html})
            except SendFailed as failed:
                if failed.fault is not Fault.REFUSED:
                    raise
            else:
                return  # else the picture could not be shown, and its words were sent
        await self._api.call("editMessageText", body | {"text": part.html, **CALM})

    async def _digest(self, picture: Picture) -> str:
        """The digest of a picture; empty if it cannot be shown."""
        try:
            return await self._pictures.digest(picture.path)
        except (OSError, ValueError) as error:
            log.error("no such picture", extra={"picture": picture.path, "error": type(error).__name__})  # noqa: TRY400
            return ""

    async def _voice(self, chat: int, note: VoiceNote) -> str:
        """The recorded voice, else a draft, else the words: nobody is left without an answer."""
        data, reason = b"", ""
        try:
            file = self._media / "voice" / note.path if note.path else await self._draft(note)
            data = await asyncio.to_thread(file.read_bytes)
        except (OSError, NotSpoken) as error:
            reason = f"no voice {note.path}: {error if isinstance(error, NotSpoken) else type(error).__name__}"
        if not data and note.path and note.words:
            log.error("recording missing", extra={"path": note.path})
            return await self._voice(chat, replace(note, path=""))
        if not data and note.words:
            log.error("not spoken, sent as words", extra={"reason": reason[:200]})
            return await self._message(chat, Message("", note.words))
        if not data:
            raise SendFailed(Fault.REFUSED, reason)

        async def upload() -> tuple[str, str]:
            rare = await self.library()
            return await rare.send_voice(chat, data, file.name)

        return await self.files.send("sendVoice", "voice", sha256(data).hexdigest(), {"chat_id": chat}, upload)

    async def _draft(self, note: VoiceNote) -> Path:
        """Raises NotSpoken."""
        if self.drafts is None:
            raise NotSpoken("nobody speaks")
        return await self.drafts.make(note.language, note.words, OGG)
