"""Draft voices: words spoken by a program, kept as files under a hash of the words and of who speaks."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from hashlib import sha256
from typing import TYPE_CHECKING

from bot.voice.provider import NotSpoken, find_encoder
from bot.voice.sound import AAC, ENDINGS, WAV, NoSound, encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.voice.provider import Program, Provider

RECIPE = "1"
"""Changes with what is done to the sound (bot/voice/sound.py): files made before are made anew."""


class Drafts:
    """What is spoken by whom `find` finds for a language, kept in `folder`, which may be emptied at any time.

    `recordings` is content/media/voice: what somebody recorded is kept there, and here as a file of another kind.
    """

    def __init__(
        self,
        find: Callable[[str], Provider | None],
        folder: Path,
        recordings: Path | None = None,
        encoder: Callable[[], Program | None] = find_encoder,
    ) -> None:
        self._find = find
        self._folder = folder
        self._recordings = recordings
        self._encoder = encoder
        self._room = asyncio.Semaphore(os.cpu_count() or 1)  # programs at once

    def key(self, language: str, words: str) -> str:
        """The hash of these words in this voice; empty where nobody speaks the language."""
        provider = self._find(language)
        return _key(provider, language, words) if provider else ""

    def file(self, key: str, ending: str) -> Path:
        """Where such a draft is, once it is made."""
        return self._folder / f"{key}{ending}"

    def is_made(self, key: str) -> bool:
        """Whether the draft is there, for every channel that takes it as it is."""
        return all(self.file(key, ending).is_file() for ending in ENDINGS)

    async def make(self, language: str, words: str, *endings: str) -> Path:
        """The draft with the first of the endings, made with all of them where it is not there. Raises NotSpoken."""
        provider = self._find(language)
        if provider is None:
            raise NotSpoken(f"nobody speaks {language!r}")
        key = _key(provider, language, words)
        if self._missing(key, endings):
            async with self._room:
                if missing := self._missing(key, endings):
                    await self._keep(key, await provider.speak(words), missing)
        return self.file(key, endings[0])

    async def copy(self, recording: str, ending: str) -> str:
        """The key of a recording that is kept with another ending, made where it is not there. Raises NotSpoken."""
        try:
            sound = await asyncio.to_thread(((self._recordings or self._folder) / recording).read_bytes)
        except OSError as error:
            raise NotSpoken(f"no recording {recording!r}: {type(error).__name__}") from None
        key = sha256(f"{RECIPE}\n".encode() + sound).hexdigest()
        if self._missing(key, (ending,)):
            async with self._room:
                await self._keep(key, sound, [ending])
        return key

    def _missing(self, key: str, endings: tuple[str, ...]) -> list[str]:
        return [ending for ending in endings if not self.file(key, ending).is_file()]

    async def _keep(self, key: str, sound: bytes, endings: list[str]) -> None:
        """Raises NotSpoken."""
        try:
            for ending in endings:
                if ending == AAC:
                    if (encoder := self._encoder()) is None:
                        raise NotSpoken("nobody makes AAC here")
                    made = await encoder.run(await asyncio.to_thread(encode, sound, WAV))
                else:
                    made = await asyncio.to_thread(encode, sound, ending)
                await asyncio.to_thread(self._write, self.file(key, ending), made)
        except (OSError, NoSound) as error:
            raise NotSpoken(f"{type(error).__name__}: {error}") from None

    def _write(self, file: Path, made: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        # A name of this very thread's: two people may ask for the same words at once.
        fresh = self._folder / f"{file.stem}.{os.getpid()}-{threading.get_ident()}"
        try:
            fresh.write_bytes(made)
            fresh.replace(file)
        finally:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)


def _key(provider: Provider, language: str, words: str) -> str:
    return sha256(f"{RECIPE}\n{provider.name}\n{language}\n{words}".encode()).hexdigest()
