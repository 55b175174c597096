"""Files that pages show: our own (static/) and those of the guides (content/media/)."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from bot import picture
from bot.picture import PARTS, expand, stamp

if TYPE_CHECKING:
    from starlette.types import Scope

STATIC = Path(__file__).parent / "static"

PICTURES = (".svg",)
VOICES = (".ogg", ".opus", ".mp3", ".m4a")

SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A drawing opened by itself runs nothing and loads nothing."""

FOR_EVER = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"


class Files(StaticFiles):
    """A folder without listing; of it only files whose names end in one of `endings`. Drawings are put together."""

    def __init__(self, folder: Path, endings: tuple[str, ...]) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._folder = folder
        self._endings = endings

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file. Addresses that name a version may be kept for ever: they change with the file."""
        name = PurePosixPath(path)
        if name.suffix not in self._endings or name.name == PARTS:
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        if name.suffix == ".svg":
            response = await run_in_threadpool(self._drawing, path, Headers(scope=scope))
            response.headers["content-security-policy"] = SVG_POLICY
        lasting = name.suffix == ".woff2" or scope["query_string"].startswith(b"v=")
        response.headers["cache-control"] = FOR_EVER if lasting else AN_HOUR
        return response

    def _drawing(self, path: str, asked: Headers) -> Response:
        """The drawing as plain SVG. What the browser has is still good as long as drawing and parts are the same."""
        try:
            svg = expand(self._folder, path)
        except (OSError, ValueError):  # `bot check` says what is wrong with it
            raise HTTPException(404) from None
        response = Response(svg, media_type="image/svg+xml", headers={"etag": f'"{_mark(svg.encode())}"'})
        return NotModifiedResponse(response.headers) if self.is_not_modified(response.headers, asked) else response


def address(prefix: str, folder: Path, path: str) -> str:
    """Where a file is served; its version is part of the address. Empty when there is no such file."""
    try:
        return f"{prefix}/{path}?v={_version(folder, path, stamp(folder, path))}"
    except (OSError, ValueError):
        return ""


def size(folder: Path, path: str) -> tuple[str, str]:
    """Width and height of a drawing, so that its room is kept while it loads; ("", "") when it does not say."""
    try:
        return picture.size(expand(folder, path))
    except (OSError, ValueError):
        return "", ""


@lru_cache(maxsize=1000)
def _version(folder: Path, path: str, stamped: tuple[int, ...]) -> str:
    del stamped
    return _mark(expand(folder, path).encode() if path.endswith(".svg") else (folder / path).read_bytes())


def _mark(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
