"""Pictures and draft voices for platforms that fetch them: by an address that changes with them, without a listing."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from bot.picture import PARTS
from bot.voice.sound import AAC, MP3
from bot.web.media import AN_HOUR, FOR_EVER

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from bot.channel.picture import Pictures
    from bot.voice.drafts import Drafts

SOUNDS = {MP3: "audio/mpeg", AAC: "audio/aac"}
"""Kinds of files of voices, by how they end."""


class Addressed:
    """`media` is content/media. The addresses are those of bot/channel/zalo_voice.py."""

    def __init__(self, media: Path, pictures: Pictures, drafts: Drafts) -> None:
        self._media = media.resolve()
        self._pictures = pictures
        self._drafts = drafts

    @property
    def routes(self) -> list[BaseRoute]:
        """The doors."""
        return [
            Route("/picture/{mark}/{drawing:path}.png", self.picture, methods=["GET"]),
            *(Route(f"/spoken/{{key}}{ending}", self.voice, methods=["GET"]) for ending in SOUNDS),
        ]

    async def picture(self, request: Request) -> Response:
        """A drawing as PNG. An address from before an edit shows the picture of today, and is not kept for long."""
        path = f"{request.path_params['drawing']}.svg"
        try:
            file = (self._media / path).resolve()
            if not file.is_relative_to(self._media) or file.name == PARTS:
                raise HTTPException(404)
            digest, png = await self._pictures.digest(path), await self._pictures.data(path)
        except (OSError, ValueError):
            raise HTTPException(404) from None
        lasting = request.path_params["mark"] == digest[:16]
        headers = {"cache-control": FOR_EVER if lasting else AN_HOUR, "etag": f'"{digest[:16]}"'}
        return Response(png, 200, headers, "image/png")

    async def voice(self, request: Request) -> Response:
        """A draft voice that has been made."""
        key, ending = request.path_params["key"], PurePosixPath(request.url.path).suffix
        file = self._drafts.file(key, ending)
        if not re.fullmatch(r"[0-9a-f]{64}", key) or not file.is_file():
            raise HTTPException(404)
        return FileResponse(file, headers={"cache-control": FOR_EVER}, media_type=SOUNDS[ending])
