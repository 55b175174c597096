"""Messages to people of an Official Account. Every call counts in the minute; nobody is written to who may not be."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.channel.base import Correction, Document, Fault, Message, Outgoing, Photo, SendFailed, VoiceNote
from bot.channel.counts import Uncounted
from bot.channel.file_ids import InMemory
from bot.channel.steps import Steps
from bot.channel.zalo_oa_api import WINDOW, QuotaGone
from bot.channel.zalo_oa_form import Json, bodies, link, shown, with_button
from bot.channel.zalo_oa_windows import AtOnce, WindowsInMemory
from bot.channel.zalo_voice import Voices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.channel.base import Picture
    from bot.channel.counts import Counts
    from bot.channel.file_ids import FileIds
    from bot.channel.numbered import Say
    from bot.channel.picture import Pictures
    from bot.channel.zalo_oa_api import Api
    from bot.channel.zalo_oa_windows import Turns, Windows
    from bot.channel.zalo_voice import Addresses

log = logging.getLogger(__name__)

LARGEST: Final = 1_000_000
"""Bytes of a picture that Zalo takes: 1 MB."""

HOUR: Final = 3_600_000

FREE: Final = 48 * HOUR
"""Milliseconds since a person did something in which messages to them cost nothing."""

LONGEST: Final = 7 * 24 * HOUR
"""Milliseconds after which Zalo takes nothing any more for them."""

QUOTA: Final = "quota"
"""The reason when a message that costs something is not sent because the plan is used up."""

MOST_OURS: Final = 10_000
"""Newest messages whose ids are kept, to know the echo of our own."""

NO_COST: Final = "reply"
"""What `quota_type` says of a message that costs nothing."""


class Post:
    """Sends to chats. `phone`: a number that gets a button; `together`: picture and buttons in one message.

    Whoever sends has waited for the turn of the first call; each further call of a message waits for one of its own.
    """

    def __init__(
        self, api: Api, pictures: Pictures, say: Say, addresses: Addresses, *, phone: str, together: bool
    ) -> None:
        self.counts: Counts = Uncounted()
        self.files: FileIds = InMemory()
        self.windows: Windows = WindowsInMemory()
        self.turns: Turns = AtOnce()
        self.voices = Voices(addresses)
        self.ours: dict[str, None] = {}
        self.api = api
        self.pictures = pictures
        self.say = say
        self.phone = phone
        self.together = together
        self.steps = Steps()
        self.uploads: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.sending: defaultdict[str, int] = defaultdict(int)
        self.sent = asyncio.Condition()

    async def send(self, chat: str, outgoing: Outgoing) -> str:
        """Deliver one thing; returns the message's id. Raises SendFailed."""
        match outgoing:
            case Message() | VoiceNote() | Document() | Photo():
                known = await self.windows.find(chat)
                age = time.time_ns() // 1_000_000 - known.opened_at
                if known.opened_at and age > LONGEST:
                    raise SendFailed(Fault.CLOSED, WINDOW)
                return await _Letter(self, chat, known.opened_at == 0 or age > FREE).send(outgoing)
            case Correction():
                raise SendFailed(Fault.REFUSED, "what was sent cannot be changed here")
        return outgoing.message  # what was sent stays as it is

    async def is_ours(self, message: str, chat: str) -> bool:
        """Whether we have just sent this message; waits for what is on its way to that chat."""
        async with self.sent:
            await self.sent.wait_for(lambda: message in self.ours or not self.sending[chat])
        return message in self.ours


