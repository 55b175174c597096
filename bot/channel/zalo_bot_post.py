"""Messages to Zalo: words, and pictures and voices by the address under which our own web door shows them."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.capability import CAPABILITIES
from bot.channel.base import Correction, Document, Fault, Message, Outgoing, Photo, Picture, SendFailed, VoiceNote
from bot.channel.counts import Uncounted
from bot.channel.numbered import in_words
from bot.channel.steps import Steps
from bot.channel.zalo_form import Part, parts
from bot.channel.zalo_voice import Addresses, Voices

if TYPE_CHECKING:
    from bot.channel.counts import Counts
    from bot.channel.numbered import Say
    from bot.channel.picture import Pictures
    from bot.channel.zalo_bot_api import Api

log = logging.getLogger(__name__)

_CAN = CAPABILITIES["zalo_bot"]


class Post:
    """Sends to chats. `counts` is told of every message that Zalo may have counted."""

    def __init__(
        self, api: Api, pictures: Pictures, say: Say, addresses: Addresses, *, styles: bool, voice: bool = True
    ) -> None:
        self.counts: Counts = Uncounted()
        self.voices = Voices(addresses)
        self._api = api
        self._pictures = pictures
        self._say = say
        self._addresses = addresses
        self._styles = styles
        self._voice_ending = _CAN.voice if voice else ""
        self._steps = Steps()

    async def send(self, chat: str, outgoing: Outgoing) -> str:
        """Deliver one thing; returns the message's id. Raises SendFailed."""
        match outgoing:
            case Message():
                return await self._message(chat, in_words(outgoing, self._say))
            case VoiceNote():
                return await self._voice(chat, outgoing)
            case Document():  # Zalo takes no files from bots
                return await self._message(chat, Message(f"📄 {outgoing.name}", outgoing.text))
            case Photo():
                return await self._photo(chat, outgoing.file, outgoing.words[: _CAN.caption])
            case Correction():
                raise SendFailed(Fault.REFUSED, "what was sent cannot be changed here")
        return outgoing.message  # what was sent stays as it is

    async def _message(self, chat: str, message: Message) -> str:
        texts = parts(message, _CAN.text)
        address = await self._address(message.picture) if message.picture else ""
        if address:
            fits = len(texts) == 1 and len(texts[0].text) <= _CAN.caption
            photo = partial(self._photo, chat, address, texts[0].text if fits else "")
            try:
                return await self._steps.send(
                    (chat, message), [photo, *(partial(self._text, chat, text) for text in texts if not fits)]
                )
            except SendFailed as failed:
                if failed.fault is not Fault.REFUSED:
                    raise
                log.error("picture refused", extra={"reason": failed.reason[:200]})  # noqa: TRY400
        if message.picture:  # a person is never left without the step
            words = f"🖼 {message.picture.alt}\n\n{message.body}"
            return await self._message(chat, replace(message, body=words.rstrip(), picture=None))
        return await self._steps.send((chat, message), [partial(self._text, chat, text) for text in texts])

    async def _text(self, chat: str, part: Part) -> str:
        body = {"chat_id": chat, "text": part.text}
        if not (self._styles and part.styles):
            return await self._call("sendMessage", body)
        try:
            return await self._call("sendMessage", {**body, "text_styles": part.styles})
        except SendFailed as failed:
            if failed.fault is not Fault.REFUSED:
                raise
            log.error("styles refused, sent without", extra={"reason": failed.reason[:200]})  # noqa: TRY400
            return await self._call("sendMessage", body)

    async def _photo(self, chat: str, address: str, caption: str) -> str:
        body = {"chat_id": chat, "photo": address, **({"caption": caption} if caption else {})}
        return await self._call("sendPhoto", body)

    async def _call(self, method: str, body: dict[str, Any]) -> str:
        """One message; its id."""
        try:
            sent = await self._api.call(method, body)
        except SendFailed as failed:
            if failed.fault is Fault.UNKNOWN:  # it may have arrived
                self.counts.sent()
            raise
        self.counts.sent()
        return str(sent.get("message_id", "")) if isinstance(sent, dict) else ""

    async def _address(self, picture: Picture) -> str:
        """Where Zalo finds a picture; empty if it cannot be shown."""
        try:
            return self._addresses.picture(picture.path, await self._pictures.digest(picture.path))
        except (OSError, ValueError) as error:
            log.error("no such picture", extra={"picture": picture.path, "error": type(error).__name__})  # noqa: TRY400
            return ""

    async def _voice(self, chat: str, note: VoiceNote) -> str:
        """A voice note, else a link to the recording or a draft, else the words: nobody is left without an answer."""
        typing = partial(self._api.call, "sendChatAction", {"chat_id": chat, "action": "typing"})
        if self._voice_ending and (address := await self.voices.sound(note, self._voice_ending, typing)):
            try:
                return await self._call("sendVoice", {"chat_id": chat, "voice_url": address})
            except SendFailed as failed:
                if failed.fault is not Fault.REFUSED:
                    raise
                log.error("voice refused, sent as a link", extra={"reason": failed.reason[:200]})  # noqa: TRY400
        if address := await self.voices.address(note, typing):
            words = self._say(note.language, "listen", {"address": address})
            return await self._message(chat, Message("", words))
        if not note.words:
            raise SendFailed(Fault.REFUSED, f"no address for the voice {note.path}: setting 'web.public_url'")
        return await self._message(chat, Message("", note.words))
