"""Draft voices: words spoken by a program, kept as files under a hash of the words and of who speaks."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from hashlib import sha256
from typing import TYPE_CHECKING

from bot.voice.provider import NotSpoken
from bot.voice.sound import ENDINGS, NoSound, encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.voice.provider import Provider

RECIPE = "1"
"""Changes with what is done to the sound (bot/voice/sound.py): files made before are made anew."""


class Drafts:
    """What is spoken by whom `find` finds for a language, kept in `folder`, which may be emptied at any time."""

    def __init__(self, find: Callable[[str], Provider | None], folder: Path) -> None:
        self._find = find
        self._folder = folder
        self._room = asyncio.Semaphore(os.cpu_count() or 1)  # programs at once

    def key(self, language: str, words: str) -> str:
        """The hash of these words in this voice; empty where nobody speaks the language."""
        provider = self._find(language)
        return _key(provider, language, words) if provider else ""

    def file(self, key: str, ending: str) -> Path:
        """Where such a draft is, once it is made."""
        return self._folder / f"{key}{ending}"

    def is_made(self, key: str) -> bool:
        """Whether the draft is there, for every channel."""
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
                    wav = await provider.speak(words)
                    await asyncio.to_thread(self._keep, key, wav, missing)
        return self.file(key, endings[0])

    def _missing(self, key: str, endings: tuple[str, ...]) -> list[str]:
        return [ending for ending in endings if not self.file(key, ending).is_file()]

    def _keep(self, key: str, wav: bytes, endings: list[str]) -> None:
        """Raises NotSpoken."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for ending in endings:
                # A name of this very thread's: two people may ask for the same words at once.
                fresh = self._folder / f"{key}.{os.getpid()}-{threading.get_ident()}"
                try:
                    fresh.write_bytes(encode(wav, ending))
                    fresh.replace(self.file(key, ending))
                finally:
                    with contextlib.suppress(OSError):
                        fresh.unlink(missing_ok=True)
        except (OSError, NoSound) as error:
            raise NotSpoken(f"{type(error).__name__}: {error}") from None


def _key(provider: Provider, language: str, words: str) -> str:
    return sha256(f"{RECIPE}\n{provider.name}\n{language}\n{words}".encode()).hexdigest()