class _Letter:
    """One thing on its way to one chat. `may_cost`: it may count in the plan."""

    def __init__(self, post: Post, chat: str, may_cost: bool) -> None:
        self._post = post
        self._chat = chat
        self._may_cost = may_cost
        self._first = True

    async def send(self, outgoing: Message | VoiceNote | Document | Photo) -> str:
        post = self._post
        post.sending[self._chat] += 1
        try:
            match outgoing:
                case Message():
                    return await self._message(outgoing)
                case VoiceNote():
                    return await self._voice(outgoing)
                case Document():  # files are taken as PDF, Word and CSV alone
                    return await self._message(Message(f"📄 {outgoing.name}", outgoing.text))
                case Photo():
                    return await self._call(shown(outgoing))
        finally:
            post.sending[self._chat] -= 1
            if not post.sending[self._chat]:
                del post.sending[self._chat]
            async with post.sent:
                post.sent.notify_all()

    async def _message(self, message: Message) -> str:
        if message.picture:
            try:
                return await self._with_picture(message, message.picture)
            except SendFailed as failed:
                if failed.fault is not Fault.REFUSED:
                    raise
                log.error("told without its picture", extra={"reason": failed.reason[:200]})  # noqa: TRY400
            words = f"🖼 {message.picture.alt}\n\n{message.body}"  # a person is never left without the step
            message = replace(message, body=words.rstrip(), picture=None)
        return await self._calls(message, self._bodies(message))

    async def _with_picture(self, message: Message, picture: Picture) -> str:
        """With the picture that Zalo has, else with a new one. Raises SendFailed, REFUSED when there is none."""
        for again in (False, True):
            digest, remote, is_new = await self._uploaded(picture.path)
            try:
                return await self._shown(message, remote)
            except SendFailed as failed:
                if failed.fault is not Fault.REFUSED or again or is_new:
                    raise
                await self._post.files.drop(digest)  # Zalo may have forgotten it before its time
        raise AssertionError

    async def _shown(self, message: Message, remote: str) -> str:
        """In one call, or with the picture ahead where Zalo refuses that."""
        refused = False
        if self._post.together:
            try:
                return await self._calls(message, self._bodies(message, remote))
            except SendFailed as failed:
                if failed.fault is not Fault.REFUSED:
                    raise
                refused = True
        sent = await self._calls(message, self._bodies(message, remote, together=False), "apart")
        if refused:
            self._post.together = False
            log.error("picture and buttons in one message are refused: setting 'zalo_oa.together'")
        return sent

    def _bodies(self, message: Message, picture: str = "", *, together: bool = True) -> list[Json]:
        post = self._post
        return bodies(message, post.say, picture=picture, phone=post.phone, together=together)

    async def _calls(self, message: Message, made: Sequence[Json], how: str = "") -> str:
        calls = [partial(self._call, body) for body in made]
        return await self._post.steps.send((self._chat, message, how), calls)

    async def _call(self, body: Json) -> str:
        """One message; its id."""
        post = self._post
        await self._turn()
        try:
            sent = await post.api.send({"recipient": {"user_id": self._chat}, "message": body})
        except QuotaGone:
            if self._may_cost:  # those who have just written are answered on: that costs nothing
                raise SendFailed(Fault.CLOSED, QUOTA) from None
            raise
        except SendFailed as failed:
            if failed.fault is Fault.UNKNOWN and self._may_cost:  # it may have arrived
                post.counts.sent()
            if failed.fault is Fault.CLOSED and failed.reason == WINDOW:
                await post.windows.close(self._chat)
            raise
        quota = sent.get("quota")
        kind = quota.get("quota_type") if isinstance(quota, dict) else None
        if (kind != NO_COST) if isinstance(kind, str) else self._may_cost:
            post.counts.sent()
        ident = str(sent.get("message_id") or "")
        post.ours[ident] = None
        if len(post.ours) > MOST_OURS:
            del post.ours[next(iter(post.ours))]
        return ident

    async def _turn(self) -> None:
        first, self._first = self._first, False
        if not first:
            await self._post.turns.wait()

    async def _uploaded(self, path: str) -> tuple[str, str, bool]:
        """Sha256 of a drawing's PNG, Zalo's id for it, and whether it was given just now. Raises SendFailed."""
        post = self._post
        try:
            digest = await post.pictures.digest(path)
            async with post.uploads[digest]:  # many people at once: one of them uploads, the others wait for the id
                if known := await post.files.find(digest):
                    return digest, known, False
                png = await post.pictures.data(path)
                if len(png) > LARGEST:
                    raise SendFailed(Fault.REFUSED, f"{path} has {len(png)} bytes, Zalo takes {LARGEST}")
                await self._turn()
                remote = await post.api.upload(png)
                if not remote:
                    raise SendFailed(Fault.REFUSED, f"no id for {path}")
                await post.files.keep(digest, remote)
                return digest, remote, True
        except (OSError, ValueError) as error:
            raise SendFailed(Fault.REFUSED, f"no picture {path}: {type(error).__name__}") from None

    async def _voice(self, note: VoiceNote) -> str:
        """A button that leads to the recorded voice, else to a draft, else the words: never silence."""
        say = self._post.say
        if address := await self._post.voices.address(note):
            button = link(address, say(note.language, "hear_it", {}))
            return await self._call(with_button(say(note.language, "hear", {}), button))
        if not note.words:
            raise SendFailed(Fault.REFUSED, f"no address for the voice {note.path}: setting 'web.public_url'")
        return await self._message(Message("", note.words))
