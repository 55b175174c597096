"""Who speaks: programs that read words and give sound. Which one, the settings say; what is there decides."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

ACCENTS = {"north": "vi", "central": "vi-vn-x-central", "south": "vi-vn-x-south"}
"""espeak-ng's Vietnamese voices."""

WORDS_A_MINUTE = 140
"""How fast espeak-ng speaks: about three Vietnamese syllables a second, pauses counted. Its own default is 175."""

SLOWER = "1.15"
"""How much longer than usual Piper draws each sound."""

_AAC = ("-ar", "24000", "-ac", "1", "-c:a", "aac", "-b:a", "32k", "-f", "adts")
"""ffmpeg's words for what bot/voice/aac.py does."""

PATIENCE = 60.0
"""Seconds within which a program must have spoken; Piper loads its model each time."""


class NotSpoken(Exception):
    """There is no sound of these words. The message names no word of them."""


class Provider(Protocol):
    """Somebody who can speak one language. `name` changes with everything that changes the sound."""

    @property
    def name(self) -> str:
        """For keys and operators: "espeak-ng 0.2.4, vi"."""

    async def speak(self, words: str) -> bytes:
        """The words as WAV. Raises NotSpoken."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that takes something by standard input and gives sound by standard output."""

    name: str
    command: tuple[str, ...]

    async def speak(self, words: str) -> bytes:
        """The words as WAV. Raises NotSpoken. They are in no argument: those can be seen on the whole machine."""
        return await self.run(f"{words}\n".encode())

    async def run(self, given: bytes) -> bytes:
        """What it makes of that. Raises NotSpoken."""
        pipe = asyncio.subprocess.PIPE
        try:
            running = await asyncio.create_subprocess_exec(
                *self.command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
            )
        except OSError as error:
            raise NotSpoken(f"{self.name}: {type(error).__name__}") from None
        try:
            async with asyncio.timeout(PATIENCE):
                sound, _ = await running.communicate(given)
        except TimeoutError:
            raise NotSpoken(f"{self.name}: not done in {PATIENCE:.0f} seconds") from None
        finally:
            if running.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    running.kill()
                await running.wait()
        if running.returncode or not sound:
            raise NotSpoken(f"{self.name}: exit code {running.returncode}, {len(sound)} bytes")
        return sound


def find_provider(
    language: str, *, provider: str = "espeak", accent: str = "north", models: Path | None = None
) -> Provider | None:
    """Who speaks a language; None when nobody does.

    Piper speaks the languages that have a model, `<language>.onnx` in `models`; espeak-ng the others.
    """
    if provider == "none":
        return None
    found = _piper(language, models) if provider == "piper" and models else None
    return found or _espeak(language, accent)


def find_encoder() -> Program | None:
    """Who makes AAC of a WAV: the package av (docs/decisions/0012-voice.md), else the system's ffmpeg; None: nobody."""
    if folder := _package("av"):
        ours = (sys.executable, "-I", "-S", str(Path(__file__).with_name("aac.py")))
        return Program(f"av {_version('av')}", (*ours, str(folder.parent)))
    if system := shutil.which("ffmpeg"):
        return Program("ffmpeg of this system", (system, "-v", "error", "-i", "pipe:0", *_AAC, "pipe:1"))
    return None


def piper() -> str:
    """The program Piper: beside our Python, or on the path; empty where there is none."""
    beside = Path(sys.executable).with_name("piper")
    return str(beside) if beside.is_file() else shutil.which("piper") or ""


def _piper(language: str, models: Path) -> Program | None:
    """https://github.com/OHF-Voice/piper1-gpl: "-" writes the WAV to standard output."""
    model = models / f"{language}.onnx"
    program = piper()
    if not program or not model.is_file():
        return None
    about = model.stat()
    command = (program, "--model", str(model), "--length-scale", SLOWER, "--output-file", "-")
    return Program(f"piper, {model.name} of {about.st_size} bytes and {about.st_mtime_ns}", command)


def _espeak(language: str, accent: str) -> Program | None:
    """espeak-ng of the package espeakng-loader, else the system's."""
    voice = ACCENTS[accent] if language == "vi" else language
    speed = str(WORDS_A_MINUTE)
    if folder := _package("espeakng_loader"):
        library = next((file for file in folder.glob("libespeak-ng.*") if file.suffix in {".so", ".dylib"}), None)
        data = folder / "espeak-ng-data"
        if library and (data / f"{language}_dict").is_file():
            ours = (sys.executable, "-I", "-S", str(Path(__file__).with_name("espeak.py")))
            name = f"espeak-ng, {_version('espeakng-loader')}, {voice}, {speed}"
            return Program(name, (*ours, str(library), str(data), voice, speed))
    if system := shutil.which("espeak-ng"):
        name = f"espeak-ng of this system, {voice}, {speed}"
        return Program(name, (system, "-v", voice, "-s", speed, "--stdin", "--stdout"))
    return None


def _package(name: str) -> Path | None:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


@cache
def _version(package: str) -> str:
    import importlib.metadata  # noqa: PLC0415 (not needed before somebody speaks)

    return importlib.metadata.version(package)
