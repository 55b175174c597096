"""Voices on Zalo: the address under which our own web door lets them be heard."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.channel.base import SendFailed
from bot.voice.provider import NotSpoken
from bot.voice.sound import MP3

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.channel.base import VoiceNote
    from bot.voice.drafts import Drafts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where anybody may fetch what we show; without a `base` such as https://bot.example there is nowhere."""

    base: str = ""

    def picture(self, path: str, digest: str) -> str:
        """A drawing as PNG. The address changes with the picture."""
        return f"{self.base}/picture/{digest[:16]}/{path.removesuffix('.svg')}.png" if self.base else ""

    def draft(self, key: str, ending: str = MP3) -> str:
        """A draft voice. Nobody finds its address who does not know its words."""
        return f"{self.base}/spoken/{key}{ending}" if self.base else ""

    def recording(self, path: str) -> str:
        """A recorded voice."""
        return f"{self.base}/media/voice/{path}" if self.base else ""


async def nothing() -> None:
    """No sign that somebody works on it."""


class Voices:
    """Finds voices. `drafts` speaks what nobody has recorded; without it only recordings are heard."""

    def __init__(self, addresses: Addresses) -> None:
        self.drafts: Drafts | None = None
        self._addresses = addresses

    async def address(self, note: VoiceNote, working: Callable[[], Awaitable[object]] = nothing) -> str:
        """Where it is heard, made when it is not there; empty when nobody speaks. `working` tells that it takes long.

        A program takes seconds for a draft: the only wait worth a sign.
        """
        if note.path:
            return self._addresses.recording(note.path)
        try:
            return await self._draft(note, MP3, working)
        except NotSpoken as reason:
            log.error("not spoken, sent as words", extra={"reason": str(reason)[:200]})  # noqa: TRY400
            return ""

    async def sound(self, note: VoiceNote, ending: str, working: Callable[[], Awaitable[object]] = nothing) -> str:
        """Where it lies as a file of that kind, a recording as well; empty when it cannot be made."""
        try:
            if note.path and self.drafts is not None and self._addresses.base:
                return self._addresses.draft(await self.drafts.copy(note.path, ending), ending)
            return "" if note.path else await self._draft(note, ending, working)
        except NotSpoken as reason:
            log.warning("no voice note, sent as a link", extra={"reason": str(reason)[:200]})
            return ""

    async def _draft(self, note: VoiceNote, ending: str, working: Callable[[], Awaitable[object]]) -> str:
        """Raises NotSpoken."""
        if self.drafts is None or not self._addresses.base or not (key := self.drafts.key(note.language, note.words)):
            return ""
        if not self.drafts.file(key, ending).is_file():
            with contextlib.suppress(SendFailed):
                await working()
        await self.drafts.make(note.language, note.words, ending)
        return self._addresses.draft(key, ending)
