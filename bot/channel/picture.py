"""Drawings as PNG, for platforms that show no SVG. Rendered once and kept on disk under a hash of drawing and fonts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from bot.picture import expand, stamp

if TYPE_CHECKING:
    from pathlib import Path

FAMILY = "Be Vietnam Pro"
"""The family all drawings are set in."""

WIDTH = 1080
"""Pixels: what a phone shows, and what Telegram keeps of a photo."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What a file gave when it and its parts looked like `stamp`."""

    stamp: tuple[int, ...]
    digest: str


class Pictures:
    """Pictures below `media`, kept as PNG in `cache`; set in the .ttf and .otf of `fonts`, else in the system's."""

    def __init__(self, media: Path, cache: Path, fonts: Path | None = None) -> None:
        self._media = media
        self._cache = cache
        self._fonts = _font_files(fonts)
        self._known: dict[str, _Known] = {}

    async def digest(self, path: str) -> str:
        """Sha256 of the picture's PNG. Raises OSError or ValueError when there is no such picture or it is damaged."""
        stamped = stamp(self._media, path)
        known = self._known.get(path)
        if known is None or known.stamp != stamped:
            known = self._known[path] = _Known(stamped, sha256(await self.data(path)).hexdigest())
        return known.digest

    async def data(self, path: str) -> bytes:
        """The PNG, or the file itself when it is no SVG. Raises like `digest`."""
        return await asyncio.to_thread(self._data, path)

    def _data(self, path: str) -> bytes:
        if not path.endswith(".svg"):
            return (self._media / path).read_bytes()
        svg = expand(self._media, path)
        cached = self._cache / f"{sha256(svg.encode() + self._font_mark()).hexdigest()}.png"
        with contextlib.suppress(OSError):
            return cached.read_bytes()
        png = _png(svg, self._fonts)
        with contextlib.suppress(OSError):  # a disk that cannot be written makes it slower, not wrong
            self._cache.mkdir(parents=True, exist_ok=True)
            # A name of this very thread's: two people may ask for the same picture at once.
            fresh = cached.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
            fresh.write_bytes(png)
            fresh.replace(cached)
        return png

    def _font_mark(self) -> bytes:
        """Changes with the fonts."""
        return "".join(f"{file.name}:{file.stat().st_size};" for file in self._fonts).encode()


def as_png(svg: str, fonts: Path | None = None) -> bytes:
    """An expanded drawing as people see it. Raises ValueError when it is none."""
    return _png(svg, _font_files(fonts))


def _png(svg: str, fonts: list[Path]) -> bytes:
    from resvg_py import svg_to_bytes  # noqa: PLC0415 (not needed for a plain turn)

    if not fonts:
        return bytes(svg_to_bytes(svg_string=svg, width=WIDTH))
    files = [str(file) for file in fonts]
    return bytes(
        svg_to_bytes(
            svg_string=svg,
            width=WIDTH,
            skip_system_fonts=True,
            font_files=files,
            font_family=FAMILY,
            sans_serif_family=FAMILY,
        )
    )


def _font_files(folder: Path | None) -> list[Path]:
    if folder is None or not folder.is_dir():
        return []
    return sorted(file for file in folder.rglob("*") if file.suffix in {".ttf", ".otf"})
