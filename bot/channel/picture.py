"""Drawings as PNG, for platforms that show no SVG. Rendered once and kept on disk under a hash of drawing and fonts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FAMILY = "Be Vietnam Pro"
"""The family all drawings are set in."""

WIDTH = 1080
"""Pixels: what a phone shows, and what Telegram keeps of a photo."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What a file gave when it looked like `stamp` (time of change, size)."""

    stamp: tuple[int, int]
    digest: str


class Pictures:
    """Pictures below `media`, kept as PNG in `cache`; set in the .ttf and .otf of `fonts`, else in the system's."""

    def __init__(self, media: Path, cache: Path, fonts: Path | None = None) -> None:
        self._media = media
        self._cache = cache
        self._fonts = fonts
        self._known: dict[str, _Known] = {}

    async def digest(self, path: str) -> str:
        """Sha256 of the picture's PNG. Raises OSError or ValueError when there is no such picture or it is damaged."""
        stat = (self._media / path).stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._known.get(path)
        if known is None or known.stamp != stamp:
            known = self._known[path] = _Known(stamp, sha256(await self.data(path)).hexdigest())
        return known.digest

    async def data(self, path: str) -> bytes:
        """The PNG, or the file itself when it is no SVG. Raises like `digest`."""
        return await asyncio.to_thread(self._data, path)

    def _data(self, path: str) -> bytes:
        source = (self._media / path).read_bytes()
        if not path.endswith(".svg"):
            return source
        cached = self._cache / f"{sha256(source + self._font_mark).hexdigest()}.png"
        with contextlib.suppress(OSError):
            return cached.read_bytes()
        png = self._render(source.decode())
        with contextlib.suppress(OSError):  # a disk that cannot be written makes it slower, not wrong
            self._cache.mkdir(parents=True, exist_ok=True)
            # A name of this very thread's: two people may ask for the same picture at once.
            fresh = cached.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
            fresh.write_bytes(png)
            fresh.replace(cached)
        return png

    def _render(self, svg: str) -> bytes:
        from resvg_py import svg_to_bytes  # noqa: PLC0415 (not needed for a plain turn)

        if not self._font_files:
            return bytes(svg_to_bytes(svg_string=svg, width=WIDTH))
        files = [str(file) for file in self._font_files]
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

    @cached_property
    def _font_files(self) -> list[Path]:
        if self._fonts is None or not self._fonts.is_dir():
            return []
        return sorted(file for file in self._fonts.rglob("*") if file.suffix in {".ttf", ".otf"})

    @cached_property
    def _font_mark(self) -> bytes:
        """Changes with the fonts."""
        return "".join(f"{file.name}:{file.stat().st_size};" for file in self._font_files).encode()
