"""Files that pages show: our own (static/) and those of the guides (content/media/)."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Scope

STATIC = Path(__file__).parent / "static"

PICTURES = (".svg",)
VOICES = (".ogg", ".opus", ".mp3", ".m4a")

SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A drawing opened by itself runs nothing and loads nothing."""

FOR_EVER = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"

_VIEW_BOX = re.compile(r'viewBox="[\d.\-]+[ ,]+[\d.\-]+[ ,]+([\d.]+)[ ,]+([\d.]+)"')


class Files(StaticFiles):
    """A folder without listing; of it only files whose names end in one of `endings`."""

    def __init__(self, folder: Path, endings: tuple[str, ...]) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._endings = endings

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file. Addresses that name a version may be kept for ever: they change with the file."""
        if PurePosixPath(path).suffix not in self._endings:
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        lasting = path.endswith(".woff2") or scope["query_string"].startswith(b"v=")
        response.headers["cache-control"] = FOR_EVER if lasting else AN_HOUR
        if path.endswith(".svg"):
            response.headers["content-security-policy"] = SVG_POLICY
        return response


def address(prefix: str, folder: Path, path: str) -> str:
    """Where a file is served; its version is part of the address. Empty when there is no such file."""
    file = folder / path
    try:
        return f"{prefix}/{path}?v={_version(file, file.stat().st_mtime_ns)}"
    except OSError:
        return ""


def size(file: Path) -> tuple[str, str]:
    """Width and height of a drawing, so that its room is kept while it loads; ("", "") when it does not say."""
    try:
        return _size(file, file.stat().st_mtime_ns)
    except OSError:
        return "", ""


@lru_cache(maxsize=1000)
def _version(file: Path, changed: int) -> str:
    del changed
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=1000)
def _size(file: Path, changed: int) -> tuple[str, str]:
    del changed
    match = _VIEW_BOX.search(file.read_text(encoding="utf-8")[:2000])
    return (match[1], match[2]) if match else ("", "")
